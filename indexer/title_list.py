"""A `.toml` file beside archives that lists the renditions of a title.

    title = "A film"                    # optional
    [[rendition]]
    archive = "film_hd.mp4"             # relative to the list
    [[rendition]]
    archive = "small/film.mp4"

Ids use slashes, as URLs do.
"""

from __future__ import annotations

import os
import posixpath
from typing import Any, NamedTuple

from app.idx.title import MAX_MEMBERS
from indexer.lines import counted

LIST_SUFFIX = ".toml"
MAX_LIST_BYTES = 64 * 1024


class Refused(Exception):
    """Why archives are no title, and what to do."""


class Candidate(NamedTuple):
    """A title to be: its id, its members' ids, and the list that names them ("" where their names do)."""

    id: str
    members: tuple[str, ...]
    title: str = ""
    listed_in: str = ""


def read_list(path: str, title_id: str) -> Candidate | None:
    """None for a file that lists no renditions, whatever else it is for. Raises `Refused`."""
    import tomllib  # noqa: PLC0415 - takes 5 ms to load

    try:
        with open(path, "rb") as file:
            listed = tomllib.loads(file.read(MAX_LIST_BYTES).decode())
    except (OSError, ValueError) as error:
        raise Refused(f"cannot be read: {error}") from error
    if "rendition" not in listed:
        return None
    rows, title = listed["rendition"], listed.get("title", "")
    if not isinstance(rows, list):
        raise Refused("rendition is a table; write [[rendition]] over each")
    if not isinstance(title, str):
        raise Refused("its title is no string")
    members = tuple(_member(row, posixpath.dirname(title_id)) for row in rows)
    if not 1 < len(set(members)) == len(members) <= MAX_MEMBERS:
        raise Refused(f"lists {counted(len(members), 'archive')}; a title has 2 to {MAX_MEMBERS}, each once")
    return Candidate(title_id, members, title, os.path.basename(path))


def _member(row: Any, folder: str) -> str:
    """The id of the archive that a row names."""
    name = row.get("archive") if isinstance(row, dict) else None
    if not isinstance(name, str) or not name:
        raise Refused('a rendition has no archive = "name.mp4"')
    archive_id = posixpath.normpath(posixpath.join(folder, posixpath.splitext(name)[0]))
    if name.startswith("/") or archive_id.startswith(".") or "\0" in name:
        raise Refused(f"{name} is hidden or outside of the media folder")
    return archive_id
