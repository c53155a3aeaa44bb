"""Bit rates of a stream of segments, as playlists state them (RFC 8216bis §4.1, §4.4.6.2)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

_SHORTEST, _LONGEST = 0.5, 1.5
"""A run of segments counts for the peak when it lasts this many target durations."""


def average_bps(segment_bytes: Sequence[int], segment_s: Sequence[float]) -> int:
    return _bps(sum(segment_bytes), sum(segment_s))


def peak_bps(segment_bytes: Sequence[int], segment_s: Sequence[float]) -> int:
    """The largest rate of any run of segments between 0.5 and 1.5 target durations long.

    A stream too short to hold such a run peaks at its average.
    """
    target_s = max(1, *(int(lasting_s + 0.5) for lasting_s in segment_s))  # as EXT-X-TARGETDURATION
    ends_bytes, ends_s = list(accumulate(segment_bytes, initial=0)), list(accumulate(segment_s, initial=0.0))
    peak = 0
    for first in range(len(segment_s)):
        for last in range(first + 1, len(ends_s)):
            lasting_s = ends_s[last] - ends_s[first]
            if lasting_s > _LONGEST * target_s:
                break
            if lasting_s >= _SHORTEST * target_s:
                peak = max(peak, _bps(ends_bytes[last] - ends_bytes[first], lasting_s))
    return peak or average_bps(segment_bytes, segment_s)


def _bps(count_bytes: int, lasting_s: float) -> int:
    """Rounded up: a stated peak must not be passed."""
    return -int(-8 * count_bytes // lasting_s) if lasting_s > 0 else 0
