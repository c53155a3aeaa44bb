"""The `.title` files of an index folder: what was published as a title, and its end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress

from app.idx.layout import TITLE_MAGIC, TITLE_SUFFIX
from app.idx.regular_file import regular
from app.idx.title import MAX_TITLE_BYTES, TitleFacts, open_title, pack_title
from app.idx.view import IndexDamaged
from indexer.folders import unwritable
from indexer.ours import check_replaceable, is_ours
from indexer.title_list import Refused
from indexer.write import publish


class TitleRecords:
    """Files of others that have such a name are no records, and left alone."""

    def __init__(self, index_dir: str) -> None:
        self._index_dir = index_dir

    def ids(self) -> Iterator[str]:
        """All that may be one, by their names, wherever they are. Hidden names are none of ours."""
        for folder, folders, names in os.walk(self._index_dir):
            folders[:] = [each for each in folders if not each.startswith(".")]
            for name in names:
                if name.endswith(TITLE_SUFFIX) and not name.startswith("."):
                    path = os.path.join(folder, name.removesuffix(TITLE_SUFFIX))
                    yield os.path.relpath(path, self._index_dir)

    def read(self, title_id: str) -> TitleFacts | None:
        """What was published; None where that cannot be read."""
        try:
            return open_title(self._path(title_id)).facts
        except (OSError, IndexDamaged):
            return None

    def publish(self, title_id: str, facts: TitleFacts) -> bool:
        """Make it what is published, and tell whether it was not yet. Raises `Refused`."""
        path, content = self._path(title_id), pack_title(facts)
        if _content(path) == content:
            return False
        try:
            check_replaceable(path, TITLE_MAGIC)
            publish(path, content)
        except OSError as error:
            raise Refused(unwritable(path, error)) from error
        return True

    def has(self, title_id: str) -> bool:
        """Whether there is one, be it damaged."""
        with suppress(OSError):
            return is_ours(self._path(title_id), TITLE_MAGIC)
        return False

    def withdraw(self, title_id: str) -> bool:
        """Remove a title that was published. Whether there was one: its addresses end. Raises `OSError`."""
        if not self.has(title_id):
            return False
        with suppress(FileNotFoundError):  # another run has removed it
            os.unlink(self._path(title_id))
        return True

    def _path(self, title_id: str) -> str:
        return os.path.join(self._index_dir, title_id + TITLE_SUFFIX)


def _content(path: str) -> bytes | None:
    try:
        with open(path, "rb", opener=regular) as file:
            return file.read(MAX_TITLE_BYTES + 1)
    except OSError:
        return None
