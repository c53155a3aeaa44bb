"""Cuts: properties that hold for any candidates, and the choices worth naming."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer import cuts
from indexer.cuts import choose_cuts
from indexer.errors import LimitExceeded

candidates = st.lists(st.integers(1, 5000), unique=True, max_size=60).map(sorted)


def bounds(found: list[int], times: list[int], end: int) -> list[int]:
    return [0, *(times[position] for position in found), end]


@given(candidates, st.integers(1, 6000), st.integers(1, 2000))
def test_segments_cover_the_whole_and_start_at_candidates(times: list[int], end: int, target: int) -> None:
    found = choose_cuts(0, times, end, target)
    assert found == sorted(set(found))
    starts = bounds(found, times, end)
    assert all(first < second for first, second in pairwise(starts))


@given(candidates, st.integers(1, 6000), st.integers(2, 2000))
def test_no_segment_but_a_short_tail_is_shorter_than_half_a_target(
    times: list[int], end: int, target: int
) -> None:
    starts = bounds(choose_cuts(0, times, end, target), times, end)
    assert all(2 * (second - first) >= target for first, second in pairwise(starts[:-1]))


@given(candidates, st.integers(1, 6000), st.integers(2, 2000))
def test_a_segment_is_longer_than_one_and_a_half_only_for_want_of_candidates(
    times: list[int], end: int, target: int
) -> None:
    for first, second in pairwise(bounds(choose_cuts(0, times, end, target), times, end)):
        if 2 * (second - first) > 3 * target:
            in_time = [at for at in times if first + (target + 1) // 2 <= at <= first + target + target // 2]
            assert [at for at in in_time if at < second] == []


@given(candidates, st.integers(1, 6000), st.integers(1, 2000), st.integers(0, 10**6))
def test_only_differences_matter(times: list[int], end: int, target: int, shift: int) -> None:
    shifted = [at + shift for at in times]
    assert choose_cuts(shift, shifted, end + shift, target) == choose_cuts(0, times, end, target)


@pytest.mark.parametrize(
    ("times", "end", "starts"),
    [
        (range(2, 100, 2), 24, [0, 6, 12, 18]),  # keyframes that fit the target
        (range(4, 100, 4), 24, [0, 4, 8, 12, 16]),  # 4 and 8 are as near to 6: the earlier, or the end
        (range(5, 100, 5), 30, [0, 5, 10, 15, 20, 25]),
        (range(10, 100, 10), 30, [0, 10, 20]),  # none nearer than 10
        ([1, 2], 20, [0]),  # too early: less than half a target
        ([], 600, [0]),  # one keyframe in ten minutes
        ([6], 8, [0]),  # a tail of 2 joins a segment of 6
        ([6], 9, [0, 6]),  # a tail of half a target stands alone
        ([8], 10, [0, 8]),  # as it does where 10 would be too long
        ([5, 7], 7, [0]),  # the end itself is nearest
        ([600], 606, [0, 600]),
    ],
)
def test_choices(times: list[int], end: int, starts: list[int]) -> None:
    found = choose_cuts(0, times, end, 6)
    assert [0, *(times[position] for position in found)] == starts


def test_too_many_segments_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuts, "MAX_SEGMENTS", 100)
    assert len(choose_cuts(0, range(1, 2**62), 100, 1)) == 99
    with pytest.raises(LimitExceeded, match="more than 100 segments; choose a longer --segment-duration"):
        choose_cuts(0, range(1, 2**62), 2**62, 1)
