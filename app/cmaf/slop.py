"""Which holes to send: foreign bytes between two ranges cost less than another range, up to a point.

The budget is a share of what a view sends anyway. It is spent on the smallest holes first, since each
spares one range; what comes out is one number a view, the length up to which holes are sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

DEFAULT_SLOP = 0.01


def gaps_between(ranges: Sequence[tuple[int, int]]) -> list[int]:
    """What lies between neighbouring (offset, length) ranges; negative where they overlap."""
    return [following - (offset + length) for (offset, length), (following, _) in pairwise(ranges)]


def choose_merge_bytes(gaps: Iterable[int], budget_bytes: int) -> int:
    """The largest length such that all holes up to it fit the budget together; 0 where none does."""
    chosen = 0
    for gap, count in sorted(Counter(gaps).items()):
        if gap < 0:
            continue
        budget_bytes -= gap * count
        if budget_bytes < 0:
            break
        chosen = gap
    return chosen
