"""One measured figure, with what it stands beside."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """`wanted` says what was aimed at, in words; `ratio` is over the baseline of the same table, if any."""

    table: str
    name: str
    value: float
    unit: str
    wanted: str = ""
    ratio: float | None = None
