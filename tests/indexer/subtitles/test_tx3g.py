"""Samples of 3GPP timed text: words, faces by character, places, and what hostile ones come to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.errors import Malformed
from indexer.subtitles.tx3g import read_sample, read_style
from tests.indexer.codecs.entries import box
from tests.indexer.subtitles.made_text import styl, tbox, tx3g, tx3g_entry

BOLD, ITALIC, UNDERLINE = 1, 2, 4


def shown(sample: bytes, entry: bytes | None = None, height: int = 100) -> list[tuple[str, str]]:
    return read_sample(sample, read_style(entry or tx3g_entry(), height))


def payload(sample: bytes, entry: bytes | None = None) -> str:
    ((_, found),) = shown(sample, entry)
    return found


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        (tx3g("plain & <simple>"), "plain &amp; &lt;simple&gt;"),
        (tx3g("Grüße 𝄞 from", styl((8, 12, ITALIC))), "Grüße 𝄞<i> from</i>".replace("<i> ", " <i>")),
        (tx3g("two words", styl((0, 3, BOLD), (4, 9, UNDERLINE))), "<b>two</b> <u>words</u>"),
        (tx3g("late first", styl((5, 10, BOLD), (0, 4, ITALIC))), "<i>late</i> <b>first</b>"),
        (tx3g("overlap", styl((0, 5, BOLD), (3, 7, ITALIC))), "<b>overl</b><i>ap</i>"),
        (tx3g("past the end", styl((5, 500, BOLD))), "past <b>the end</b>"),
        (tx3g("backwards", styl((5, 2, BOLD))), "backwards"),
        (tx3g("a face of others", styl((0, 1, 0xF8))), "a face of others"),
        (tx3g("karaoke", box("krok", bytes(6)), styl((0, 7, BOLD))), "<b>karaoke</b>"),
        (tx3g("UTF-16 é".encode("utf-16")), "UTF-16 é"),
        (tx3g(b"\xfe\xff" + "BE é".encode("utf-16-be")), "BE é"),
        (tx3g(b"bro\xffken"), "bro\ufffdken"),
        (tx3g("cut")[:4], "cu"),
        (tx3g("rest is no box") + b"\0\0\0\xff", "rest is no box"),
        (tx3g("count of a lie", box("styl", b"\xff\xff")), "count of a lie"),
        (tx3g("line\r\nbreak\n\nblank"), "line\nbreak\nblank"),
    ],
)
def test_words_and_faces(sample: bytes, expected: str) -> None:
    assert payload(sample) == expected


@pytest.mark.parametrize("sample", [b"", b"\0", b"\0\0", tx3g(" \n "), tx3g("", styl((0, 1, 1)))])
def test_an_empty_text_shows_nothing(sample: bytes) -> None:
    assert shown(sample) == []


def test_the_entrys_face_is_that_of_what_no_record_covers() -> None:
    assert payload(tx3g("one two", styl((4, 7, 0))), tx3g_entry(face=ITALIC)) == "<i>one</i> two"


@pytest.mark.parametrize(
    ("across", "down", "settings"),
    [
        (1, -1, ""), (0, -1, "align:left"), (-1, -1, "align:right"), (1, 0, "line:0"), (1, 1, "line:50%"),
        (9, 9, "align:right"),
    ],
)  # fmt: skip
def test_the_entry_aligns(across: int, down: int, settings: str) -> None:
    assert shown(tx3g("x"), tx3g_entry(across=across, down=down)) == [(settings, "x")]


def test_a_box_in_the_upper_half_lifts_its_sample() -> None:
    assert shown(tx3g("up", tbox(0, 40))) == [("line:0", "up")]
    assert shown(tx3g("down", tbox(60, 100))) == [("", "down")]
    assert shown(tx3g("no height", tbox(0, 40)), height=0) == [("", "no height")]


@pytest.mark.parametrize(("flags", "forced"), [(0, False), (0x4000_0000, False), (0xC000_0000, True)])
def test_forced_is_what_all_samples_are(flags: int, forced: bool) -> None:
    assert read_style(tx3g_entry(flags), 0).forced == forced


@given(st.binary(max_size=80))
def test_any_sample_is_read(sample: bytes) -> None:
    for settings, found in shown(sample):
        assert found
        assert settings in ("", "line:0")


def test_a_short_entry_is_malformed() -> None:
    with pytest.raises(Malformed, match="tx3g entry of 36 bytes"):
        read_style(tx3g_entry()[:36], 0)
