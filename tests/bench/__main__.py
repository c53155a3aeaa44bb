"""`python -m tests.bench [GROUP...]`: measure, show, and write `var/bench.json`.

Wants a machine that has nothing else to do, and says how busy it was before.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import click
from rich.console import Console

from tests.bench import indexing, machine, planning, serving, worker
from tests.bench.figure import Figure, show, write

GROUPS: dict[str, Callable[[Path, int], Iterator[Figure]]] = {
    "indexing": indexing.figures,
    "planning": planning.figures,
    "worker": worker.figures,
    "serving": serving.figures,
}


@click.command()
@click.argument("groups", nargs=-1, type=click.Choice(list(GROUPS)))
@click.option("--rounds", default=5, show_default=True, help="Of which the median is shown.")
@click.option("--json", "json_path", default="var/bench.json", show_default=True, help="Where to write it.")
@click.option("--folder", help="Where archives of some gigabytes, mostly holes, are made. [temporary]")
def main(groups: tuple[str, ...], rounds: int, json_path: str, folder: str | None) -> None:
    """Measure the GROUPS (all of them if none is named)."""
    console, progress = Console(), Console(stderr=True)
    others = machine.busy_share()
    kind = f"{machine.description()}; {others:.0%} busy before"
    console.print(kind)
    found: list[Figure] = []
    with (
        tempfile.TemporaryDirectory(prefix="vodsplice-bench-", dir=folder) as name,
        progress.status("making archives") as status,
    ):
        for group in groups or GROUPS:
            for figure in GROUPS[group](Path(name), rounds):
                found.append(figure)
                status.update(f"measured: {figure.group}: {figure.name}")
    show(found, console)
    write(Path(json_path), kind, found)
    console.print(f"written to {json_path}")


if __name__ == "__main__":
    main()
