"""Subtitles of a download: what is shown when, as ffmpeg's demuxer and our own indexer find it there."""

from __future__ import annotations

from array import array
from dataclasses import replace
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from time import process_time

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clip import WHOLE, Clip
from app.download.plan import Heads, plan_download
from app.download.texts import (
    MAX_CUE_BYTES,
    MOST_AT_ONCE,
    NO_WORDS,
    Sample,
    cues_of,
    line_of,
    sample_of,
    samples_of,
)
from app.idx.cues import TextRows
from app.idx.header import TextFacts
from app.idx.view import open_idx
from indexer.archives import find_archives
from indexer.pipeline import Options, index_archive
from indexer.track import Edit
from tests.app.download.test_movie import indexed, written
from tests.indexer.subtitles.made_text import film_with, styl, tx3g, tx3g_entry
from tests.media.made_movie import MadeMovie, MadeTrack

Cue = tuple[int, int, str]
Seen = list[tuple[int, int, bytes]]

SRT = """1
00:00:01,000 --> 00:00:03,000
Good <b>evening</b>, <i>all</i>

2
00:00:02,500 --> 00:00:05,000
Fish & chips < 5

3
00:00:18,000 --> 00:00:30,000
The end
"""
EVENING = tx3g("Good evening, all", styl((5, 12, 1), (14, 17, 2)))
BOTH = tx3g("Good evening, all\nFish & chips < 5", styl((5, 12, 1), (14, 17, 2)))
FISH, END, ZWEI = tx3g("Fish & chips < 5"), tx3g("The end"), tx3g("Zwei", styl((0, 2, 1)))

FACTS = TextFacts(
    name="text-eng", codec_name="SubRip", source_track_id=0, file="film.eng.srt", language="en", title="",
    label="English", said="", roles=(), forced=False, hearing_impaired=False, cue_count=0, codec="", init=b"",
    peak_bps=0, average_bps=0,
)  # fmt: skip


def a_film() -> MadeMovie:
    track = MadeTrack([], [2000, 3000, 5000], "text", language="deu", title="Alles", entries=(tx3g_entry(),))
    return film_with(track, [tx3g("Eins"), tx3g(""), ZWEI])


def downloaded(folder: Path, clip: Clip, made: MadeMovie | None = None, **beside: str) -> Path:
    """The download of a film with these files of subtitles, given by language."""
    for language, text in (beside or {"eng": SRT}).items():
        suffix = "vtt" if text.startswith("WEBVTT") else "srt"
        (folder / f"film.{language}.{suffix}").write_text(text)
    idx, archive = indexed(folder, made or a_film())
    return written(plan_download(Heads(), idx, archive, clip), folder / "download.mp4")


def texts_of(path: Path) -> list[Seen]:
    """Start and duration in ms, and bytes, of each sample of each text, as ffmpeg finds them."""
    with av.open(str(path)) as opened:
        found: dict[int, Seen] = {stream.index: [] for stream in opened.streams.subtitles}
        for packet in opened.demux():
            if packet.size and packet.stream.index in found:
                assert (packet.stream.codec_context.name, packet.time_base) == ("mov_text", Fraction(1, 1000))
                found[packet.stream.index].append((packet.pts or 0, packet.duration or 0, bytes(packet)))
        return list(found.values())


def test_what_is_in_the_archive_and_what_is_beside_it(tmp_path: Path) -> None:
    german, english = texts_of(downloaded(tmp_path, WHOLE))
    assert german == [(0, 2000, tx3g("Eins")), (2000, 3000, NO_WORDS), (5000, 5000, ZWEI)]
    assert english == [
        (0, 1000, NO_WORDS),
        (1000, 1500, EVENING),
        (2500, 500, BOTH),
        (3000, 2000, FISH),
        (5000, 13_000, NO_WORDS),
        (18_000, 2000, END),
    ]


def test_a_tag_ends_with_its_cue(tmp_path: Path) -> None:
    vtt = """WEBVTT

00:01.000 --> 00:05.000
<b>not closed

00:02.000 --> 00:06.000
plain
"""
    _, english = texts_of(downloaded(tmp_path, WHOLE, eng=vtt))
    assert english == [
        (0, 1000, NO_WORDS),
        (1000, 1000, tx3g("not closed", styl((0, 10, 1)))),
        (2000, 3000, tx3g("not closed\nplain", styl((0, 10, 1)))),
        (5000, 1000, tx3g("plain")),
    ]


