"""Whether archives are cut alike, so that a player may change between them at any segment.

Boundaries are compared in presentation time, to a tick of the coarser timescale. Where the last segment ends
may differ by a little: encoders pad sound, and drop or repeat a frame there.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import zip_longest

from app.idx.view import Idx

MAX_END_S = 1
REMEDY = (
    "index all with one --segment-duration, a multiple of the time between keyframes of each; or encode them"
    " with keyframes at the same times (a fixed -g with -sc_threshold 0, or"
    " -force_key_frames 'expr:gte(t,n_forced*2)')"
)


def misalignment(best: Idx, other: Idx) -> str:
    """How `other` is first cut in another way than `best`: words that follow "its"; "" where it is not."""
    tick_s = Fraction(1, min(best.header.timescale, other.header.timescale))
    for number, (wanted, found) in enumerate(zip_longest(_starts_s(best), _starts_s(other)), start=1):
        if found is None:
            return f"last segment is {number - 1}, where the best cuts again at {float(wanted):.6f} s"
        if wanted is None:
            return f"segment {number} begins at {float(found):.6f} s, where the best has no more"
        if abs(wanted - found) > tick_s:
            by_ms = float(found - wanted) * 1000
            return f"segment {number} begins at {float(found):.6f} s, {by_ms:+.3f} ms from the best's"
    lasting_s = [_lasting_s(each) for each in (best, other)]
    if abs(lasting_s[0] - lasting_s[1]) > MAX_END_S:
        return f"video lasts {float(lasting_s[1]):.6f} s, the best's {float(lasting_s[0]):.6f} s"
    changes = best.segment_init or bytes(best.segment_count), other.segment_init or bytes(other.segment_count)
    for number, (wanted_init, found_init) in enumerate(zip(*changes, strict=True), start=1):
        if wanted_init != found_init:
            return f"codec parameters change at segment {number}, unlike the best's"
    return ""


def _starts_s(idx: Idx) -> list[Fraction]:
    return [Fraction(ticks, idx.header.timescale) for ticks in idx.segment_time[:-1]]


def _lasting_s(idx: Idx) -> Fraction:
    video = idx.header.tracks[0]
    return Fraction(video.duration_ticks, video.timescale)
