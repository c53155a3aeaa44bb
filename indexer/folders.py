"""The two folders that commands of the indexer name, and what to do where one cannot be used."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import Any, TypeVar

import click

from indexer.lines import one_line
from indexer.ours import NotOurs

_Command = TypeVar("_Command", bound=Callable[..., Any])

_REMEDIES = {
    errno.ENOSPC: "free some space there",
    errno.EDQUOT: "free some space there",
    errno.ENAMETOOLONG: "give the archive a shorter name",
}


def folder_options(command: _Command) -> _Command:
    """`--media-dir` and `--index-dir`, and `--config`, which gives their defaults."""
    config = click.option(
        "--config",
        envvar="VODSPLICE_CONFIG",
        metavar="FILE",
        is_eager=True,
        expose_value=False,
        callback=_read_config,
        help="TOML file that names the two folders: vodsplice-serve's.",
    )
    media = _folder_option("media", "Folder that ids are counted from.", exists=True)
    return config(media(_folder_option("index", "Folder of the .idx files.")(command)))


def _folder_option(of: str, help_: str, *, exists: bool = False) -> Callable[[_Command], _Command]:
    return click.option(
        f"--{of}-dir",
        envvar=f"VODSPLICE_{of.upper()}_DIR",
        default=f"var/{of}",
        show_default=True,
        type=click.Path(exists=exists, file_okay=False),
        help=help_,
    )


def _read_config(context: click.Context, _: click.Parameter, path: str | None) -> None:
    """The folders that vodsplice-serve's TOML file names, as defaults; the rest of it is not for here."""
    if path is None:
        return
    from app.settings import SettingError, named_in  # noqa: PLC0415 - few name a file, and it takes 10 ms to load

    try:
        context.default_map = named_in(path, ("media_dir", "index_dir"))
    except SettingError as error:
        raise click.UsageError(one_line(str(error))) from error


def unwritable(path: str, error: OSError) -> str:
    """That `path`, an index or its folder, cannot be written, and what to do."""
    remedy = _REMEDIES.get(error.errno or 0, "see to its folder, or name another --index-dir")
    if isinstance(error, NotOurs):
        remedy = "move that file, or name another --index-dir"
    return f"{path} cannot be written: {error.strerror}; {remedy}"
