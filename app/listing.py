"""Which archives there are: the index folder, read at most every few seconds and only so far.

For the page and for the start-up line. No request for media comes here, and a crowd that reloads the page
costs one walk of the folder at a time: while one thread walks, the others get what was found before.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from app.archive_id import is_servable
from app.errors import Unreadable
from app.idx.layout import SUFFIX, TITLE_SUFFIX
from app.idx.title import open_title
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
    """The cached walk of one index folder. Safe to share between threads."""

    def __init__(self, index_dir: str) -> None:
        self._index_dir = os.path.abspath(index_dir)
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
                self._found = walk(self._index_dir)
                ended_s = time.monotonic()
                self._fresh_until_s = ended_s + max(MIN_AGE_S, REST_FACTOR * (ended_s - started_s))
        except OSError as error:
            LOG.error("%s: %s", self._index_dir, error.strerror)
            raise Unreadable("The index folder cannot be read at present.") from error
        finally:
            self._walking.release()
        return self._found

    def _is_new(self) -> bool:
        return self._fresh_until_s == float("-inf")


def check_folder(folder: str) -> None:
    """Raises `OSError` for a folder that is not there, may not be listed, or whose files cannot be had."""
    with os.scandir(folder):
        os.stat(os.path.join(folder, "."))


def walk(index_dir: str) -> Listed:
    """Every servable id of `index_dir`, titles in the place of their archives; links to folders are not
    followed.

    Raises `OSError` where the folder itself cannot be read: that is not an empty one.
    """
    check_folder(index_dir)
    ids: set[str] = set()
    in_titles: set[str] = set()
    is_complete = True
    for path, found_id in _found_below(index_dir, "", MAX_DEPTH):
        if len(ids) == MAX_ARCHIVES:
            is_complete = False
            break
        ids.add(found_id)
        if path.endswith(TITLE_SUFFIX):
            in_titles.update(_members(path))
    return Listed(tuple(sorted(ids - in_titles)), is_complete)


def _members(path: str) -> list[str]:
    """Ids of the archives of a title, which are not listed beside it."""
    try:
        return [member.id for member in open_title(path).facts.members]
    except (OSError, IndexDamaged):
        return []  # a request for it says so


def _found_below(folder: str, prefix: str, depth: int) -> Iterator[tuple[str, str]]:
    """Paths of the files of archives and titles, and their ids."""
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return  # removed or closed to us since its parent was read
    for entry in found:
        if not is_servable(entry.name):
            continue
        stem, suffix = os.path.splitext(entry.name)
        if suffix in (SUFFIX, TITLE_SUFFIX):
            yield entry.path, prefix + stem
        elif depth and entry.is_dir(follow_symlinks=False):
            yield from _found_below(entry.path, f"{prefix}{entry.name}/", depth - 1)
