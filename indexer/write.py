"""Columns and header ─▶ the bytes of an `.idx`, and their publication.

Published whole or not at all: written under a unique name beside the target (O_EXCL, never through a
planted link), flushed, renamed over it, and the folder flushed. A failure at any point leaves the old
index, or none, and no litter.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from array import array
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace

from blake3 import blake3

from app.idx.header import Header
from app.idx.layout import COLUMN_ALIGNMENT, DIGEST_BYTES, FORMAT, MAGIC, PROLOGUE

_UNSIGNED, _SIGNED = "BHIQ", "bhiq"
_TEMPORARY_PREFIX, _TEMPORARY_SUFFIX = ".vodsplice-", ".tmp"


def pack_idx(header: Header, columns: Mapping[str, array[int]]) -> bytes:
    """The whole file. `header.columns` is filled in here; every column gets its narrowest typecode."""
    narrow = {name: narrowest(column) for name, column in columns.items()}
    header_bytes = _header_bytes(header, narrow)
    packed = _with_places(header, narrow, _aligned(PROLOGUE.size + header_bytes)).pack()
    body = bytearray(PROLOGUE.size) + packed
    for column in narrow.values():
        body += bytes(_aligned(len(body)) - len(body))
        body += column.tobytes()
    PROLOGUE.pack_into(body, 0, MAGIC, FORMAT, len(packed), len(body) + DIGEST_BYTES)
    return bytes(body) + blake3(body).digest()


def narrowest(column: array[int]) -> array[int]:
    """The same values in the narrowest elements that hold them."""
    if column.typecode == _UNSIGNED[0]:
        return column
    low = min(column, default=0) if column.typecode in _SIGNED else 0
    high = max(column, default=0)
    for typecode in _SIGNED if low < 0 else _UNSIGNED:
        bits = 8 * array(typecode).itemsize
        if (-(1 << (bits - 1)) <= low and high < 1 << (bits - 1)) if low < 0 else high < 1 << bits:
            return column if typecode == column.typecode else array(typecode, column)
    raise OverflowError(f"{low}..{high} do not fit 64 bits")


def _aligned(offset: int) -> int:
    return -(-offset // COLUMN_ALIGNMENT) * COLUMN_ALIGNMENT


def _with_places(header: Header, columns: Mapping[str, array[int]], offset: int) -> Header:
    places: dict[str, tuple[int, str, int]] = {}
    for name, column in columns.items():
        places[name] = (offset, column.typecode, len(column))
        offset = _aligned(offset + len(column) * column.itemsize)
    return replace(header, columns=places)


def _header_bytes(header: Header, columns: Mapping[str, array[int]]) -> int:
    """The header's length, which moves the columns whose offsets it holds, in as few bytes as they need."""
    length = 0
    while (longer := len(_with_places(header, columns, _aligned(PROLOGUE.size + length)).pack())) > length:
        length = longer
    return length


def publish(path: str, content: bytes) -> None:
    """Make `content` the file `path`, whole or not at all. Raises `OSError`."""
    with staged(path) as file:
        file.write(content)
        file.publish()


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

    def publish(self) -> None:
        os.fsync(self._descriptor)
        os.rename(self._temporary, self._path)
        _flush_folder(os.path.dirname(self._path) or ".")


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
        temporary = os.path.join(folder, _TEMPORARY_PREFIX + secrets.token_hex(8) + _TEMPORARY_SUFFIX)
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
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
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
    finally:
        os.close(descriptor)
