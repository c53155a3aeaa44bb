"""Which holes are sent: the smallest first, all of a length or none, within the budget."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cmaf.slop import choose_merge_bytes, gaps_between


def test_gaps() -> None:
    assert gaps_between([(0, 10), (12, 5), (10, 4), (14, 1)]) == [2, -7, 0]
    assert gaps_between([(0, 10)]) == []


@pytest.mark.parametrize(
    ("gaps", "budget_bytes", "chosen"),
    [
        ([5, 5, 40], 9, 0),
        ([5, 5, 40], 10, 5),
        ([40, 5, 5], 49, 5),
        ([40, 5, 5], 50, 40),
        ([-3, 5], 5, 5),
        ([-3], 100, 0),
        ([], 100, 0),
        ([4096], 10**6, 4096),
        ([4097, 5], 10**6, 5),  # sending the longer one costs more than another range
    ],
)
def test_choice(gaps: list[int], budget_bytes: int, chosen: int) -> None:
    assert choose_merge_bytes(gaps, budget_bytes) == chosen


@given(st.lists(st.integers(-50, 50)), st.integers(0, 500))
def test_the_next_longer_hole_would_pass_the_budget(gaps: list[int], budget_bytes: int) -> None:
    chosen = choose_merge_bytes(gaps, budget_bytes)
    assert sum(gap for gap in gaps if 0 <= gap <= chosen) <= budget_bytes
    longer = [gap for gap in gaps if gap > chosen]
    assert not longer or sum(gap for gap in gaps if 0 <= gap <= min(longer)) > budget_bytes
