"""Sample entries for the cases of this folder: written by hand, or cut out of a file.

Nothing here uses the code under test: entries are laid out with `struct`, files are walked with a reader
of its own.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CONTAINERS = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl"})


def box(fourcc: str, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", 8 + len(body)) + fourcc.encode("latin-1") + body


def packed(digits: str) -> bytes:
    """Bits written as 0s and 1s, fields apart; zeros fill the last byte."""
    digits = "".join(digits.split())
    return int(digits.ljust(-(-len(digits) // 8) * 8, "0"), 2).to_bytes(-(-len(digits) // 8), "big")


def visual(fourcc: str, *boxes: bytes, width: int = 640, height: int = 360, name: bytes = b"") -> bytes:
    head = struct.pack(">6xH16xHHIIIH32sHh", 1, width, height, 0x480000, 0x480000, 0, 1, name, 24, -1)
    return box(fourcc, head, *boxes)


def sound(fourcc: str, *boxes: bytes, channels: int = 2, bits: int = 16, rate_hz: int = 48_000) -> bytes:
    return box(fourcc, struct.pack(">6xH8xHH4xI", 1, channels, bits, rate_hz << 16), *boxes)


def sound_v1(
    fourcc: str, *boxes: bytes, channels: int = 2, bits: int = 16, rate_hz: int = 48_000, frame_bytes: int = 4
) -> bytes:
    """QuickTime's sound description of version 1."""
    head = struct.pack(">6xHHH4sHHhHI", 1, 1, 0, b"appl", channels, bits, -2, 0, rate_hz << 16)
    return box(fourcc, head, struct.pack(">IIII", 1, bits // 8, frame_bytes, bits // 8), *boxes)


def sound_v2(
    fourcc: str, *boxes: bytes, channels: int, bits: int, rate_hz: float, flags: int, frame_bytes: int
) -> bytes:
    """QuickTime's sound description of version 2."""
    head = struct.pack(">6xHHH4xHHhHI", 1, 2, 0, 3, 16, -2, 0, 0x10000)
    tail = struct.pack(">IdIIIIII", 72, rate_hz, channels, 0x7F000000, bits, flags, frame_bytes, 1)
    return box(fourcc, head, tail, *boxes)


def esds(object_type: int, specific_info: bytes = b"") -> bytes:
    """An `esds` with one-byte descriptor lengths, as old muxers write."""
    info = bytes([5, len(specific_info)]) + specific_info if specific_info else b""
    config = bytes([4, 13 + len(info), object_type, 0x15]) + bytes(11) + info
    return box("esds", bytes(4), bytes([3, 3 + len(config) + 3]), bytes(3), config, b"\x06\x01\x02")


def wave(*boxes: bytes) -> bytes:
    """QuickTime's decompression parameters, with the terminator that ends them."""
    return box("wave", *boxes, box("\0\0\0\0"))


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One sample entry of a file, with what `tkhd` and `hdlr` say of its track."""

    track_id: int
    handler: str
    entry: bytes
    matrix: tuple[int, ...]
    size_16_16: tuple[int, int]


def of_file(path: Path) -> list[FileEntry]:
    """Every sample entry of an MP4 or QuickTime file, in order."""
    data = path.read_bytes()
    found: list[FileEntry] = []
    for moov in (child for child in _children(data, 0, len(data)) if child[0] == b"moov"):
        for trak in (child for child in _children(data, *moov[1:]) if child[0] == b"trak"):
            found += _of_track(data, trak)
    return found


def _of_track(data: bytes, trak: tuple[bytes, int, int]) -> Iterator[FileEntry]:
    boxes: dict[bytes, tuple[int, int]] = {}
    for name, span in _descend(data, trak):
        boxes.setdefault(name, span)  # QuickTime has a second hdlr, of the data handler
    if not {b"tkhd", b"hdlr", b"stsd"} <= boxes.keys():
        return
    tkhd, hdlr, stsd = (data[slice(*boxes[name])] for name in (b"tkhd", b"hdlr", b"stsd"))
    (track_id,) = struct.unpack_from(">I", tkhd, 20 if tkhd[0] else 12)
    matrix = struct.unpack_from(">9i", tkhd, len(tkhd) - 44)
    size = struct.unpack_from(">II", tkhd, len(tkhd) - 8)
    for _name, body, end in _children(stsd, 8, len(stsd)):
        yield FileEntry(track_id, hdlr[8:12].decode("latin-1"), stsd[body - 8 : end], matrix, size)


def _descend(data: bytes, parent: tuple[bytes, int, int]) -> Iterator[tuple[bytes, tuple[int, int]]]:
    for child in _children(data, *parent[1:]):
        if child[0] in CONTAINERS:
            yield from _descend(data, child)
        else:
            yield child[0], child[1:]


def _children(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Type, start of the body and end of each box; stops where the file breaks off."""
    while at + 8 <= end:
        size, name = struct.unpack_from(">I4s", data, at)
        header = 8
        if size == 1:
            (size,), header = struct.unpack_from(">Q", data, at + 8), 16
        size = size or end - at
        if size < header or at + size > end:
            return
        yield name, at + header, at + size
        at += size
