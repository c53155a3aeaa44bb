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
from app.download.texts import MAX_TEXT_BYTES, MOST_AT_ONCE, NO_WORDS, sample_of, samples_of
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


def downloaded(folder: Path, clip: Clip, made: MadeMovie | None = None) -> Path:
    (folder / "film.eng.srt").write_text(SRT)
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


def test_a_clip_has_what_is_said_in_it(tmp_path: Path) -> None:
    german, english = texts_of(downloaded(tmp_path, Clip(2700, 6000)))
    assert german == [(0, 2300, NO_WORDS), (2300, 1000, ZWEI)]
    assert english == [(0, 300, BOTH), (300, 2000, FISH)]


def test_a_clip_in_which_nothing_is_said_has_no_texts(tmp_path: Path) -> None:
    assert texts_of(downloaded(tmp_path, Clip(11_000, 12_000))) == []


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


CUES = st.tuples(st.integers(0, 50), st.integers(51, 80), st.text("abc", min_size=1))


@given(
    cues=st.lists(CUES, min_size=1, max_size=MOST_AT_ONCE),
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
    for duration_ms, sample in samples_of(rows(*cues), begin_ms, end_ms, shift)[0]:
        assert duration_ms > 0
        seen |= dict.fromkeys(range(at_ms, at_ms + duration_ms), sample)
        at_ms += duration_ms
    for moment in range(-shift, 100):
        is_played = begin_ms <= moment < end_ms
        words = [said for start, stop, said in sorted(cues) if is_played and start <= moment < stop]
        assert seen.get(moment, NO_WORDS) == tx3g("\n".join(words))


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
        ("<i>" + "é" * 40_000, tx3g("é" * 32_767, styl((0, 32_767, 2)))),
    ],
)
def test_the_words_of_a_cue(payload: str, sample: bytes) -> None:
    assert sample_of(payload) == sample


def test_what_is_said_on_and_on_is_one_sample() -> None:
    crowd = rows(*((0, 100, str(at)) for at in range(MOST_AT_ONCE)), (10, 20, "nobody has room for this"))
    ((duration_ms, sample),), _ = samples_of(crowd, 0, 200, 0)
    assert (duration_ms, sample) == (100, tx3g("\n".join(map(str, range(MOST_AT_ONCE)))))


def test_very_many_at_once_are_not_all_said() -> None:
    crowd = rows(*((at, 100_000, f"{at}") for at in range(50_000)))
    began_s = process_time()
    samples, _ = samples_of(crowd, 0, 200_000, 0)
    assert max(sample.count(b"\n") for _, sample in samples) == MOST_AT_ONCE - 1
    assert process_time() - began_s < 5


@pytest.mark.parametrize("words", ["long" * 10_000, "<b></b>" * 9_000])
def test_long_words_in_very_many_samples_are_left_out(words: str) -> None:
    """Also where nothing comes of them: they take as long to read."""
    crowd = rows((0, 100_000, words), *((at, at + 1, f"{at}") for at in range(0, 50_000, 2)))
    began_s = process_time()
    samples, cost_bytes = samples_of(crowd, 0, 200_000, 0)
    assert samples == []
    assert cost_bytes > MAX_TEXT_BYTES
    assert process_time() - began_s < 30
    assert len(samples_of(crowd, 0, 50, 0)[0]) == 50


def test_texts_share_what_they_may_cost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.download.texts.MAX_TEXT_BYTES", 100)
    (german,) = texts_of(downloaded(tmp_path, WHOLE))
    assert german[0] == (0, 2000, tx3g("Eins"))
