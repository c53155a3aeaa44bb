"""`vodsplice-inspect`: an index as text, and whether it still holds. Arguments and exit status; no media."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from app.idx.view import Idx, IndexDamaged, open_idx
from indexer.errors import SourceError
from indexer.show import show as show_lines
from indexer.verify import problems

EXIT_DAMAGED = 1


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="vodsplice")
def main() -> None:
    """Look into .idx files."""


@main.command()
@click.argument("index", type=click.Path(dir_okay=False))
@click.option("--rows/--no-rows", default=True, show_default=True, help="A line for each segment as well.")
def show(index: str, rows: bool) -> None:
    """Print INDEX as text: tracks, views, and where each segment lies in the archive.

    \b
    Example:
      vodsplice-inspect show /var/lib/vodsplice/film.idx
    """
    for line in show_lines(_open(index), rows=rows):
        click.echo(line)


@main.command()
@click.argument("indexes", nargs=-1, required=True, metavar="INDEX...", type=click.Path(dir_okay=False))
@click.option(
    "--media-dir",
    envvar="VODSPLICE_MEDIA_DIR",
    default="var/media",
    show_default=True,
    type=click.Path(exists=True, file_okay=False),
    help="Folder that ids are counted from.",
)
@click.option(
    "--index-dir",
    envvar="VODSPLICE_INDEX_DIR",
    default="var/index",
    show_default=True,
    type=click.Path(exists=True, file_okay=False),
    help="Folder that the .idx files are in.",
)
@click.option("--full", is_flag=True, help="Index the archive anew and compare every byte of the result.")
def verify(indexes: Sequence[str], media_dir: str, index_dir: str, full: bool) -> None:
    """Check each INDEX against its archive, and that every segment can be planned.

    Exit status: 0 all hold, 1 some do not (a line says which and why), 2 wrong usage.
    """
    failed = False
    for path in indexes:
        idx = _open(path)
        folder = os.path.dirname(os.path.relpath(os.path.realpath(path), os.path.realpath(index_dir)))
        archive = os.path.join(media_dir, folder, idx.header.source.name)
        found = _problems(idx, archive, full)
        for problem in found:
            click.echo(f"{path}: {problem}")
        if not found:
            click.echo(f"{path}: holds, {idx.segment_count} segments of {archive}")
        failed |= bool(found)
    sys.exit(EXIT_DAMAGED if failed else 0)


def _problems(idx: Idx, archive: str, full: bool) -> list[str]:
    try:
        return list(problems(idx, archive, full=full))
    except SourceError as error:
        return [f"{archive}: {error.word}: {error}"]


def _open(path: str) -> Idx:
    try:
        return open_idx(path)
    except OSError as error:
        raise click.UsageError(f"{path}: {error.strerror}") from error
    except IndexDamaged as error:
        click.echo(f"{path}: damaged: {error}; run vodsplice-index --force on its archive", err=True)
        sys.exit(EXIT_DAMAGED)
