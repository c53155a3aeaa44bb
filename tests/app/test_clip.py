"""A part of an archive, as URLs name it: what is one, its one spelling, and the segments that hold it."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clip import WHOLE, Clip, clip_of
from app.errors import Malformed
from app.idx.view import Idx
from tests.indexer.built import built
from tests.media.made_movie import Chunk, MadeTrack, make_movie


@pytest.fixture(scope="module")
def idx() -> Idx:
    """24 s in segments of 6 s."""
    video = MadeTrack([100] * 24, [1000] * 24, sync=[number % 2 == 0 for number in range(24)])
    return built(make_movie([video], [Chunk(0, 24)]))


@pytest.mark.parametrize(
    ("query", "clip"),
    [
        ("", WHOLE),
        ("v=0123456789&restart=5&the_end=7", WHOLE),
        ("start=0", WHOLE),
        ("start=5", Clip(5000)),
        ("v=0123456789&end=90.5&start=61.25", Clip(61_250, 90_500)),
        ("end=0.001", Clip(0, 1)),
        ("start=007.10", Clip(7100)),
        ("start=%35", Clip(5000)),
    ],
)
def test_what_is_one(query: str, clip: Clip) -> None:
    assert clip_of(query) == clip


@pytest.mark.parametrize(
    "query",
    [
        "start=", "start=abc", "start=-1", "start=1,5", "start=1.2345", "start=.5", "start=5.", "start=1e3",
        "start=nan", "start=inf", "start=12345678", "start=1&start=2", "start=%D9%A1", "end=", "end=x",
        "start=5&end=5", "start=5&end=4.999", "end=0", "start=5%0A",
    ],
)  # fmt: skip
def test_what_is_none(query: str) -> None:
    with pytest.raises(Malformed):
        clip_of(query)


@given(st.integers(0, 10**9), st.none() | st.integers(1, 10**9))
def test_one_spelling(start_ms: int, lasting_ms: int | None) -> None:
    clip = Clip(start_ms, None if lasting_ms is None else start_ms + lasting_ms)
    assert clip_of(clip.query) == clip
    assert "00&" not in clip.query.replace("0&", "")


def test_it_is_spelled_as_short_as_can_be() -> None:
    queries = [Clip(*times).query for times in ((0, None), (5000, None), (61_500, 90_050), (0, 1))]
    assert queries == ["", "start=5", "start=61.5&end=90.05", "end=0.001"]


@pytest.mark.parametrize(
    ("clip", "segments"),
    [
        (WHOLE, range(4)),
        (Clip(6000, 12_000), range(1, 2)),
        (Clip(5999, 12_000), range(2)),
        (Clip(6000, 12_001), range(1, 3)),
        (Clip(7000, 7001), range(1, 2)),
        (Clip(23_999), range(3, 4)),
        (Clip(0, 999_000), range(4)),
    ],
)
def test_the_segments_that_hold_it(idx: Idx, clip: Clip, segments: range) -> None:
    assert clip.segments(idx) == segments


def test_what_begins_after_the_end_is_nothing(idx: Idx) -> None:
    with pytest.raises(Malformed, match=r"the archive lasts 24\.000 s"):
        Clip(24_000).times_s(idx)
    assert Clip(19_000, 25_000).times_s(idx) == (Fraction(19), Fraction(24))