def test_who_speaks_among_many_signs_is_heard(tmp_path: Path) -> None:
    vtt = "WEBVTT\n\n" + "".join(f"00:01.000 --> 00:09.000\nSign {at}\n\n" for at in range(9))
    spoken = "00:03.000 --> 00:05.000\nspoken\n\n"
    _, english = texts_of(downloaded(tmp_path, WHOLE, eng=vtt + spoken))
    signs = [f"Sign {at}" for at in range(8)]
    assert english[1:] == [
        (1000, 2000, tx3g("\n".join(signs))),
        (3000, 2000, tx3g("\n".join([*signs[:7], "spoken"]))),
        (5000, 4000, tx3g("\n".join(signs))),
    ]


def test_a_clip_has_what_is_said_in_it(tmp_path: Path) -> None:
    german, english = texts_of(downloaded(tmp_path, Clip(2700, 6000)))
    assert german == [(0, 2300, NO_WORDS), (2300, 1000, ZWEI)]
    assert english == [(0, 300, BOTH), (300, 2000, FISH)]


def test_a_clip_in_which_nothing_is_said_has_no_texts(tmp_path: Path) -> None:
    assert texts_of(downloaded(tmp_path, Clip(11_000, 12_000))) == []


def test_a_download_longer_than_a_sample_may_last_has_no_texts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.download.texts.MAX_LENGTH_MS", 19_999)
    assert texts_of(downloaded(tmp_path, WHOLE)) == []


def test_words_wait_for_a_picture_that_comes_late(tmp_path: Path) -> None:
    made = a_film()
    late = (Edit(3000, -1), Edit(20_000, 0))
    movie = replace(made.movie, tracks=tuple(replace(track, edits=late) for track in made.movie.tracks))
    german, _ = texts_of(downloaded(tmp_path, WHOLE, replace(made, movie=movie)))
    assert german[:2] == [(0, 3000, NO_WORDS), (3000, 2000, tx3g("Eins"))]


def test_players_are_told_what_each_is(tmp_path: Path) -> None:
    with av.open(str(downloaded(tmp_path, WHOLE))) as opened:
        told = [(each.language, each.metadata.get("handler_name", "")) for each in opened.streams.subtitles]
        assert told == [("deu", "Alles"), ("eng", "")]
        assert opened.duration == 20_000_000


def test_a_download_that_is_indexed_says_the_same(tmp_path: Path) -> None:
    path = downloaded(tmp_path, WHOLE)
    first = open_idx(str(tmp_path / "film.idx"))
    (archive,) = find_archives([str(path)], str(tmp_path), str(tmp_path))
    assert index_archive(archive, Options()).status == "indexed"
    again = open_idx(archive.index_path)
    assert spoken(again.texts[0]) == spoken(first.texts[0])
    assert again.texts[0].facts.title == "Alles"


def spoken(text: TextRows) -> list[Cue]:
    times = zip(text.start_ms, text.end_ms, strict=True)
    return [(start, end, text.payload(cue)) for cue, (start, end) in enumerate(times)]


def rows(*cues: Cue) -> TextRows:
    """A text of cues, in the order of their starts."""
    starts, stops, words = zip(*sorted(cues), strict=True)
    blocks = [f"\n{each}".encode() for each in words]
    columns = starts, stops, accumulate(map(len, blocks), initial=0), (), ()
    start_ms, end_ms, offset, first, cue = (memoryview(array("Q", column)) for column in columns)
    return TextRows(FACTS, start_ms, end_ms, offset, memoryview(array("B", b"".join(blocks))), first, cue)


def said(text: TextRows, begin_ms: int = 0, end_ms: int = 200_000) -> list[Sample]:
    return samples_of(cues_of(text, begin_ms, end_ms), -begin_ms)


CUES = st.tuples(st.integers(0, 50), st.integers(51, 80), st.text("abc", min_size=1))


@given(
    cues=st.lists(CUES, min_size=1, max_size=MOST_AT_ONCE + 4),
    begin_ms=st.integers(0, 40),
    end_ms=st.integers(41, 90),
    delay_ms=st.integers(0, 9),
)
def test_at_each_moment_the_words_of_that_moment(
    cues: list[Cue], begin_ms: int, end_ms: int, delay_ms: int
) -> None:
    shift = -begin_ms or delay_ms
    at_ms = -shift
    seen: dict[int, bytes] = {}
    for duration_ms, sample in samples_of(cues_of(rows(*cues), begin_ms, end_ms), shift):
        assert duration_ms > 0
        seen |= dict.fromkeys(range(at_ms, at_ms + duration_ms), sample)
        at_ms += duration_ms
    played = [(max(start, begin_ms), min(stop, end_ms), words) for start, stop, words in sorted(cues)]
    for moment in range(-shift, 100):
        shown = [cue for cue in enumerate(played) if cue[1][0] <= moment < cue[1][1]]
        latest = sorted(shown, key=lambda cue: (-cue[1][0], cue[1][1]))[:MOST_AT_ONCE]
        assert seen.get(moment, NO_WORDS) == tx3g("\n".join(words for _, (*_, words) in sorted(latest)))


