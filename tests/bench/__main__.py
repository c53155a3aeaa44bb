"""Measure, print a table, and keep the figures as JSON in var/bench.json."""

from __future__ import annotations

import json
import os
import platform
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from tests.bench import indexing, planning, serving
from tests.bench.figure import Figure

PARTS = {"indexing": indexing.figures, "planning": planning.figures, "serving": serving.figures}
RESULT = Path("var/bench.json")


@click.command()
@click.argument("parts", nargs=-1, type=click.Choice(list(PARTS)))
def main(parts: Sequence[str]) -> None:
    """Measure PARTS, or all. Wants an idle machine and, for serving, nginx with its Perl module and wrk."""
    found: list[Figure] = []
    for part in parts or PARTS:
        with tempfile.TemporaryDirectory(prefix="vodsplice-bench-") as folder:
            found += PARTS[part](Path(folder))
    _print(found)
    RESULT.parent.mkdir(exist_ok=True)
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "kernel": platform.release()}
    RESULT.write_text(json.dumps({"machine": machine, "figures": [asdict(each) for each in found]}, indent=1))
    click.echo(f"also in {RESULT}")


def _print(found: Sequence[Figure]) -> None:
    console = Console()
    for title, rows in groupby(sorted(found, key=lambda each: each.table), key=lambda each: each.table):
        table = Table(title=title, title_justify="left")
        for heading in ("", "measured", "ratio", "wanted"):
            table.add_column(heading, justify="right" if heading in ("measured", "ratio") else "left")
        for row in rows:
            ratio = "" if row.ratio is None else f"{row.ratio:.2f} ×"
            table.add_row(row.name, f"{row.value:,.4g} {row.unit}", ratio, row.wanted)
        console.print(table)


if __name__ == "__main__":
    main()
