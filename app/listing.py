"""Which archives there are: what is indexed and has a file, looked up every few seconds and only so far.

An index outlives its archive until `vodsplice-index --prune`, and one index folder may serve several media
folders in turn, so each folder is read along with the one of the same path among the media. Names are enough
for that, but where only other files have an archive's name: its subtitles, perhaps. Then the header of its
index tells.

For the page and for the start-up line. No request for media comes here, and a crowd that reloads the page
costs one walk of the folder at a time: while one thread walks, the others get what was found before.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from app.archive_id import has_extension, is_servable
from app.errors import Unreadable
from app.idx.header import read_header
from app.idx.layout import SUFFIX, TITLE_SUFFIX
from app.idx.title import NoTitle, open_title
from app.idx.view import IndexDamaged

LOG = logging.getLogger("vodsplice.listing")

MAX_ARCHIVES = 20_000
MAX_DEPTH = 16
MIN_AGE_S = 2.0
REST_FACTOR = 20
"""A walk is repeated only after so many times what it took, so walking takes at most 5 % of a core."""


@dataclass(frozen=True, slots=True)
class Listed:
    """Ids in order. `is_complete` is False where there were more than `MAX_ARCHIVES`."""

    ids: tuple[str, ...]
    is_complete: bool


class Listing:
    """The cached walk of both folders. Safe to share between threads."""

    def __init__(self, index_dir: str, media_dir: str) -> None:
        self._index_dir, self._media_dir = os.path.abspath(index_dir), os.path.abspath(media_dir)
        self._found = Listed((), is_complete=True)
        self._fresh_until_s = float("-inf")
        self._walking = threading.Lock()

    def now(self) -> Listed:
        """What there is, as of a few seconds ago. The first call waits for the walk. Raises `Unreadable`."""
        if time.monotonic() < self._fresh_until_s or not self._walking.acquire(blocking=self._is_new()):
            return self._found
        try:
            if time.monotonic() >= self._fresh_until_s:
                started_s = time.monotonic()
                self._found = walk(self._index_dir, self._media_dir)
                ended_s = time.monotonic()
                self._fresh_until_s = ended_s + max(MIN_AGE_S, REST_FACTOR * (ended_s - started_s))
        except OSError as error:
            LOG.error("%s: %s", error.filename, error.strerror)
            raise Unreadable("The archives cannot be listed at present.") from error
        finally:
            self._walking.release()
        return self._found

    def _is_new(self) -> bool:
        return self._fresh_until_s == float("-inf")


def check_folder(folder: str) -> None:
    """Raises `OSError` for a folder that is not there, may not be listed, or whose files cannot be had."""
    with os.scandir(folder):
        os.stat(os.path.join(folder, "."))


def walk(index_dir: str, media_dir: str) -> Listed:
    """Every servable id of `index_dir` that has a file in `media_dir`, titles in the place of their archives;
    links to folders are not followed.

    Raises `OSError` where one of the two cannot be read: that is not an empty one.
    """
    check_folder(index_dir)
    check_folder(media_dir)
    ids: set[str] = set()
    titles: dict[str, list[str]] = {}
    is_complete = True
    for path, found_id in _found_below(index_dir, media_dir, "", MAX_DEPTH):
        if len(ids) + len(titles) == MAX_ARCHIVES:
            is_complete = False
            break
        if path.endswith(TITLE_SUFFIX):
            members = _members(path)
            if members is not None:
                titles[found_id] = members
        else:
            ids.add(found_id)
    shown = {title for title, members in titles.items() if not members or not ids.isdisjoint(members)}
    return Listed(tuple(sorted(ids.difference(*titles.values()) | shown)), is_complete)


def _members(path: str) -> list[str] | None:
    """Ids of the archives of a title, which are not listed beside it; None where the file is no title."""
    try:
        return [member.id for member in open_title(path).facts.members]
    except NoTitle:
        return None
    except (OSError, IndexDamaged):
        return []  # a request for it says so


def _found_below(folder: str, media: str, prefix: str, depth: int) -> Iterator[tuple[str, str]]:
    """Paths of the files of archives and titles, and their ids."""
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return  # removed or closed to us since its parent was read
    present = _names(media)
    for entry in found:
        if not is_servable(entry.name):
            continue
        stem, suffix = os.path.splitext(entry.name)
        if suffix == TITLE_SUFFIX or (
            suffix == SUFFIX and (present is None or _has_archive(entry.path, present[stem]))
        ):
            yield entry.path, prefix + stem
        elif depth and entry.is_dir(follow_symlinks=False):
            below = os.path.join(media, entry.name)
            yield from _found_below(entry.path, below, f"{prefix}{entry.name}/", depth - 1)


def _has_archive(index: str, names: list[str]) -> bool:
    """Whether one of those `names`, which are the index's but for their extensions, is its archive's."""
    if not names or any(map(has_extension, names)):
        return bool(names)
    try:
        return read_header(index).source.name in names
    except ValueError:
        return False
    except OSError:
        return True  # a request for it says so


def _names(folder: str) -> defaultdict[str, list[str]] | None:
    """The names there by what they are without extension; None where they cannot be had: a request for one
    says why.
    """
    found: defaultdict[str, list[str]] = defaultdict(list)
    try:
        for name in os.listdir(folder):
            found[os.path.splitext(name)[0]].append(name)
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError:
        return None
    return found
