"""ISO BMFF boxes, read strictly: a box that does not fit its parent exactly is an error.

ISO/IEC 14496-12:2022 §4.2. Offsets are bytes of the buffer that was given.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

CONTAINERS = frozenset({"moov", "trak", "edts", "mdia", "minf", "dinf", "stbl", "mvex", "moof", "traf"})


class NotABox(ValueError):
    """The bytes are no whole number of boxes."""


@dataclass(frozen=True, slots=True)
class Box:
    """`[start, stop)` is the whole box, `[body, stop)` what follows its size and type."""

    fourcc: str
    data: bytes
    start: int
    body: int
    stop: int

    @property
    def payload(self) -> bytes:
        return self.data[self.body : self.stop]

    def full(self) -> tuple[int, int, bytes]:
        """Version, flags and the rest of a `FullBox` (§4.2.2)."""
        if self.stop - self.body < 4:
            raise NotABox(f"{self.fourcc} at {self.start} has no version and flags")
        (word,) = struct.unpack_from(">I", self.data, self.body)
        return word >> 24, word & 0xFFFFFF, self.data[self.body + 4 : self.stop]

    def children(self) -> list[Box]:
        return list(walk(self.data, self.body, self.stop))

    def all(self, fourcc: str) -> list[Box]:
        return [child for child in self.children() if child.fourcc == fourcc]

    def one(self, *path: str) -> Box:
        """The only box at `path` below this one."""
        if not path:
            return self
        found = self.all(path[0])
        if len(found) != 1:
            raise NotABox(f"{self.fourcc} holds {len(found)} {path[0]}, not one")
        return found[0].one(*path[1:])


def walk(data: bytes, start: int = 0, stop: int | None = None) -> Iterator[Box]:
    """The boxes that fill `[start, stop)`."""
    stop = len(data) if stop is None else stop
    while start < stop:
        if stop - start < 8:
            raise NotABox(f"{stop - start} bytes at {start} are no box")
        size, name = struct.unpack_from(">I4s", data, start)
        body = start + 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, body)
            body += 8
        if size < body - start or start + size > stop:
            raise NotABox(f"{name!r} at {start} has size {size}, with {stop - start} bytes left")
        yield Box(name.decode("latin-1"), data, start, body, start + size)
        start += size


def outline(data: bytes) -> str:
    """Types, nested as the boxes are: "styp moof(mfhd traf(tfhd tfdt trun)) mdat"."""
    return " ".join(map(_outline, walk(data)))


def _outline(box: Box) -> str:
    if box.fourcc not in CONTAINERS:
        return box.fourcc
    return f"{box.fourcc}({' '.join(map(_outline, box.children()))})"
