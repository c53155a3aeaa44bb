"""The two folders that every command of the indexer names, and what to do where one cannot be used."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import Any, TypeVar

import click

_Command = TypeVar("_Command", bound=Callable[..., Any])

_REMEDIES = {
    errno.ENOSPC: "free some space there",
    errno.EDQUOT: "free some space there",
    errno.ENAMETOOLONG: "give the archive a shorter name",
}


def media_dir_option(command: _Command) -> _Command:
    return click.option(
        "--media-dir",
        envvar="VODSPLICE_MEDIA_DIR",
        default="var/media",
        show_default=True,
        type=click.Path(exists=True, file_okay=False),
        help="Folder that ids are counted from.",
    )(command)


def index_dir_option(command: _Command) -> _Command:
    return click.option(
        "--index-dir",
        envvar="VODSPLICE_INDEX_DIR",
        default="var/index",
        show_default=True,
        type=click.Path(file_okay=False),
        help="Folder of the .idx files.",
    )(command)


def unwritable(path: str, error: OSError) -> str:
    """That `path`, an index or its folder, cannot be written, and what to do."""
    remedy = _REMEDIES.get(error.errno or 0, "see to its folder, or name another --index-dir")
    return f"{path} cannot be written: {error.strerror}; {remedy}"
