"""The body of a media answer, as a WSGI iterable that sends most of itself.

Under gunicorn the ranges of the archive go out by `sendfile` on the worker's socket, between the pieces that
gunicorn writes: the iterable yields inline bytes, and has the kernel send what comes between two of them.
Where there is no plain socket (TLS, another server, a test client) `pread` feeds the server instead.

The files are looked at again before the last byte leaves. So a body that a client has in full came from
files that did not change on the way; one that was cut short or written over ends in a broken connection,
never in padding or in bytes of two versions.
"""

from __future__ import annotations

import errno
import logging
import os
import socket
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import TypeVar

from app import metrics
from app.plan import FileIdentity, FileRanges, Piece, cut_pieces, piece_length
from app.request_note import Note
from app.socket_timeout import set_timeout

LOG = logging.getLogger("vodsplice.delivery")

BLOCK_BYTES = 256 * 1024
_LINGER = struct.Struct("@ii")

Taken = TypeVar("Taken", int, bytes)


class MediaBody:
    """Owns the descriptors of `files` and calls `done` once, in `close`, which WSGI servers call in any case.

    `plain_socket` is the connection as a kernel socket, or None.
    """

    def __init__(
        self,
        pieces: tuple[Piece, ...],
        files: Mapping[FileIdentity, int],
        note: Note,
        done: Callable[[], None],
        plain_socket: socket.socket | None,
        stall_timeout_s: float,
    ) -> None:
        self._pieces = pieces
        self._files = files
        self._note = note
        self._done: Callable[[], None] | None = done
        self._socket = plain_socket
        self._stall_timeout_s = stall_timeout_s

    def __iter__(self) -> Iterator[bytes]:
        if self._socket is None:
            return self._read_in_blocks()
        return self._send(self._socket)

    def close(self) -> None:
        files, self._files = self._files, {}
        for descriptor in files.values():
            os.close(descriptor)
        done, self._done = self._done, None
        if done:
            done()

    def _send(self, client: socket.socket) -> Iterator[bytes]:
        if self._stall_timeout_s:
            set_timeout(client, socket.SO_SNDTIMEO, self._stall_timeout_s)
        is_tcp = client.family in (socket.AF_INET, socket.AF_INET6)
        if is_tcp:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        yield b""  # gunicorn sends the headers with the first bytes it is given
        for piece in self._checked_at_the_end():
            if isinstance(piece, bytes):
                yield piece
                continue
            for sent in self._taken(piece, partial(self._send_some, client.fileno()), int):
                self._note.sent_bytes += sent
        if is_tcp:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)

    def _taken(
        self, piece: FileRanges, take: Callable[[int, int, int], Taken], length_of: Callable[[Taken], int]
    ) -> Iterator[Taken]:
        """What `take` makes of the ranges: of a descriptor, from an offset on, of at most so many bytes."""
        descriptor = self._files[piece.file]
        for offset, length in zip(piece.offsets, piece.lengths, strict=True):
            at, stop = offset, offset + length
            while at < stop:
                taken = take(descriptor, at, stop - at)
                if not taken:
                    raise self._broken("truncated", f"{piece.file.path} was cut short while it was sent")
                at += length_of(taken)
                yield taken

    def _send_some(self, client: int, descriptor: int, offset: int, most: int) -> int:
        try:
            return os.sendfile(client, descriptor, offset, most)
        except BlockingIOError:
            raise self._broken("stalled", f"took nothing for {self._stall_timeout_s:g} s") from None
        except OSError:
            self._count("client_gone")
            raise

    def _read_in_blocks(self) -> Iterator[bytes]:
        for piece in self._checked_at_the_end():
            if isinstance(piece, bytes):
                yield piece
            else:
                yield from self._taken(piece, _read_some, len)

    def _checked_at_the_end(self) -> Iterator[Piece]:
        """All pieces; between the last byte and the others, a last look at the files."""
        length = sum(map(piece_length, self._pieces))
        yield from cut_pieces(self._pieces, 0, length - 1)
        self._check()
        yield from cut_pieces(self._pieces[-1:], piece_length(self._pieces[-1]) - 1, length)

    def _check(self) -> None:
        for identity, descriptor in self._files.items():
            if not identity.matches(os.fstat(descriptor)):
                metrics.IDENTITY_MISMATCHES.inc()
                raise self._broken("changed", f"{identity.path} changed while it was sent")

    def _broken(self, cause: str, what: str) -> OSError:
        """For gunicorn, which closes the connection on it and says nothing.

        A reset rather than an orderly end: the client must not take what it has for the whole, and the
        kernel must not keep megabytes for one that takes nothing.
        """
        self._count(cause)
        LOG.warning("request %s broken off: %s", self._note.request_id, what)
        if self._socket is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER.pack(1, 0))
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
        return BrokenPipeError(errno.EPIPE, what)

    def _count(self, cause: str) -> None:
        self._note.cause = cause
        metrics.BROKEN_OFF.labels(cause).inc()


def _read_some(descriptor: int, offset: int, most: int) -> bytes:
    return os.pread(descriptor, min(BLOCK_BYTES, most), offset)
