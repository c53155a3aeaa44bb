"""Which archives a command line names, and what each is called.

The id of an archive is its path below the media folder, without extension; its index stands at the same
path below the index folder. Hidden names are passed over, as the origin does not serve them.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from app.archive_id import EXTENSIONS, has_extension, is_servable
from app.idx.layout import SUFFIX
from indexer.subtitles.beside import beside


class OutsideMediaDir(ValueError):
    """An archive that has no id, because it does not lie below the media folder."""


class ArchivePath(NamedTuple):
    """`refusal` says why no URL can name the archive, where that is so. Subtitles are paths, too."""

    path: str
    id: str
    index_path: str
    refusal: str = ""
    subtitle_files: tuple[str, ...] = ()


def find_archives(named: Sequence[str], media_dir: str, index_dir: str) -> list[ArchivePath]:
    """Every archive in `named`, once. Raises `OutsideMediaDir`, and `FileNotFoundError` where nothing of it
    is there; else what is not is refused like any archive: of many that a shell names, one may have gone.
    """
    if named and not any(map(os.path.lexists, named)):
        raise FileNotFoundError(errno.ENOENT, "there is no such file or folder", named[0])
    by_id: dict[str, ArchivePath] = {}
    refused = []
    as_named = {os.path.realpath(path): path for name in named for path in _files(name)}
    for path in sorted(as_named, key=_rank):
        found = _archive(path, as_named[path], media_dir, index_dir)
        first = found if found.refusal else by_id.setdefault(found.id, found)
        if first is not found:
            first_name = os.path.basename(first.path)
            found = found._replace(refusal=f"{first_name} has the same id; rename one of the two")
        if found.refusal:
            refused.append(found)
    return [*_with_subtitles(list(by_id.values()), os.path.realpath(media_dir)), *refused]


def folders_in(named: Iterable[str], media_dir: str) -> set[str]:
    """The folders that are searched through for `named`, relative to the media folder: "" is that itself."""
    root, found = os.path.realpath(media_dir), set()
    for name in named:
        for folder, folders, _ in os.walk(os.path.realpath(name)):
            folders[:] = [each for each in folders if not each.startswith(".")]
            relative = os.path.relpath(folder, root)
            if not _leaves(os.path.join(relative, "")):
                found.add("" if relative == os.curdir else relative)
    return found


def _with_subtitles(archives: Sequence[ArchivePath], root: str) -> list[ArchivePath]:
    folders: dict[str, list[ArchivePath]] = {}
    for archive in archives:
        folders.setdefault(os.path.dirname(archive.path), []).append(archive)
    found: dict[str, tuple[str, ...]] = {}
    for folder, own in folders.items():
        with suppress(OSError):  # gone by now, or not to be listed: what that means for them, they will tell
            found |= subtitles_beside(folder, [archive.path for archive in own], root)
    return [each._replace(subtitle_files=found.get(each.path, ())) for each in archives]


def subtitles_beside(folder: str, archives: Iterable[str], root: str) -> dict[str, tuple[str, ...]]:
    """The files of subtitles in `folder` that go with each of its `archives`; none that a link takes out of
    `root`. Raises `OSError`.
    """
    stems = {path: os.path.splitext(path)[0] for path in archives}
    present = os.listdir(folder)
    known = {os.path.splitext(name)[0] for name in present if has_extension(name)}
    found = beside(present, known | {os.path.basename(stem) for stem in stems.values()})
    below = os.path.join(root, "")
    paths = {
        path: (os.path.join(folder, name) for name in found[os.path.basename(stem)])
        for path, stem in stems.items()
    }
    return {
        path: tuple(side for side in sides if os.path.realpath(side).startswith(below))
        for path, sides in paths.items()
    }


def _rank(path: str) -> tuple[str, int, str]:
    """Of archives with one id, the one whose extension comes first in `EXTENSIONS` is served."""
    stem, extension = os.path.splitext(path)
    return stem, EXTENSIONS.index(extension.lower()) if has_extension(path) else len(EXTENSIONS), extension


def _archive(path: str, as_named: str, media_dir: str, index_dir: str) -> ArchivePath:
    root = os.path.realpath(media_dir)
    relative, refusal = os.path.relpath(path, root), ""
    if _leaves(relative):
        relative = os.path.relpath(as_named, media_dir)
        refusal = f"is a link to {path}, outside the media folder; put the archive itself there"
    if _leaves(relative):
        raise OutsideMediaDir(f"{path} does not lie below the media folder {root}: name another --media-dir")
    archive_id = os.path.splitext(relative)[0]
    index_path = os.path.join(index_dir, archive_id + SUFFIX)
    return ArchivePath(as_named if refusal else path, archive_id, index_path, refusal or _refusal(archive_id))


def _leaves(relative: str) -> bool:
    return relative.startswith(os.pardir + os.sep)


def _refusal(archive_id: str) -> str:
    if is_servable(archive_id):
        return ""
    if any(name.startswith(".") for name in archive_id.split(os.sep)):
        return "hidden files are not served; rename it"
    never = "control characters, a backslash or bytes that are not UTF-8"
    return f"its path holds {never}, or is too long; rename it"


def _files(name: str) -> Iterator[str]:
    if not os.path.isdir(name):
        yield name
        return
    unreadable: list[str] = []
    for folder, folders, names in os.walk(name, onerror=lambda error: unreadable.append(error.filename)):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        for each in names:
            if not each.startswith(".") and has_extension(each):
                yield os.path.join(folder, each)
    yield from unreadable  # as if they were archives, so that each is refused by its name
