"""An archive, open for reading: bounded reads, and whether it is still the file that was opened.

Nothing here knows a container. Offsets and lengths are bytes. Every failure of the operating system
becomes a `SourceError`; a file that shrinks or changes under the reader becomes `Unfinished`.
"""

from __future__ import annotations

import os
import stat
from types import TracebackType
from typing import Self

from app.plan import FileIdentity
from indexer.errors import Malformed, SourceError, Unfinished, Unsupported

COPY_AGAIN = "copy the archive again from where it came"
"""The remedy for bytes that are missing."""


class Source:
    """A regular file, opened once; `identity` is what `fstat` said at that moment."""

    __slots__ = ("_fd", "identity")

    def __init__(self, path: str | os.PathLike[str]) -> None:
        name = os.fspath(path)
        try:
            # O_NONBLOCK: opening a FIFO that nobody writes to would wait for ever. Files ignore it.
            self._fd = os.open(name, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError as error:
            raise unreadable(error) from error
        try:
            self.identity = FileIdentity.of(name, self._regular_stat())
        except BaseException:
            self.close()
            raise

    def _regular_stat(self) -> os.stat_result:
        status = os.fstat(self._fd)
        if not stat.S_ISREG(status.st_mode):
            raise Unsupported("is not a regular file", remedy="name an archive, or the folder that holds it")
        return status

    @property
    def path(self) -> str:
        return self.identity.path

    @property
    def size_bytes(self) -> int:
        return self.identity.size

    def fileno(self) -> int:
        return self._fd

    def pread(self, offset: int, length: int, where: str = "") -> bytes:
        """Exactly `length` bytes from `offset`; `where` names the box that asks, for the refusal."""
        if offset < 0 or length < 0 or offset + length > self.size_bytes:
            raise Malformed(
                f"needs bytes [{offset}, {offset + length}) of a file of {self.size_bytes}",
                remedy=COPY_AGAIN, where=where, offset=offset,
            )
        piece = self._read(offset, length) if length else b""
        while len(piece) < length:
            piece += self._read(offset + len(piece), length - len(piece))
        return piece

    def _read(self, offset: int, length: int) -> bytes:
        try:
            piece = os.pread(self._fd, length, offset)
        except OSError as error:
            raise unreadable(error, offset) from error
        if not piece:
            raise _changed(offset)
        return piece

    def check_unchanged(self) -> None:
        """Raise `Unfinished` unless the descriptor and the path are still the file that was opened."""
        try:
            same = self.identity.matches(os.fstat(self._fd)) and self.identity.matches(os.stat(self.path))
        except OSError as error:
            raise _changed() from error
        if not same:
            raise _changed()

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def unreadable(error: OSError, offset: int | None = None) -> SourceError:
    """The refusal for what the operating system would not let us read."""
    reason = error.strerror or type(error).__name__
    return SourceError(f"cannot be read: {reason}", remedy="check the path, its permissions and the disk",
                       offset=offset)


def _changed(offset: int | None = None) -> Unfinished:
    return Unfinished("changed while it was being read", remedy="index it again when nothing writes to it",
                      offset=offset)
