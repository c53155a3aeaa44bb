"""`python -m tests.bench [GROUP...]`: measure, show, and write `var/bench.json`.

Wants a machine that has nothing else to do, and says how busy it was before.
"""

from __future__ import annotations

import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import click
from rich.console import Console

from tests.bench import indexing, machine, planning, serving, worker
from tests.bench.figure import Figure, markdown, show, write
from tests.readme import write_block

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
@click.option("--readme", is_flag=True, help="Put the figures into the README as well.")
@click.option("--folder", help="Where archives of some gigabytes, mostly holes, are made. [temporary]")
def main(groups: tuple[str, ...], rounds: int, json_path: str, readme: bool, folder: str | None) -> None:
    """Measure the GROUPS (all of them if none is named)."""
    if not shutil.which("wrk"):
        raise click.ClickException("there is no wrk, the load generator: apt-get install wrk")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was started is stopped
    console, progress = Console(), Console(stderr=True)
    others = machine.busy_share()
    kind = f"{machine.description()}; {max(others, 0):.0%} busy before"
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
    verdicts = [figure.holds for figure in found if figure.holds is not None]
    console.print(f"{sum(verdicts)} of {len(verdicts)} goals met; written to {json_path}")
    if readme:
        write_block("bench", markdown(kind, found))


if __name__ == "__main__":
    main()
