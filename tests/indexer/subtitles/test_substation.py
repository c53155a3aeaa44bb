"""Override tags and SubRip's own: faces, places, and what is dropped with care."""

from __future__ import annotations

import time

import pytest

from app.timed_text import BOLD, ITALIC
from indexer.subtitles.markup import payload_of
from indexer.subtitles.substation import BELOW, place_of_key, read_subrip, read_substation

FACES = {"Sign": BOLD, "Plain": 0}


def substation(text: str, face: int = 0) -> str:
    return payload_of(read_substation(text, face, FACES)[0])


def subrip(text: str) -> str:
    return payload_of(read_subrip(text)[0])


@pytest.mark.parametrize(
    ("text", "payload"),
    [
        (r"{\i1}in{\i0} out", "<i>in</i> out"),
        (r"{\b1\u1}both{\b0}one", "<b><u>both</u></b><u>one</u>"),
        (r"{\b700}heavy{\b400}light", "<b>heavy</b>light"),
        (r"a{\rSign}b{\r}c{\rnone}d", "a<b>b</b>cd"),
        (r"{\k20}ka{\kf30}ra{\K5}o{\ko1}ke", "karaoke"),
        (r"{\pos(1,2)\fad(1,2)\c&HFF00FF&\fs20\bord3\be1\alpha&H80&\1a&HFF&}still plain", "still plain"),
        (r"{\p1}m 0 0 l 1 1{\p0}after", "after"),
        (r"one\Ntwo\hthree\nfour", "one\ntwo\xa0three four"),
        ("{a comment}said", "said"),
        ("{open said", "{open said"),
        ("<i> is a word & so on", "&lt;i&gt; is a word &amp; so on"),
        (r"{\i99999999999}huge", "huge"),
    ],
)
def test_substation(text: str, payload: str) -> None:
    assert substation(text) == payload


def test_a_line_begins_in_its_own_style() -> None:
    assert substation(r"own{\i0}not{\r}own", ITALIC) == "<i>own</i>not<i>own</i>"


@pytest.mark.parametrize(
    ("text", "payload"),
    [
        ("<i>in</i> out", "<i>in</i> out"),
        ("<B>b</B><U>u</U>", "<b>b</b><u>u</u>"),
        ('<font color="#fff">red</font>', "red"),
        (r"{\an8}<b>up</b>", "<b>up</b>"),
        ("{laughs} 1 < 2 <3 a<b", "{laughs} 1 &lt; 2 &lt;3 a&lt;b"),
        ("a < b > c </ i>", "a &lt; b &gt; c &lt;/ i&gt;"),
        ("<i>unclosed", "<i>unclosed</i>"),
    ],
)
def test_subrip(text: str, payload: str) -> None:
    assert subrip(text) == payload


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (r"{\an8}x", (0, -1)),
        (r"{\an1}x{\an9}", (-1, 1)),  # the first counts
        (r"{\an5}x", (0, 0)),
        (r"{\a6}x", (0, -1)),
        (r"{\a11}x", (1, 0)),
        (r"{\a3}x", (1, 1)),
        (r"{\an0\a4\a0\a12}x", BELOW),
        ("x", BELOW),
        (r"{\pos(320,20)}x", (0, -1)),
        (r"{\pos( 320.5 , 239.5 )}x", (0, -1)),
        (r"{\pos(320,240)\pos(320,20)}x", (0, 1)),  # the first counts
        (r"{\an7\pos(320,400)}x", (0, 1)),
        (r"{\pos(320,-5)}x", (0, -1)),
        (r"{\move(10,20,10,400,0,500)}x", (0, -1)),
        (r"{\an8\pos(320)\pos(,)\pos(1,99999999)}x", (0, -1)),  # none of these is one
    ],
)
def test_places(text: str, place: tuple[int, int]) -> None:
    assert read_substation(text, 0, FACES)[1].place(BELOW, 480) == place


def test_a_line_stands_where_its_style_does() -> None:
    assert read_substation("x", 0, FACES)[1].place((-1, -1), 480) == (-1, -1)


def test_keys_of_a_number_pad() -> None:
    assert [place_of_key(key) for key in (7, 8, 9, 4, 5, 6, 1, 2, 3)] == [
        (across, down) for down in (-1, 0, 1) for across in (-1, 0, 1)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "{" * 500_000,
        "<a" * 250_000,
        r"{\i1}" * 50_000,
        "{<" * 250_000,
        "<" + " " * 500_000,
        "{" + r"\pos(1" * 100_000 + "}",
    ],
)
def test_no_line_costs_the_square_of_its_length(text: str) -> None:
    began_s = time.process_time()
    subrip(text)
    substation(text)
    assert time.process_time() - began_s < 60
