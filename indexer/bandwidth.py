"""Bit rates of a stream of segments, as playlists state them (RFC 8216bis §4.1, §4.4.6.2).

Whole microseconds throughout, as `EXTINF` has them: a run of exactly half a target duration counts, which
sums of floating point would miss.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from app.target_duration import target_duration_s

_SHORTEST_US, _LONGEST_US = 500_000, 1_500_000
"""A run of segments counts for the peak when it lasts so long for each second of the target duration."""


def average_bps(segment_bytes: Sequence[int], durations_us: Sequence[int]) -> int:
    return _bps(sum(segment_bytes), sum(durations_us))


def peak_bps(segment_bytes: Sequence[int], durations_us: Sequence[int]) -> int:
    """The largest rate of any run of segments between 0.5 and 1.5 target durations long.

    A stream too short to hold such a run peaks at its average.
    """
    target_s = target_duration_s(durations_us)
    ends_bytes, ends_us = (list(accumulate(each, initial=0)) for each in (segment_bytes, durations_us))
    peak = 0
    for first in range(len(durations_us)):
        for last in range(first + 1, len(ends_us)):
            lasting_us = ends_us[last] - ends_us[first]
            if lasting_us > _LONGEST_US * target_s:
                break
            if lasting_us >= _SHORTEST_US * target_s:
                peak = max(peak, _bps(ends_bytes[last] - ends_bytes[first], lasting_us))
    return peak or average_bps(segment_bytes, durations_us)


def _bps(count_bytes: int, lasting_us: int) -> int:
    """Rounded up: a stated peak must not be passed."""
    return -(-8_000_000 * count_bytes // lasting_us) if lasting_us > 0 else 0
