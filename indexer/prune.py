"""Removal of what was made of archives that are gone: `vodsplice-index --prune`.

An index goes only where it is certain that its archive did; what that was called is told from names where the
index cannot say. What looks like a folder that is not mounted, or cannot be read, keeps the indexes of all
that would lie in it. Nothing but an `.idx` with its magic is removed, and the two files of that very name
that go with one; the index last, so that what is killed here is finished by the next run.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import suppress
from typing import Literal, NamedTuple

from app.idx.layout import MAGIC, SIDECAR_SUFFIX, STORYBOARD_SUFFIX, SUFFIX
from app.idx.view import IndexDamaged, open_idx
from indexer.ours import is_ours
from indexer.presence import doubt_of, is_there, names_in
from indexer.subtitles.beside import CODINGS
from indexer.title_list import LIST_SUFFIX

_BESIDE = (*CODINGS, LIST_SUFFIX)
"""Of files that lie beside archives and are none."""


class PruneOutcome(NamedTuple):
    """What became of the index of an archive that is not there. `text` is one line."""

    id: str
    status: Literal["removed", "kept"]
    text: str


def prune(media_dir: str, index_dir: str, present: Collection[str]) -> Iterator[PruneOutcome]:
    """Remove the indexes below `index_dir` of archives that are gone from `media_dir`.

    `present` are ids of archives that were just read; where there are none, every index is kept.
    """
    root = os.path.realpath(media_dir)
    for archive_id in _indexed(index_dir):
        if archive_id in present:
            continue
        index = os.path.join(index_dir, archive_id + SUFFIX)
        folder = os.path.join(root, os.path.dirname(archive_id))
        try:
            gone = _gone(folder, index)
            if not gone:
                continue
            doubt = doubt_of(root, folder) if present else f"{root} holds no archive that could be read"
            if doubt:
                text = f"its archive is not there, but its index is kept: {doubt}; is it mounted?"
                yield PruneOutcome(archive_id, "kept", text)
                continue
            removed = ", ".join(_remove(index))
        except IndexDamaged as error:
            text = f"its index cannot be read ({error}), and is kept: index it again, or remove {index}"
            yield PruneOutcome(archive_id, "kept", text)
            continue
        except OSError as error:
            yield PruneOutcome(archive_id, "kept", f"its index is kept: {error}")
            continue
        yield PruneOutcome(archive_id, "removed", f"{gone}, removed {removed}")


def _indexed(index_dir: str) -> Iterator[str]:
    """Ids of all that has an index. Links are not followed, hidden names are none of ours."""
    for folder, folders, names in os.walk(index_dir):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        for name in sorted(names):
            if name.endswith(SUFFIX) and not name.startswith("."):
                yield os.path.relpath(os.path.join(folder, name), index_dir).removesuffix(SUFFIX)


def _gone(folder: str, index: str) -> str:
    """What is told of the archive of an index where it is in `folder` no more, else "", as of a file that is
    no index. Raises `IndexDamaged` for one that cannot say what its archive is called, where something that
    may be it is there.
    """
    if os.path.islink(index) or not is_ours(index, MAGIC):
        return ""
    try:
        name = os.path.basename(open_idx(index).header.source.name)
    except IndexDamaged:
        if _may_hold(folder, os.path.basename(index).removesuffix(SUFFIX)):
            raise
        return "no archive of this name is there"
    return "" if is_there(os.path.join(folder, name)) else f"{name} is gone"


def _may_hold(folder: str, stem: str) -> bool:
    """Whether a folder has a file of that stem which may be an archive: one that was named outright has any
    extension. Raises `OSError` where that cannot be told.
    """
    return any(
        os.path.splitext(name)[0] == stem
        and not name.lower().endswith(_BESIDE)
        and not os.path.isdir(os.path.join(folder, name))
        for name in names_in(folder)
    )


def _remove(index: str) -> Iterator[str]:
    """Remove an index and what goes with it; the names of what was there."""
    for path in (index + SIDECAR_SUFFIX, index + STORYBOARD_SUFFIX, index):
        with suppress(FileNotFoundError):
            os.unlink(path)
            yield os.path.basename(path)
