"""Walks the boxes of the ISO base media file format (ISO/IEC 14496-12 §4.2) within bytes already read.

A `Box` knows where it stands in the file and in the tree, so that a refusal can name both. Nothing here
knows what a box means and nothing recurses: callers descend level by level, along paths they know.
Offsets are bytes of the archive.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from indexer.errors import LimitExceeded, Malformed
from indexer.limits import MAX_CHILDREN

HEADER = struct.Struct(">I4s")
LARGE_SIZE = struct.Struct(">Q")

PLURAL_TYPES = frozenset({"moof", "traf", "trak", "trun"})
"""Boxes of which even the first is numbered in a path."""

REMUX = "remux it: ffmpeg -i IN -c copy OUT.mp4"


class Box(NamedTuple):
    """One box whose bytes are in memory; `body` is what follows its header."""

    type: str
    offset: int
    header_bytes: int
    body: memoryview
    parent: Box | None = None
    ordinal: int = 1  # among its siblings of the same type, from 1: it is for people

    @property
    def where(self) -> str:
        """The path that refusals print: `moov/trak[2]/mdia`."""
        name = self.type.encode("latin-1").decode("ascii", "backslashreplace")
        if self.ordinal > 1 or self.type in PLURAL_TYPES:
            name += f"[{self.ordinal}]"
        return f"{self.parent.where}/{name}" if self.parent else name

    @property
    def whole(self) -> bytes:
        """Header and body, as they stand in the archive."""
        size = self.header_bytes + len(self.body)
        if self.header_bytes == HEADER.size:
            return HEADER.pack(size, self.type.encode("latin-1")) + self.body
        return HEADER.pack(1, self.type.encode("latin-1")) + LARGE_SIZE.pack(size) + self.body

    def malformed(self, rule: str, remedy: str = REMUX) -> Malformed:
        return Malformed(rule, remedy=remedy, where=self.where, offset=self.offset)


UNREAD_TYPES = frozenset({"udta", "meta", "free", "skip", "uuid", "sgpd", "sbgp", "iods"})
"""Boxes of which only titles, roles and chapters are read. One too long ends its list, as in players."""

_MUST_BE_READ = (b"trak", b"mdia", b"stbl", b"stco", b"co64", b"stsz", b"mvex", b"traf", b"trun")
_MOST_PASSED_OVER_BYTES = 1 << 16


def _may_hold_more(rest: memoryview) -> bool:
    """Whether what follows a broken length may be boxes without which the archive is another."""
    return len(rest) > _MOST_PASSED_OVER_BYTES or any(kind in bytes(rest) for kind in _MUST_BE_READ)


def children(parent: Box, skip_bytes: int = 0) -> Iterator[Box]:
    """The boxes in `parent`, after `skip_bytes` of its own fields.

    Ends at a box of size 0, with which QuickTime closes its lists, and ignores a tail too short for a box, or
    one that begins with a box of `UNREAD_TYPES` whose length is wrong.
    """
    body, at, number = parent.body, skip_bytes, 0
    seen: dict[str, int] = {}
    inside = parent.offset + parent.header_bytes
    while len(body) - at >= HEADER.size:
        size, name = HEADER.unpack_from(body, at)
        header_bytes = HEADER.size
        if size == 0:
            return
        if size == 1 and len(body) - at >= HEADER.size + LARGE_SIZE.size:
            (size,) = LARGE_SIZE.unpack_from(body, at + HEADER.size)
            header_bytes += LARGE_SIZE.size
        kind = name.decode("latin-1")
        if not header_bytes <= size <= len(body) - at:
            if kind in UNREAD_TYPES and not _may_hold_more(body[at + HEADER.size :]):
                return
            raise Malformed(
                f"box {kind!r} of {size} bytes does not fit the {len(body) - at} left in its container",
                remedy=REMUX, where=parent.where, offset=inside + at,
            )
        if number == MAX_CHILDREN:
            raise LimitExceeded(f"holds more than {MAX_CHILDREN} boxes", remedy=REMUX,
                                where=parent.where, offset=parent.offset)
        seen[kind] = seen.get(kind, 0) + 1
        yield Box(kind, inside + at, header_bytes, body[at + header_bytes:at + size], parent, seen[kind])
        at, number = at + size, number + 1


def first(parent: Box, kind: str) -> Box | None:
    """The first child of that type; what follows it is not looked at, broken or not."""
    return next((box for box in children(parent) if box.type == kind), None)


def first_of_each(parent: Box, skip_bytes: int = 0) -> dict[str, Box]:
    """The first child of each type; where a box may stand once, a second is ignored as players do."""
    found: dict[str, Box] = {}
    for box in children(parent, skip_bytes):
        found.setdefault(box.type, box)
    return found


def required(found: dict[str, Box], kind: str, parent: Box) -> Box:
    if kind not in found:
        raise parent.malformed(f"has no {kind!r} box")
    return found[kind]
