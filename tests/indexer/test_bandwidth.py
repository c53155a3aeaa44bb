"""Rates: never stated lower than what a player has to carry."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from indexer.bandwidth import average_bps, peak_bps
from tests.oracle import hls_rules

Drawn = list[tuple[int, int]]  # bytes and milliseconds of each segment
segments: st.SearchStrategy[Drawn] = st.lists(
    st.tuples(st.integers(0, 10**6), st.integers(1, 12_000)), min_size=1, max_size=12
)
# The heaviest runs last exactly a bound, of which sums of floating point fall short, or which they pass.
HALF_A_TARGET = [(10**5, each) for each in (3000, 3000, 6000, 3440)] + [
    (10**6, 3000), *((10**5, each) for each in (6000, 3480, 3120)),
]  # fmt: skip
ONE_AND_A_HALF = [(500_000, 860), (300_000, 2210), (500_000, 530), (500_000, 2470)]


def split(drawn: Drawn) -> tuple[list[int], list[int]]:
    return [count_bytes for count_bytes, _ in drawn], [1000 * lasting_ms for _, lasting_ms in drawn]


@given(segments)
@example(HALF_A_TARGET)
@example(ONE_AND_A_HALF)
def test_peak_is_the_plainest_reading_of_the_rule(drawn: Drawn) -> None:
    """The largest rate of any contiguous run that lasts 0.5 to 1.5 target durations."""
    lasting_s = [Fraction(lasting_ms, 1000) for _, lasting_ms in drawn]
    expected = hls_rules.peak_bps([count_bytes for count_bytes, _ in drawn], lasting_s)
    assert peak_bps(*split(drawn)) == ceil(expected)


@pytest.mark.parametrize(
    ("segment_bytes", "lasting_s", "average", "peak"),
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
def test_rates(segment_bytes: list[int], lasting_s: list[float], average: int, peak: int) -> None:
    durations_us = [round(each * 1_000_000) for each in lasting_s]
    assert average_bps(segment_bytes, durations_us) == average
    assert peak_bps(segment_bytes, durations_us) == peak
