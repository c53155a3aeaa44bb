"""Columns and header ─▶ the bytes of an `.idx`, and their publication.

Published whole or not at all: written under a unique name beside the target (O_EXCL, never through a
planted link), flushed, renamed over it, and the folder flushed: once for all files of a run, as until then
the old file is whole as well. A failure at any point leaves the old index, or none, and no litter.
"""

from __future__ import annotations

import errno
import fcntl
import os
from array import array
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace

import msgpack
from blake3 import blake3

from app.idx.header import Header, SidecarFacts, StoryboardFacts
from app.idx.layout import COLUMN_ALIGNMENT, DIGEST_BYTES, FORMAT, MAGIC, PROLOGUE

_UNSIGNED, _SIGNED = "BHIQ", "bhiq"
_FLUSHES_NO_FOLDER = (errno.EINVAL, errno.EBADF)
"""What some file systems answer, of network shares among others; files are flushed there all the same."""
_TEMPORARY_PREFIX, _TEMPORARY_SUFFIX = ".vodsplice-", ".tmp"


def pack_idx(header: Header, columns: Mapping[str, array[int]]) -> bytes:
    """The whole file. `header.columns` is filled in here; every column gets its narrowest typecode."""
    narrow = {name: narrowest(column) for name, column in columns.items()}
    packed = replace(header, columns=_places(header, narrow)).pack()
    body = bytearray(PROLOGUE.size) + packed
    for column in narrow.values():
        body += bytes(_aligned(len(body)) - len(body))
        body += memoryview(column).cast("B")
    PROLOGUE.pack_into(body, 0, MAGIC, FORMAT, len(packed), len(body) + DIGEST_BYTES)
    body += blake3(body).digest()
    return bytes(body)


def narrowest(column: array[int]) -> array[int]:
    """The same values in the narrowest elements that hold them."""
    if column.typecode == _UNSIGNED[0]:
        return column
    if column.typecode in _SIGNED:
        low, high = min(column, default=0), max(column, default=0)
        if low < 0:
            fits = (code for code in _SIGNED if -_half(code) <= low and high < _half(code))
            return array(next(fits), column)
    content, width = column.tobytes(), column.itemsize
    planes = [content[byte::width] for byte in range(width)]
    while len(planes) > 1 and not planes[-1].strip(b"\0"):
        planes.pop()
    doublings = (len(planes) - 1).bit_length()
    narrow = bytearray(len(column) << doublings)
    for byte, plane in enumerate(planes):
        narrow[byte :: 1 << doublings] = plane
    return array(_UNSIGNED[doublings], narrow)


def _half(typecode: str) -> int:
    """How many values of that type are negative."""
    return 1 << (8 * array(typecode).itemsize - 1)


def _aligned(offset: int) -> int:
    return -(-offset // COLUMN_ALIGNMENT) * COLUMN_ALIGNMENT


def _places(header: Header, columns: Mapping[str, array[int]]) -> dict[str, tuple[int, str, int]]:
    """Where each column goes. The header's length moves the columns whose offsets it holds, in as few bytes
    as they need.
    """
    without = len(replace(header, columns={}).pack()) - len(msgpack.packb({}))
    places: dict[str, tuple[int, str, int]] = {}
    header_bytes = -1
    while (longer := without + len(msgpack.packb(places))) > header_bytes:
        header_bytes = longer
        offset = _aligned(PROLOGUE.size + header_bytes)
        for name, column in columns.items():
            places[name] = (offset, column.typecode, len(column))
            offset = _aligned(offset + len(column) * column.itemsize)
    return places


def publish(path: str, content: bytes, *, durably: bool = True) -> None:
    """Make `content` the file `path`, whole or not at all. Raises `OSError`.

    If not `durably`, what a crash of the machine leaves under that name may still be the file before.
    """
    with staged(path) as file:
        file.write(content)
        file.publish(durably=durably)


def flush_folders(paths: Iterable[str]) -> None:
    """Make the names of files published so durable, a flush a folder. Raises `OSError`."""
    for folder in {os.path.dirname(path) or "." for path in paths}:
        _flush_folder(folder)


def is_as_written(path: str, recorded: SidecarFacts | StoryboardFacts) -> bool:
    """Whether the file that was published as `path` is there, and nothing has written to it since."""
    try:
        found = os.stat(path)
    except OSError:
        return False
    return (found.st_size, found.st_mtime_ns) == (recorded.size, recorded.mtime_ns)


class Staged:
    """A file that is to become `path`, under a name of its own until it is published."""

    def __init__(self, path: str, descriptor: int, temporary: str) -> None:
        self._path, self._descriptor, self._temporary = path, descriptor, temporary
        self.is_written = False

    def write(self, content: bytes, /) -> None:
        self.is_written = True
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]

    @property
    def mtime_ns(self) -> int:
        """When it was last written to, which publication does not change."""
        return os.fstat(self._descriptor).st_mtime_ns

    def publish(self, *, durably: bool = True) -> None:
        os.fsync(self._descriptor)
        os.rename(self._temporary, self._path)
        if durably:
            flush_folders([self._path])


@contextmanager
def staged(path: str) -> Iterator[Staged]:
    """Write piece by piece, then `publish`; without that, or where anything fails, nothing stays."""
    folder = os.path.dirname(path) or "."
    os.makedirs(folder, exist_ok=True)
    descriptor, temporary = _open_temporary(folder)
    try:
        yield Staged(path, descriptor, temporary)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        os.close(descriptor)


def sweep(index_dir: str) -> int:
    """Remove what killed writers left below `index_dir`; the files of living ones are locked. How many."""
    removed = 0
    for folder, _, names in os.walk(index_dir):
        for name in names:
            if name.startswith(_TEMPORARY_PREFIX) and name.endswith(_TEMPORARY_SUFFIX):
                removed += _remove_abandoned(os.path.join(folder, name))
    return removed


def _open_temporary(folder: str) -> tuple[int, str]:
    """A new locked file in `folder`; another `sweep` may take it before the lock, then once more."""
    while True:
        temporary = os.path.join(folder, _TEMPORARY_PREFIX + os.urandom(8).hex() + _TEMPORARY_SUFFIX)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(temporary, flags, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except BaseException:
            os.unlink(temporary)
            os.close(descriptor)
            raise
        if os.fstat(descriptor).st_nlink:
            return descriptor, temporary
        os.close(descriptor)


def _remove_abandoned(path: str) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.unlink(path)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def _flush_folder(folder: str) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _FLUSHES_NO_FOLDER:
            raise
    finally:
        os.close(descriptor)
