"""The Plan: what the origin answers with, before anyone has read a byte of it.

Everything served is a `Plan`: headers in the abstract (type, tag, freshness) and a body that is a
tuple of pieces, each either inline `bytes` or `FileRanges` of a file on disk. Length, HEAD, ETag and
HTTP ranges are arithmetic on it. Above the Plan nothing opens a media file; below it nothing knows
what media is.

Offsets and lengths are bytes; ranges are half-open; times are as `os.stat` gives them.
"""

from __future__ import annotations

import os
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple, TypeAlias

from blake3 import blake3

IMMUTABLE_MAX_AGE_S = 31_536_000
PASSING_MAX_AGE_S = 300
ETAG_BYTES = 10
"""Of a digest, each two hex digits."""


@dataclass(frozen=True, slots=True)
class FileIdentity:
    """A file as it was when something was derived from it; sent only while it is still that file."""

    path: str
    dev: int
    ino: int
    size: int
    mtime_ns: int

    @classmethod
    def of(cls, path: str, stat: os.stat_result) -> FileIdentity:
        return cls(path, stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns)

    @classmethod
    def absent(cls, path: str) -> FileIdentity:
        """That of no file: what was derived from its absence is true while none is to be seen."""
        return cls(path, 0, 0, 0, 0)

    @property
    def modified_s(self) -> int:
        """Unix time, as `Last-Modified` has it."""
        return self.mtime_ns // 1_000_000_000

    def matches(self, stat: os.stat_result) -> bool:
        """Whether `stat` (of the path, or better of an open descriptor) is the same file, unchanged."""
        return (
            stat.st_ino == self.ino
            and stat.st_mtime_ns == self.mtime_ns
            and stat.st_size == self.size
            and stat.st_dev == self.dev
        )


@dataclass(frozen=True, slots=True)
class FileRanges:
    """Bytes of `file`, range after range: a column of offsets and one of lengths, which are positive and
    `length` together.

    Columns, as a segment may have hundreds of ranges and a download hundreds of thousands.
    """

    file: FileIdentity
    offsets: Sequence[int]
    lengths: Sequence[int]
    length: int

    def cut(self, start: int, stop: int) -> FileRanges:
        """Bytes `[start, stop)` of them all, of which there is at least one."""
        ends = list(accumulate(self.lengths))
        first, last = bisect_right(ends, start), bisect_left(ends, stop)
        offsets, lengths = list(self.offsets[first : last + 1]), list(self.lengths[first : last + 1])
        lengths[-1] -= ends[last] - stop
        skipped = start - (ends[first] - self.lengths[first])
        offsets[0] += skipped
        lengths[0] -= skipped
        return FileRanges(self.file, offsets, lengths, stop - start)


Piece = bytes | FileRanges


def one_range(file: FileIdentity, offset: int, length: int) -> FileRanges:
    """`length` bytes of `file` from `offset`. `length` is positive."""
    return FileRanges(file, (offset,), (length,), length)


@dataclass(frozen=True, slots=True)
class Plan:
    """One answer. `etag` is the opaque part, without quotes; tags are strong.

    `guards` are files that the Plan was derived from without sending them (the index): a delivery that
    may act on a Plan later than it was made checks them too; some may be `FileIdentity.absent`.
    `last_modified_s` is Unix time. `filename` is what the body is called where it is saved; empty for what is
    not meant to be.
    """

    content_type: str
    etag: str
    last_modified_s: int
    max_age_s: int
    immutable: bool
    pieces: tuple[Piece, ...]
    guards: tuple[FileIdentity, ...] = ()
    filename: str = ""

    @property
    def length(self) -> int:
        """Of the body."""
        return sum(map(piece_length, self.pieces))

    @property
    def cache_control(self) -> str:
        """The value of `Cache-Control` on a 200, 206 or 304 (RFC 9111 §5.2.2, RFC 8246)."""
        return f"public, max-age={self.max_age_s}" + (", immutable" if self.immutable else "")

    def cut(self, start: int, stop: int) -> tuple[Piece, ...]:
        """The pieces that make up bytes `[start, stop)` of the body; `0 <= start <= stop <= length`."""
        length = self.length
        if not 0 <= start <= stop <= length:
            raise ValueError(f"[{start}, {stop}) is not within a body of {length} bytes")
        return tuple(cut_pieces(self.pieces, start, stop))


class Neighbours(NamedTuple):
    """What is likely to be asked for next: Plans by the last parts of their URLs; and the last part of the
    URL of what comes after all of them, empty where nothing does.
    """

    plans: Mapping[str, Plan]
    ahead: str


NeighboursOf: TypeAlias = Callable[[], Neighbours]
"""Made when called."""


def no_neighbours() -> Neighbours:
    return Neighbours({}, "")


def lasting_plan(
    content_type: str,
    etag: str,
    archive: FileIdentity,
    pieces: tuple[Piece, ...],
    guards: tuple[FileIdentity, ...],
    filename: str = "",
) -> Plan:
    """A Plan of what a version of `archive` holds: for ever the same under its URL, which names it."""
    return Plan(content_type, etag, archive.modified_s, IMMUTABLE_MAX_AGE_S, True, pieces, guards, filename)


def passing_plan(
    content_type: str, modified_s: int, content: bytes, guards: tuple[FileIdentity, ...]
) -> Plan:
    """A Plan of what is under a URL for now: an archive may be replaced, and a later release may say more of
    it; so its tag is that of what it says.
    """
    etag = blake3(content).hexdigest(ETAG_BYTES)
    return Plan(content_type, etag, modified_s, PASSING_MAX_AGE_S, False, (content,), guards)


def piece_length(piece: Piece) -> int:
    return len(piece) if isinstance(piece, bytes) else piece.length


def cut_pieces(pieces: Iterable[Piece], start: int, stop: int) -> Iterable[Piece]:
    """Bytes `[start, stop)` of what `pieces` are together; no piece is empty."""
    at = 0
    for piece in pieces:
        length = piece_length(piece)
        first, last = max(start - at, 0), min(stop - at, length)
        if first < last:
            if last - first == length:
                yield piece
            else:
                yield piece[first:last] if isinstance(piece, bytes) else piece.cut(first, last)
        at += length
        if at >= stop:
            return
