"""How `vodsplice-index` tells what became of each archive: plain lines, below which a terminal has a bar."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from indexer.lines import one_line


def say(text: str) -> None:
    """A line on standard error."""
    click.echo(one_line(text), err=True)


@contextmanager
def telling(total: int) -> Iterator[Callable[[str], None]]:
    """What is called for each of `total` archives when it is done, with a line or ""."""
    if not sys.stderr.isatty():
        yield lambda text: say(text) if text else None
        return
    from rich.console import Console  # noqa: PLC0415 - takes 40 ms to load
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )  # fmt: skip

    console = Console(stderr=True, highlight=False, soft_wrap=True)
    columns = (TextColumn("indexing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=total)

        def tell(text: str) -> None:
            if text:
                console.print(one_line(text), markup=False)
            progress.advance(task)

        yield tell
