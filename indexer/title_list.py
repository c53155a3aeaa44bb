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

from app.archive_id import is_servable
from app.idx.title import MAX_MEMBERS
from indexer.demux.metadata import clean_text
from indexer.errors import SourceError
from indexer.limits import MAX_TITLE_LIST_BYTES, MAX_TITLE_LIST_DOTS
from indexer.lines import counted
from indexer.source import Source

LIST_SUFFIX = ".toml"
REMEDY = "mend it, or rename or remove it if it is to list no renditions"
_MOST_SHOWN = 200
"""Characters of a list that a refusal repeats."""


class Refused(Exception):
    """Why archives are no title, and what to do."""


class Candidate(NamedTuple):
    """A title to be: its id, its members' ids, and the list that names them ("" where their names do)."""

    id: str
    members: tuple[str, ...]
    title: str = ""
    listed_in: str = ""


def read_list(path: str, title_id: str, media_dir: str) -> Candidate | None:
    """None for a file that lists no renditions, whatever else it is for. Raises `Refused`."""
    if not os.path.realpath(path).startswith(os.path.join(os.path.realpath(media_dir), "")):
        raise Refused("is a link out of the media folder; put the file itself there")
    listed = _parsed(_text(path))
    if "rendition" not in listed:
        return None
    rows, title = listed["rendition"], listed.get("title", "")
    if not is_servable(title_id):
        raise Refused("no title can have this name, as no URL could hold it; rename the file")
    if not isinstance(rows, list):
        raise Refused("rendition is a table; write [[rendition]] over each")
    if not isinstance(title, str):
        raise Refused("its title is no string")
    members = tuple(_member(row, posixpath.dirname(title_id)) for row in rows)
    if not 1 < len(set(members)) == len(members) <= MAX_MEMBERS:
        raise Refused(f"lists {counted(len(members), 'archive')}; a title has 2 to {MAX_MEMBERS}, each once")
    return Candidate(title_id, members, clean_text(title.encode()), os.path.basename(path))


def _text(path: str) -> str:
    """What a regular file of a bounded size says. Raises `Refused`."""
    try:
        with Source(path) as file:
            if file.size_bytes > MAX_TITLE_LIST_BYTES:
                raise Refused(f"has {file.size_bytes} bytes; {MAX_TITLE_LIST_BYTES} are read; {REMEDY}")
            return file.pread(0, file.size_bytes).decode("utf-8-sig")
    except SourceError as error:
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
        raise Refused(f"cannot be read as TOML: {str(error)[:_MOST_SHOWN]}; {REMEDY}") from error


def _member(row: Any, folder: str) -> str:
    """The id of the archive that a row names."""
    name = row.get("archive") if isinstance(row, dict) else None
    if not isinstance(name, str) or not name:
        raise Refused('a rendition has no archive = "name.mp4"')
    archive_id = posixpath.normpath(posixpath.join(folder, posixpath.splitext(name)[0]))
    if name.startswith("/") or not is_servable(archive_id):
        raise Refused(f"{name[:_MOST_SHOWN]} is hidden, outside of the media folder or no archive's name")
    return archive_id
