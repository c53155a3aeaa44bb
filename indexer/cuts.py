"""Where segments end: at the candidate nearest to the target, whatever the candidates are.

A segment lasts at least half the target and ends at the candidate nearest to its start plus the target,
so lengths stay between half and one and a half targets wherever the archive has candidates there. The
rule looks at nothing but times, so renditions with the same keyframes are cut alike; what differs by less
than a `SLACK`th of a target counts as equal, as a frame more at the end or another timescale must not decide.
Times are ticks of one timescale throughout.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from indexer.errors import LimitExceeded
from indexer.limits import MAX_SEGMENTS

SLACK = 50
"""Where candidates are closer together than that, the nearest one is taken."""


def choose_cuts(
    start_ticks: int, candidate_ticks: Sequence[int], end_ticks: int, target_ticks: int
) -> list[int]:
    """Positions in `candidate_ticks`, which rises strictly from above `start_ticks`, of the chosen cuts.

    A tail shorter than half a target joins the segment before it, if that stays within one and a half.
    Raises `LimitExceeded` where there are too many.
    """
    cuts: list[int] = []
    start, position = start_ticks, -1
    while True:
        lowest = bisect_left(candidate_ticks, start + (target_ticks + 1) // 2, position + 1)
        nearest = _nearest(candidate_ticks, start + target_ticks, lowest, target_ticks // SLACK)
        if nearest is None:
            return cuts
        if _is_last(candidate_ticks[nearest], start, end_ticks, target_ticks):
            return cuts
        cuts.append(nearest)
        if len(cuts) == MAX_SEGMENTS:
            raise LimitExceeded(
                f"there would be more than {MAX_SEGMENTS} segments",
                remedy="choose a longer --segment-duration",
            )
        start, position = candidate_ticks[nearest], nearest


def _is_last(nearest: int, start: int, end: int, target: int) -> bool:
    """Whether the segment from `start` goes on to the end, rather than to the nearest candidate."""
    wanted, tail, slack = start + target, end - nearest, target // SLACK
    return (
        tail <= 0
        or abs(end - wanted) <= abs(nearest - wanted) + slack
        or (2 * (tail + slack) < target and end <= wanted + target // 2)
    )


def _nearest(candidates: Sequence[int], wanted: int, lowest: int, slack: int) -> int | None:
    """The position, from `lowest` on, whose value is nearest to `wanted`; the earlier of two as near."""
    if lowest >= len(candidates):
        return None
    after = bisect_left(candidates, wanted, lowest)
    if after == len(candidates):
        return after - 1
    if after == lowest:
        return after
    early, late = wanted - candidates[after - 1], candidates[after] - wanted
    return after - 1 if early <= (late if early < slack else late + slack) else after
