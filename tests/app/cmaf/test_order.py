"""Columns of tracks and of all runs become one another, against the plainest way to do it."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from app.cmaf.order import order_of
from app.idx.layout import HOLE

turns = st.lists(st.integers(0, 3), min_size=1, max_size=3, unique=True).map(bytes)
stretches = st.builds(
    lambda turn, times, more: turn * times + turn[:more], turns, st.integers(0, 40), st.integers(0, 2)
)
orders = st.lists(stretches | st.binary(max_size=9), max_size=6).map(bytes((HOLE,)).join)


@given(orders)
@example(b"\0\1" * 90)
@example(bytes((0, HOLE)) * 90)
@example(bytes((0, HOLE, *(0, 1) * 90, HOLE, 1)))
def test_columns_come_and_go(tracks: bytes) -> None:
    places = {track: [at for at, each in enumerate(tracks) if each == track] for track in {*tracks}}
    order = order_of(tracks)
    assert order.tracks == tracks
    assert order.present == places.keys()
    assert order.merged(places) == list(range(len(tracks)))
    for track in {*tracks, 0, 3, HOLE}:
        assert order.own(range(len(tracks)), track) == places.get(track, [])
        assert [at for at, is_own in enumerate(order.are_of((track,))) if is_own] == places.get(track, [])


@given(st.integers(0, 30), st.integers(100, 400))
def test_turns_between_few_holes_are_slices(before: int, after: int) -> None:
    order = order_of(b"\1\0" * before + bytes((HOLE,)) + b"\0\1" * after)
    assert order.slices is not None
    assert sum(map(len, order.slices.values())) == 3 + 2 * bool(before)
