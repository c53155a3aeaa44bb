"""Text tracks of a movie: times after edit lists, cues that go on, what is passed over and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from indexer.limits import MAX_TEXT_SAMPLE_BYTES, MAX_TTML_BYTES
from indexer.source import Source
from indexer.subtitles.cue import Text
from indexer.subtitles.tracks import Playback, read_tracks
from indexer.track import Edit, Movie
from tests.indexer.codecs.entries import box
from tests.indexer.subtitles.made_text import VTTE, film_with, tx3g, tx3g_entry, vttc, wvtt_entry
from tests.media.made_movie import MadeMovie, MadeTrack

PLAYBACK = Playback(0, 1000, 20_000)
Times = list[tuple[int, int, str]]


def track(durations: Sequence[int], entry: bytes, handler: str = "sbtl", **facts: Any) -> MadeTrack:
    made = MadeTrack([], durations, handler, entries=(entry,))
    return replace(made, **facts)


def read(folder: Path, made: MadeMovie, playback: Playback = PLAYBACK) -> tuple[list[Text], list[str]]:
    path = folder / "film.mp4"
    path.write_bytes(made.content)
    with Source(path) as source:
        return read_tracks(source, made.movie, playback)


def times(text: Text) -> Times:
    return [(cue.start_ms, cue.end_ms, cue.payload) for cue in text.cues]


def shown(folder: Path, samples: Sequence[str], durations: Sequence[int], **facts: Any) -> Times:
    made = film_with(track(durations, tx3g_entry(), **facts), [tx3g(each) for each in samples])
    (text,), notes = read(folder, made)
    assert notes == []
    return times(text)


def note(folder: Path, made: MadeMovie) -> str:
    texts, (only,) = read(folder, made)
    assert texts == []
    return only


def test_an_empty_sample_ends_a_cue(tmp_path: Path) -> None:
    assert shown(tmp_path, ["", "one", "", "two", "three"], [500, 1000, 1500, 2000, 250]) == [
        (500, 1500, "one"), (3000, 5000, "two"), (5000, 5250, "three"),
    ]  # fmt: skip


def test_the_same_words_go_on(tmp_path: Path) -> None:
    assert shown(tmp_path, ["on", "on", "", "on"], [1000] * 4) == [(0, 2000, "on"), (3000, 4000, "on")]


def test_words_that_last_no_time_are_not_shown(tmp_path: Path) -> None:
    assert shown(tmp_path, ["gone", "there"], [0, 1000]) == [(0, 1000, "there")]


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        ((Edit(2500, -1), Edit(9000, 0)), [(2500, 3500, "a"), (3500, 4500, "b"), (4500, 5500, "c")]),
        ((Edit(9000, 1500),), [(0, 500, "b"), (500, 1500, "c")]),
        ((Edit(1000, 0),), [(0, 1000, "a"), (1000, 2000, "b"), (2000, 3000, "c")]),  # the end is kept
        ((Edit(4000, -1),), [(4000, 5000, "a"), (5000, 6000, "b"), (6000, 7000, "c")]),
        ((Edit(500, 2000), Edit(900, 1100)), [(0, 500, "c"), (500, 1400, "b"), (1400, 2400, "c")]),
        ((Edit(500, 0), Edit(1000, -1), Edit(9000, 2500)), [(0, 500, "a"), (1500, 2000, "c")]),
    ],
)  # fmt: skip
def test_edit_lists(tmp_path: Path, edits: tuple[Edit, ...], expected: Times) -> None:
    assert shown(tmp_path, ["a", "b", "c"], [1000] * 3, edits=edits) == expected


def test_ticks_become_milliseconds(tmp_path: Path) -> None:
    assert shown(tmp_path, ["", "third"], [1, 1], timescale=3) == [(333, 667, "third")]


@pytest.mark.parametrize("start_ticks", [90_000, 90_030])
def test_times_count_from_the_start_of_playback(tmp_path: Path, start_ticks: int) -> None:
    made = film_with(
        track([500, 1000, 1000], tx3g_entry()), [tx3g(each) for each in ("before", "at", "after")]
    )
    (text,), _ = read(tmp_path, made, Playback(start_ticks, 90_000, 20_000))
    assert times(text) == [(0, 500, "at"), (500, 1500, "after")]


def test_what_begins_after_the_end_is_left_out(tmp_path: Path) -> None:
    made = film_with(track([5000, 1000, 1000], tx3g_entry()), [tx3g(each) for each in ("", "last", "after")])
    (text,), _ = read(tmp_path, made, Playback(0, 1000, 5500))
    assert times(text) == [(5000, 6000, "last")]


def test_webvtt_in_mp4(tmp_path: Path) -> None:
    samples = [
        VTTE,
        vttc("one", "line:0", "7"),
        vttc("one", "line:0") + vttc("<v Bo>two"),
        VTTE,
        b"",
        vttc(""),
    ]
    (text,), notes = read(
        tmp_path, film_with(track([1000] * 6, wvtt_entry(), "text", language="en"), samples)
    )
    assert times(text) == [(1000, 3000, "one"), (2000, 3000, "<v Bo>two")]
    assert (text.codec_name, text.language, text.source_track_id, notes) == ("WebVTT", "en", 2, [])
    assert text.cues[0].settings == "line:0"


def test_webvtt_of_one_time_keeps_its_order(tmp_path: Path) -> None:
    """In the order of the boxes; what is there twice is shown once, in every sample that it goes on in."""
    twice = vttc("what?") + vttc("gone") + vttc("what?")
    samples = [twice, twice, vttc("late") + vttc("gone")]
    (text,), _ = read(tmp_path, film_with(track([1000] * 3, wvtt_entry(), "text"), samples))
    assert times(text) == [(0, 2000, "what?"), (0, 3000, "gone"), (2000, 3000, "late")]


def test_each_sample_has_the_style_of_its_own_entry(tmp_path: Path) -> None:
    made = film_with(
        replace(track([1000] * 2, b""), entries=(tx3g_entry(), tx3g_entry(0xC000_0000, down=0, face=2))),
        [tx3g("plain"), tx3g("forced")], entries=[0, 1],
    )  # fmt: skip
    (text,), _ = read(tmp_path, made)
    assert [(cue.settings, cue.payload) for cue in text.cues] == [("", "plain"), ("line:0", "<i>forced</i>")]
    assert not text.forced


@pytest.mark.parametrize(
    ("title", "roles", "marks"),
    [
        ("", (), (False, False)),
        ("English (Forced)", (), (True, False)),
        ("English SDH", (), (False, True)),
        ("Enforced peace", (), (False, False)),
        ("", ("forced-subtitle",), (True, False)),
        ("", ("caption",), (False, True)),
        ("", ("subtitle", "main"), (False, False)),
    ],
)
def test_purposes(tmp_path: Path, title: str, roles: tuple[str, ...], marks: tuple[bool, bool]) -> None:
    made = film_with(track([1000], tx3g_entry(), title=title), [tx3g("x")])
    video, text = made.movie.tracks
    movie = replace(made.movie, tracks=(video, replace(text, kind_roles=roles)))
    (found,), _ = read(tmp_path, MadeMovie(movie, made.media))
    assert (found.forced, found.hearing_impaired) == marks


def test_a_forced_track_by_its_flags(tmp_path: Path) -> None:
    (text,), _ = read(tmp_path, film_with(track([1000], tx3g_entry(0xC000_0000)), [tx3g("x")]))
    assert text.forced


def of_profile(name: bytes) -> bytes:
    """An entry whose media is in data reference 7."""
    mime = box("mime", bytes(4) + b'application/ttml+xml;codecs="' + name + b'"\0')
    return box("stpp", bytes(6) + b"\0\7http://www.w3.org/ns/ttml\0\0\0" + mime)


@pytest.mark.parametrize(
    ("entry", "handler", "reason"),
    [
        (box("stpp", bytes(8) + b"ns\0\0image/png\0"), "subt", "TTML (stpp) with pictures or fonts"),
        (of_profile(b"im1i"), "subt", "TTML (stpp) with pictures or fonts"),
        (box("stpp", bytes(8) + b"ns"), "subt", "its sample entry does not name its namespaces"),
        (box("c608", bytes(8)), "clcp", "CEA-608 captions (c608), which are not decoded"),
        (box("c708", bytes(8)), "clcp", "CEA-708 captions (c708), which are not decoded"),
        (box("mp4s", bytes(8)), "subp", "bitmap subtitles (mp4s), which HLS players do not play"),
        (box("text", bytes(51)), "text", "QuickTime text (text), which HLS players do not play"),
        (box("enct", bytes(8)), "text", "is encrypted (enct, scheme not stated)"),
        (box("xxxx", bytes(8)), "text", "sample entry xxxx, unknown here"),
        (tx3g_entry()[:40], "sbtl", "a sample entry of 40 bytes says it has"),
    ],
)
def test_what_is_passed_over(tmp_path: Path, entry: bytes, handler: str, reason: str) -> None:
    made = film_with(track([1000], entry, handler), [tx3g("x")])
    assert note(tmp_path, made).startswith(f"track 2 ({handler}) passed over: {reason}")


TTML_ENTRY = box("stpp", bytes(8) + b"http://www.w3.org/ns/ttml\0\0\0")


def test_ttml_stays_as_it_is(tmp_path: Path) -> None:
    made = film_with(track([1000, 2000, 500], TTML_ENTRY, "subt"), [b"<tt>\xc3\xb6</tt>", b"", b"<tt/>"])
    (text,), notes = read(tmp_path, made)
    assert times(text) == [(0, 1000, "<tt>ö</tt>"), (3000, 3500, "<tt/>")]
    assert (text.codec, b"stpp" in text.init) == ("stpp", True)
    assert notes == ["track 2 (subt): TTML (stpp), in the MPD alone"]


def test_the_profile_of_ttml_is_told_and_its_media_are_in_the_fragment(tmp_path: Path) -> None:
    entry = of_profile(b"im1t")
    (text,), _ = read(tmp_path, film_with(track([1000], entry, "subt"), [b"<tt/>"]))
    assert text.codec == "stpp.ttml.im1t"
    assert entry[:14] + b"\0\1" + entry[16:] in text.init


@pytest.mark.parametrize(
    ("facts", "sample", "reason"),
    [
        ({"edits": (Edit(5000, 1000),)}, b"<tt/>", "TTML (stpp) that its edit list moves in time"),
        ({"edits": (Edit(500, -1), Edit(5000, 0))}, b"<tt/>", "TTML (stpp) that its edit list moves in time"),
        ({"entries": (TTML_ENTRY, tx3g_entry())}, b"<tt/>", "TTML (stpp) whose description changes"),
        ({}, b"<tt>\xff</tt>", "has a document of TTML that is not UTF-8"),
        ({}, b" " * (MAX_TTML_BYTES + 1), f"has a sample of {MAX_TTML_BYTES + 1} bytes"),
    ],
)
def test_ttml_that_is_passed_over(tmp_path: Path, facts: dict[str, Any], sample: bytes, reason: str) -> None:
    made = film_with(track([1000, 1000], TTML_ENTRY, "subt", **facts), [sample, b"<tt/>"], entries=[0, 1])
    if "entries" not in facts:
        made = film_with(track([1000], TTML_ENTRY, "subt", **facts), [sample])
    assert note(tmp_path, made) == f"track 2 (subt) passed over: {reason}"


def test_nothing_to_show_is_a_note(tmp_path: Path) -> None:
    made = film_with(track([1000, 1000], tx3g_entry()), [tx3g(""), tx3g(" ")])
    assert note(tmp_path, made) == "track 2 (sbtl) passed over: nothing of it is shown"


def test_damage_costs_one_track(tmp_path: Path) -> None:
    made = film_with(track([1000], wvtt_entry(), "text"), [b"\0\0\0\x05vttc"])
    assert "a child box of 5 bytes" in note(tmp_path, made)


def test_an_edit_at_another_rate_is_a_note(tmp_path: Path) -> None:
    made = film_with(track([1000], tx3g_entry(), edits=(Edit(1000, 0, 0x8000),)), [tx3g("x")])
    assert "an edit plays at a rate other than 1" in note(tmp_path, made)


def test_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    large = film_with(track([1000], tx3g_entry()), [tx3g("x").ljust(MAX_TEXT_SAMPLE_BYTES + 1, b"\0")])
    assert f"has a sample of {MAX_TEXT_SAMPLE_BYTES + 1} bytes" in note(tmp_path, large)
    many = film_with(track([1000] * 3, tx3g_entry()), [tx3g(each) for each in "abc"])
    monkeypatch.setattr("indexer.subtitles.tracks.MAX_CUES", 2)
    assert "has more than 2 cues" in note(tmp_path, many)
    monkeypatch.setattr("indexer.subtitles.tracks.MAX_TEXT_BYTES", 8)
    assert "brings the bytes of text tracks beyond 8" in note(tmp_path, many)
    monkeypatch.setattr("indexer.subtitles.tracks.MAX_TEXT_SAMPLES", 2)
    assert "brings the samples of text tracks beyond 2" in note(tmp_path, many)


def test_movies_without_texts_have_none(tmp_path: Path) -> None:
    made = film_with(track([1000], tx3g_entry()), [tx3g("x")])
    movie = Movie(timescale=1000, major_brand="isom", tracks=made.movie.tracks[:1])
    assert read(tmp_path, MadeMovie(movie, made.media)) == ([], [])
