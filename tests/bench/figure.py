"""A figure, and figures as a table for people and as JSON for machines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

LARGEST_WITH_DECIMALS = 1000
HEADINGS = ("median", "ratio", "goal", "")
VERDICTS = {None: "", True: "met", False: "missed"}


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` in `unit`, the median of `rounds`; `ratio` is over a figure above in its group, if that says
    something. `goal` is the most that the ratio (the value where there is none) should be, or the least.
    """

    group: str
    name: str
    value: float
    unit: str
    rounds: tuple[float, ...] = ()
    ratio: float | None = None
    goal: float | None = None
    at_least: bool = False

    @property
    def holds(self) -> bool | None:
        """Whether the goal is met; None where there is none."""
        if self.goal is None:
            return None
        judged = self.value if self.ratio is None else self.ratio
        return judged >= self.goal if self.at_least else judged <= self.goal


def of_rounds(
    group: str,
    name: str,
    unit: str,
    rounds: Sequence[float],
    *,
    baseline: float | None = None,
    goal: float | None = None,
) -> Figure:
    value = median(rounds)
    return Figure(group, name, value, unit, tuple(rounds), value / baseline if baseline else None, goal)


def show(figures: Iterable[Figure], console: Console) -> None:
    for group, members in groupby(figures, key=lambda figure: figure.group):
        table = Table(title=group, title_justify="left", title_style="bold")
        table.add_column("")
        for heading in HEADINGS:
            table.add_column(heading, justify="right")
        table.add_column("rounds", style="dim")
        for figure in members:
            table.add_row(*_cells(figure))
        console.print(table)


def markdown(machine: str, figures: Iterable[Figure]) -> list[str]:
    """Lines of a table, for the README."""
    headings = f"| | {' | '.join(HEADINGS)} |"
    lines = [f"Machine: {machine}.", "", headings, "| --- | ---: | ---: | ---: | --- |"]
    for group, members in groupby(figures, key=lambda figure: figure.group):
        lines.append(f"| **{group}** | | | | |")
        lines += [f"| {' | '.join(_plain(figure))} |" for figure in members]
    return lines


def write(path: Path, machine: str, figures: Sequence[Figure]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [asdict(figure) | {"holds": figure.holds} for figure in figures]
    path.write_text(json.dumps({"machine": machine, "figures": rows}, indent=1) + "\n")


def shown(value: float) -> str:
    """Four digits, or all of those before the point."""
    return f"{value:,.0f}" if abs(value) >= LARGEST_WITH_DECIMALS else f"{value:.4g}"


def _cells(figure: Figure) -> Iterator[str]:
    *cells, verdict = _plain(figure)
    yield from cells
    yield f"[{'green' if figure.holds else 'red'}]{verdict}[/]"
    yield " ".join(map(shown, figure.rounds))


def _plain(figure: Figure) -> tuple[str, str, str, str, str]:
    """Name, value, ratio, goal, verdict."""
    sign, unit = "≥" if figure.at_least else "≤", "" if figure.ratio is None else " ×"
    return (
        figure.name,
        f"{shown(figure.value)} {figure.unit}",
        "" if figure.ratio is None else f"{figure.ratio:.2f} ×",
        "" if figure.goal is None else f"{sign} {shown(figure.goal)}{unit}",
        VERDICTS[figure.holds],
    )
