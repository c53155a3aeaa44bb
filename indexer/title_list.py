"""A `.toml` file of the media folder that lists the renditions of a title.

    title = "A film"                    # optional
    [[rendition]]
    archive = "film_hd.mp4"             # relative to the list
    [[rendition]]
    archive = "small/film.mp4"

Without renditions it has but the title of those that go together by their names, if any do. Ids use slashes,
as URLs do.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple

from app.archive_id import is_servable
from app.idx.title import MAX_MEMBERS
from indexer.demux.metadata import clean_text
from indexer.errors import SourceError
from indexer.limits import MAX_TITLE_LIST_BYTES, MAX_TITLE_LIST_DOTS
from indexer.lines import counted
from indexer.presence import is_there
from indexer.source import Source

LIST_SUFFIX = ".toml"
REMEDY = "mend it, or rename or remove it if it is to list no renditions"
_MOST_SHOWN = 200
"""Characters of a list that a refusal repeats."""
_KEYS = ("title", "rendition")


class Refused(Exception):
    """Why archives are no title, and what to do."""


class Candidate(NamedTuple):
    """A title to be: its id, its members' ids, and the list that names them ("" where their own names do)."""

    id: str
    members: tuple[str, ...]
    title: str = ""
    listed_in: str = ""


def read_list(path: str, title_id: str, media_dir: str) -> Candidate:
    """It has no members where the file lists no renditions, whatever else it is for. Raises `Refused`, and
    `OSError` where it cannot be told what it says, or whether an archive is there.
    """
    if not os.path.realpath(path).startswith(os.path.join(os.path.realpath(media_dir), "")):
        raise Refused("is a link out of the media folder; put the file itself there")
    listed = _parsed(_text(path))
    if "rendition" not in listed:
        _refuse_misspelt(listed)
        title = listed.get("title")
        return Candidate(title_id, (), clean_text(title.encode()) if isinstance(title, str) else "")
    rows, title = listed["rendition"], listed.get("title", "")
    if not is_servable(title_id):
        raise Refused("no title can have this name, as no URL could hold it; rename the file")
    if unknown := [key for key in listed if key not in _KEYS]:
        raise Refused(f"has {_shown(unknown[0])}; what it may have is {' and '.join(_KEYS)}")
    if not isinstance(rows, list):
        raise Refused("its rendition is no list; write [[rendition]] over each")
    if not isinstance(title, str):
        raise Refused('its title is no text; write title = "A film"')
    if not 1 < len(rows) <= MAX_MEMBERS:
        raise Refused(f"lists {counted(len(rows), 'archive')}; a title has 2 to {MAX_MEMBERS}")
    members = _members(rows, posixpath.dirname(title_id), media_dir)
    return Candidate(title_id, members, clean_text(title.encode()), os.path.basename(path))


def _refuse_misspelt(listed: dict[str, Any]) -> None:
    """What only resembles a list: other files may have that extension, too."""
    for key, value in listed.items():
        if isinstance(value, list | dict) and get_close_matches(key.lower(), ["rendition"], cutoff=0.9):
            raise Refused(f"has [[{_shown(key)}]]; write [[rendition]] over each")


def _text(path: str) -> str:
    """What a regular file of a bounded size says. Raises `Refused`, and `OSError` where it cannot be read."""
    try:
        with Source(path) as file:
            if file.size_bytes > MAX_TITLE_LIST_BYTES:
                raise Refused(f"has {file.size_bytes} bytes; {MAX_TITLE_LIST_BYTES} are read; {REMEDY}")
            return file.pread(0, file.size_bytes).decode("utf-8-sig")
    except SourceError as error:
        cause = error.__cause__
        if isinstance(cause, OSError) and not isinstance(cause, FileNotFoundError):
            raise cause from None
        raise Refused(f"{error.rule}; {REMEDY}") from error
    except UnicodeDecodeError as error:
        raise Refused(f"is not UTF-8; {REMEDY}") from error


def _parsed(text: str) -> dict[str, Any]:
    """Raises `Refused`."""
    import tomllib  # noqa: PLC0415 - takes 5 ms to load

    if text.count(".") > MAX_TITLE_LIST_DOTS:
        raise Refused(f"has {text.count('.')} dots; {MAX_TITLE_LIST_DOTS} are read; {REMEDY}")
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refused(f"cannot be read as TOML: {_shown(str(error))}; {REMEDY}") from error


def _members(rows: Sequence[Any], folder: str, media_dir: str) -> tuple[str, ...]:
    """Ids of the archives that rows name, as paths relative to `folder`. Raises `Refused` or `OSError`."""
    numbers: dict[str, int] = {}
    for number, row in enumerate(rows, start=1):
        archive_id = _member(number, row, folder, media_dir)
        first = numbers.setdefault(archive_id, number)
        if first != number:
            raise Refused(f"renditions {first} and {number} are both {_shown(archive_id)}; list each once")
    return tuple(numbers)


def _member(number: int, row: Any, folder: str, media_dir: str) -> str:
    """The id of the archive that a row names. Raises `Refused` or `OSError`."""
    name = row.get("archive") if isinstance(row, dict) else None
    if not isinstance(name, str) or not name:
        raise Refused(f'rendition {number} names no archive; write archive = "name.mp4"')
    if unknown := [key for key in row if key != "archive"]:
        raise Refused(f"rendition {number} has {_shown(unknown[0])}; what it may have is archive")
    path, which = posixpath.normpath(posixpath.join(folder, name)), f"rendition {number}, {_shown(name)},"
    if path.split("/")[0] in ("", ".."):
        raise Refused(f"{which} is outside of the media folder; give its path from where the list is")
    archive_id = posixpath.splitext(path)[0]
    if "\0" in path or not is_servable(archive_id):
        raise Refused(f"{which} is hidden, or no URL could hold its name; rename it")
    if not is_there(os.path.join(media_dir, path)):
        raise Refused(f"{which} is not there; correct the list")
    return archive_id


def _shown(text: str) -> str:
    return text[:_MOST_SHOWN]