@pytest.mark.parametrize(
    ("payload", "sample"),
    [
        ("plain", tx3g("plain")),
        ("<v Ann>a <c.red>red</c> hat</v>", tx3g("a red hat")),
        ("<b>b<i>bi</b>i</i>", tx3g("bbii", styl((0, 1, 1), (1, 3, 3), (3, 4, 2)))),
        ("1 &lt; 2 &amp;&nbsp;3 &#x1F3AC;", tx3g("1 < 2 &\u00a03 \U0001f3ac")),
        ("cut <b", tx3g("cut ")),
        ("<b>a<b>b</b>c</b>d</b>e", tx3g("abcde", styl((0, 1, 1), (1, 2, 1), (2, 3, 1)))),
        ("\U0001f3ac<u>x</u>", tx3g("\U0001f3acx", styl((1, 2, 4)))),
        ("<i>" + "é" * 40_000, tx3g("é" * 4095, styl((0, 4095, 2)))),
        (f"&#{'9' * 5000};&#{'0' * 5000}&#x{'f' * 5000};", tx3g("\ufffd" * 3)),
    ],
)
def test_the_words_of_a_cue(payload: str, sample: bytes) -> None:
    assert sample_of((line_of(payload),)) == sample


def test_what_is_said_on_and_on_is_one_sample() -> None:
    assert said(rows((0, 10, "<b></b>on"), (10, 20, "on"), (15, 30, "on<i>"), (20, 40, "on"))) == [
        (15, tx3g("on")),
        (15, tx3g("on\non")),
        (10, tx3g("on")),
    ]


def test_what_has_no_words_takes_no_place() -> None:
    text = rows(*((0, 10, "<b></b>") for _ in range(MOST_AT_ONCE)), (0, 20, "words"))
    assert said(text) == [(20, tx3g("words"))]


def test_as_many_as_there_may_be_at_once_fit_into_a_sample() -> None:
    shown = rows(*((0, 10, "<u>a</u>b" * MAX_CUE_BYTES) for _ in range(MOST_AT_ONCE)))
    ((_, sample),) = said(shown)
    lines = [("ab" * MAX_CUE_BYTES)[:MAX_CUE_BYTES]] * MOST_AT_ONCE
    words = "\n".join(lines)
    assert len(words) == 0xFFFF
    assert sample == tx3g(words, styl(*((at, at + 1, 4) for at, each in enumerate(words) if each == "a")))


def test_very_many_at_once_are_not_all_said() -> None:
    crowd = rows(*((at, 100_000, f"{at}") for at in range(50_000)))
    began_s = process_time()
    assert max(sample.count(b"\n") for _, sample in said(crowd)) == MOST_AT_ONCE - 1
    assert process_time() - began_s < 10


def test_long_words_in_very_many_samples_are_left_out() -> None:
    crowd = rows((0, 100_000, "<b>long</b>" * 10_000), *((at, at + 1, f"{at}") for at in range(0, 50_000, 2)))
    began_s = process_time()
    assert said(crowd) == []
    assert len(said(crowd, 0, 50)) == 50
    assert process_time() - began_s < 10


def test_a_cue_is_read_once_for_all_its_samples() -> None:
    crowd = rows((0, 100_000, "<b>" * 21_000), *((at, at + 1, "x") for at in range(0, 20_000, 2)))
    began_s = process_time()
    assert len(said(crowd)) == 19_999
    assert process_time() - began_s < 5


@pytest.mark.parametrize("shown", ["words", "<b></b>words" * 9, "<i>words</i>"])
def test_what_samples_have_is_known_before_they_are_made(shown: str) -> None:
    cues = cues_of(rows((10, 30, shown), (20, 40, "more"), (25, 50, shown)), 0, 100)
    made_bytes = sum(len(sample) for _, sample in samples_of(cues, 0))
    assert samples_of(cues, 0, made_bytes)
    assert samples_of(cues, 0, made_bytes - 1) == []


@pytest.mark.parametrize("limit", ["MAX_TEXT_BYTES", "MAX_STEPS"])
def test_texts_share_what_they_may_cost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    """What is too much by itself is left out, and what follows it is not."""
    monkeypatch.setattr(f"app.download.texts.{limit}", 100)
    end = SRT.partition("3\n")[2]
    german, french = texts_of(downloaded(tmp_path, WHOLE, eng=SRT * 3, fra=end))
    assert german[0] == (0, 2000, tx3g("Eins"))
    assert french == [(0, 18_000, NO_WORDS), (18_000, 2000, END)]
