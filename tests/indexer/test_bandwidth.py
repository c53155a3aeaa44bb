"""Rates: never stated lower than what a player has to carry."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.bandwidth import average_bps, peak_bps

segments = st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 12_000)), min_size=1, max_size=12)


def split(drawn: list[tuple[int, int]]) -> tuple[list[int], list[float]]:
    return [count_bytes for count_bytes, _ in drawn], [lasting_ms / 1000 for _, lasting_ms in drawn]


@given(segments)
def test_peak_is_the_plainest_reading_of_the_rule(drawn: list[tuple[int, int]]) -> None:
    """The largest rate of any contiguous run that lasts 0.5 to 1.5 target durations."""
    target_ms = 1000 * max(1, *((lasting_ms + 500) // 1000 for _, lasting_ms in drawn))
    rates = []
    for first in range(len(drawn)):
        for last in range(first + 1, len(drawn) + 1):
            lasting_ms = sum(each for _, each in drawn[first:last])
            if target_ms <= 2 * lasting_ms <= 3 * target_ms:
                rates.append(Fraction(8000 * sum(each for each, _ in drawn[first:last]), lasting_ms))
    expected = max(rates) if rates else Fraction(average_bps(*split(drawn)))
    assert expected - 1 <= peak_bps(*split(drawn)) <= expected + 2


@pytest.mark.parametrize(
    ("segment_bytes", "segment_s", "average", "peak"),
    [
        ([1000], [1.0], 8000, 8000),
        ([1000, 3000], [6.0, 6.0], 2667, 4000),
        ([100, 5000], [6.0, 0.2], 6581, 6581),  # a short tail counts with what goes before it
        ([0], [6.0], 0, 0),
        ([0, 0], [0.0, 0.0], 0, 0),
        ([10], [0.1], 800, 800),  # shorter than half of the shortest target there is
        ([100, 1000], [2.5, 1.0], 2515, 2515),  # a target of 3, as playlists round: 1 s alone is too short
        ([1000, 1000, 1000], [2.5, 2.5, 2.5], 3200, 3200),
    ],
)
def test_rates(segment_bytes: list[int], segment_s: list[float], average: int, peak: int) -> None:
    assert average_bps(segment_bytes, segment_s) == average
    assert peak_bps(segment_bytes, segment_s) == peak
