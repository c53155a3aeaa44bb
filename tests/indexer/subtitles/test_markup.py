"""Payloads and settings: whatever goes in, one cue comes out, and a stranger reads the words that went in."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.timed_text import BOLD, ITALIC, UNDERLINE
from indexer.subtitles.markup import aligned, payload_of, payload_of_webvtt, settings_of_webvtt
from tests.indexer.subtitles.read_vtt import plain, read

hostile = st.text(st.one_of(st.characters(), st.sampled_from("\n\r\0&<>-{}; \u2028\x85\x1c")), max_size=30)
runs = st.lists(st.tuples(hostile, st.integers(0, 7)), max_size=5)


def cue(payload: str) -> str:
    """A file of one cue, and another after it that has to survive."""
    return f"WEBVTT\n\n00:01.000 --> 00:02.000\n{payload}\n\n00:03.000 --> 00:04.000\nafter\n\n"


def visible(text: str) -> list[str]:
    """Lines without what is not seen: controls, halves of characters, and space around."""
    lines = re.split(r"\r\n?|[\n\v\f\x1c-\x1e\x85\u2028\u2029]", text)
    kept = (
        "".join(each for each in line if not re.match(r"[\0-\x08\x0e-\x1b\x1f\x7f-\x9f\ud800-\udfff]", each))
        for line in lines
    )
    return [line.strip() for line in kept if line.strip()]


@settings(deadline=None)
@given(runs)
def test_the_words_survive_in_one_cue(runs: list[tuple[str, int]]) -> None:
    payload = payload_of(runs)
    assert "\n\n" not in f"\n{payload}"
    if payload:
        (_, _, seen), (start, *_) = read(cue(payload))
        assert start == 3000
        assert visible(seen) == visible("".join(text for text, _ in runs))
    else:
        assert visible("".join(text for text, _ in runs)) == []


@settings(deadline=None)
@given(hostile)
def test_a_payload_of_elsewhere_stays_one_cue(text: str) -> None:
    payload = payload_of_webvtt(text)
    if payload:
        assert [start for start, *_ in read(cue(payload))] == [1000, 3000]
    assert "-->" not in payload
    assert payload_of_webvtt(payload) == payload


@pytest.mark.parametrize(
    ("runs", "payload"),
    [
        ([("a < b & c --> d", 0)], "a &lt; b &amp; c --&gt; d"),
        ([("b", BOLD), (" or ", 0), ("c", BOLD | ITALIC | UNDERLINE)], "<b>b</b> or <b><i><u>c</u></i></b>"),
        ([("one\n", ITALIC), ("two", 0)], "<i>one</i>\ntwo"),
        ([("\n\n", ITALIC), ("a\r\n\r\nb", ITALIC)], "<i>a\nb</i>"),
        ([("  \n\t", BOLD)], ""),
        ([("a\0b\u2028c", 0)], "ab\nc"),
    ],
)  # fmt: skip
def test_payloads(runs: list[tuple[str, int]], payload: str) -> None:
    assert payload_of(runs) == payload


def test_blank_line_within_a_styled_run_goes() -> None:
    assert payload_of([("a\n\nb", BOLD)]) == "<b>a\nb</b>"


@pytest.mark.parametrize(
    ("text", "payload"),
    [
        ("<v Ann>Hi <b>you</b>", "<v Ann>Hi <b>you</b>"),
        ("<ruby>x<rt>y</rt></ruby>", "<ruby>x<rt>y</rt></ruby>"),
        ("<00:00:01.000>ka<00:02.000>ra", "kara"),
        ("fish & chips &amp; &#38; &#x26; &", "fish &amp; chips &amp; &#38; &#x26; &amp;"),
        ("a --> b\r\n\r\nc", "a --&gt; b\nc"),
    ],
)
def test_payloads_of_webvtt(text: str, payload: str) -> None:
    assert payload_of_webvtt(text) == payload


def test_settings_are_those_that_stand_alone() -> None:
    text = "align:left line:10%,start  region:fred\tsize:50% position:5% vertical:rl <b> line:--> evil:1 line"
    assert settings_of_webvtt(text) == "align:left line:10%,start size:50% position:5% vertical:rl"


@pytest.mark.parametrize(
    ("place", "expected"),
    [((0, 1), ""), ((-1, 1), "align:left"), ((1, -1), "line:0 align:right"), ((0, 0), "line:50%")],
)
def test_places(place: tuple[int, int], expected: str) -> None:
    assert aligned(*place) == expected


def test_plain_is_what_a_viewer_sees() -> None:
    assert plain("<b>a</b> &lt;b&gt;") == "a <b>"
