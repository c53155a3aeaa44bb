"""`vodsplice-inspect`: an index as text, and whether it still holds. Arguments and exit status; no media."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from app.file_names import require_utf8
from app.idx.layout import TITLE_SUFFIX
from app.idx.title import Title, open_title
from app.idx.view import IndexDamaged, open_idx
from indexer.archives import subtitles_beside
from indexer.errors import SourceError
from indexer.fingerprint import FAST
from indexer.folders import folder_options
from indexer.lines import one_line, put_line
from indexer.show import show as show_lines
from indexer.show import show_title
from indexer.verify import problems, title_problems

EXIT_DAMAGED = 1


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="vodsplice")
def main() -> None:
    """Look into .idx files."""


@main.command()
@click.argument("index", type=click.Path(exists=True, dir_okay=False))
@click.option("--rows/--no-rows", default=True, show_default=True, help="A line for each segment as well.")
def show(index: str, rows: bool) -> None:
    """Print INDEX as text: tracks, views, and where each segment lies in the archive; of a .title, which
    archives are its renditions.

    \b
    Examples:
      vodsplice-inspect show /var/lib/vodsplice/film.idx
      vodsplice-inspect show /var/lib/vodsplice/film.title
    """
    try:
        lines = show_title(open_title(index)) if _is_title(index) else show_lines(open_idx(index), rows=rows)
    except (OSError, IndexDamaged) as error:
        click.echo(one_line(f"{index}: {_damage(index, error)}"), err=True)
        sys.exit(EXIT_DAMAGED)
    for line in lines:
        put_line(line)


@main.command()
@click.argument(
    "indexes", nargs=-1, required=True, metavar="INDEX...", type=click.Path(exists=True, dir_okay=False)
)
@folder_options
@click.option(
    "--full", is_flag=True, help="Index the archive anew and compare; media bytes too after --digest full."
)
def verify(indexes: Sequence[str], media_dir: str, index_dir: str, full: bool) -> None:
    """Check each INDEX against its archive, and that every segment can be planned; of a .title, that the
    indexes of its renditions are those that were compared.

    Exit status: 0 all hold, 1 some do not (a line says which and why), 2 wrong usage.
    """
    require_utf8()
    hold = True
    for path in indexes:
        found = _problems(path, media_dir, index_dir, full=full)
        hold = hold and not found
        for line in found or [_holding(path, full=full)]:
            put_line(f"{path}: {line}")
    sys.exit(0 if hold else EXIT_DAMAGED)


def _holding(path: str, *, full: bool) -> str:
    if _is_title(path):
        return "holds; its renditions have the indexes that were compared"
    if full and open_idx(path).header.source.fingerprint_kind == FAST:
        return "holds; media bytes not compared, as it has no full digest (vodsplice-index --digest full)"
    return "holds"


def _problems(path: str, media_dir: str, index_dir: str, *, full: bool) -> list[str]:
    """A line each; none where the index holds."""
    folder = os.path.dirname(os.path.relpath(os.path.realpath(path), os.path.realpath(index_dir)))
    try:
        opened = open_title(path) if _is_title(path) else open_idx(path)
    except (OSError, IndexDamaged) as error:
        return [_damage(path, error)]
    if folder.split(os.sep)[0] == os.pardir:
        return [f"does not lie below the index folder {index_dir}: name another --index-dir"]
    if isinstance(opened, Title):
        return list(title_problems(opened, index_dir))
    archive = os.path.join(media_dir, folder, opened.header.source.name)
    try:
        return list(problems(opened, archive, _subtitle_files(archive, media_dir), full=full))
    except SourceError as error:
        return [f"{archive}: {error.word}: {error}"]


def _subtitle_files(archive: str, media_dir: str) -> tuple[str, ...]:
    try:
        return subtitles_beside(os.path.dirname(archive), [archive], os.path.realpath(media_dir))[archive]
    except OSError:
        return ()  # then the archive cannot be read either, which is said


def _damage(path: str, error: OSError | IndexDamaged) -> str:
    if isinstance(error, OSError):
        return f"cannot be read: {error.strerror}"
    of = "renditions" if _is_title(path) else "archive"
    return f"damaged: {error}; run vodsplice-index on its {of} again"


def _is_title(path: str) -> bool:
    return path.endswith(TITLE_SUFFIX)
