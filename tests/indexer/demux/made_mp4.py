"""MP4 files made by hand, box by box: what a test wants to be there, and nothing else.

Layout of `movie`: `ftyp`, `mdat`, `moov`, so that media data start at byte `DATA` whatever `moov` holds.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence

DATA = 24
"""Where the media data of `movie` and `fragmented` start."""

MATRIX = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
ENGLISH = 0x15C7
UNDETERMINED = 0x55C4


def u8(*values: int) -> bytes:
    return struct.pack(f">{len(values)}B", *values)


def u16(*values: int) -> bytes:
    return struct.pack(f">{len(values)}H", *values)


def u32(*values: int) -> bytes:
    return struct.pack(f">{len(values)}I", *(value & 0xFFFF_FFFF for value in values))


def u64(*values: int) -> bytes:
    return struct.pack(f">{len(values)}Q", *(value & 0xFFFF_FFFF_FFFF_FFFF for value in values))


def box(kind: str, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return u32(8 + len(body)) + kind.encode("latin-1") + body


def large_box(kind: str, *parts: bytes) -> bytes:
    """With a 64-bit size."""
    body = b"".join(parts)
    return u32(1) + kind.encode("latin-1") + u64(16 + len(body)) + body


def full_box(kind: str, *parts: bytes, version: int = 0, flags: int = 0) -> bytes:
    return box(kind, u32(version << 24 | flags), *parts)


def table(kind: str, rows: Sequence[bytes], version: int = 0) -> bytes:
    """A full box of counted rows: `stts`, `ctts`, `stsc`, `stco`, `co64`, `stss`, `elst`."""
    return full_box(kind, u32(len(rows)), *rows, version=version)


def stts(*runs: tuple[int, int]) -> bytes:
    return table("stts", [u32(*run) for run in runs])


def ctts(*runs: tuple[int, int], version: int = 0) -> bytes:
    return table("ctts", [u32(*run) for run in runs], version)


def stsc(*runs: tuple[int, int, int]) -> bytes:
    return table("stsc", [u32(*run) for run in runs])


def stco(*offsets: int) -> bytes:
    return table("stco", [u32(offset) for offset in offsets])


def co64(*offsets: int) -> bytes:
    return table("co64", [u64(offset) for offset in offsets])


def stss(*numbers: int) -> bytes:
    return table("stss", [u32(number) for number in numbers])


def stsz(*sizes: int) -> bytes:
    return full_box("stsz", u32(0, len(sizes), *sizes))


def stsz_constant(size: int, count: int) -> bytes:
    return full_box("stsz", u32(size, count))


def elst(*edits: tuple[int, int, int], version: int = 0) -> bytes:
    pack = ">IiI" if version == 0 else ">QqI"
    return table("elst", [struct.pack(pack, *edit) for edit in edits], version)


def sample_entry(kind: str = "avc1", *parts: bytes) -> bytes:
    return box(kind, bytes(6), u16(1), *parts)


def stsd(*entries: bytes) -> bytes:
    return table("stsd", entries or [sample_entry()])


THREE_SAMPLES = (stts((3, 10)), stsc((1, 3, 1)), stsz(4, 5, 6), stco(DATA))
"""Tables of three samples in one chunk at the start of the media data: 15 bytes, 30 ticks."""
NO_TABLES = (stts(), stsc(), stsz(), stco())
"""As the `moov` of a fragmented file has them."""


def tkhd(track_id: int, *, enabled: bool = True, version: int = 0, alternate_group: int = 0) -> bytes:
    time = u32 if version == 0 else u64
    return full_box(
        "tkhd", time(0), time(0), u32(track_id), bytes(4), time(0), bytes(8), u16(0, alternate_group, 0, 0),
        MATRIX, u32(640 << 16, 360 << 16), version=version, flags=int(enabled),
    )


def mdhd(timescale: int = 1000, *, language: int = UNDETERMINED, version: int = 0) -> bytes:
    time = u32 if version == 0 else u64
    return full_box("mdhd", time(0), time(0), u32(timescale), time(0), u16(language, 0), version=version)


def hdlr(handler: str, name: bytes = b"\0", pre_defined: bytes = bytes(4)) -> bytes:
    return full_box("hdlr", pre_defined, handler.encode("latin-1"), bytes(12), name)


def trak(
    tables: Iterable[bytes] = THREE_SAMPLES,
    *,
    track_id: int = 1,
    handler: str = "vide",
    entries: Sequence[bytes] = (),
    headers: Sequence[bytes] = (),
    media: Sequence[bytes] = (),
    extra: Sequence[bytes] = (),
) -> bytes:
    """`headers` replace the `tkhd` and `mdhd` that a reader takes, as the first; `media` goes into `mdia`."""
    stbl = box("stbl", stsd(*entries), *tables)
    own_tkhd = [header for header in headers if header[4:8] == b"tkhd"]
    own_mdhd = [header for header in headers if header[4:8] == b"mdhd"]
    mdia = box("mdia", *own_mdhd, mdhd(), *media, hdlr(handler), box("minf", stbl))
    return box("trak", *own_tkhd, tkhd(track_id), mdia, *extra)


def mvhd(timescale: int = 600, *, version: int = 0) -> bytes:
    time = u32 if version == 0 else u64
    return full_box("mvhd", time(0), time(0), u32(timescale), time(0), bytes(80), version=version)


def moov(*parts: bytes) -> bytes:
    return box("moov", mvhd(), *parts)


def ftyp(brand: str = "isom") -> bytes:
    return box("ftyp", brand.encode("latin-1"), u32(0))


def movie(*parts: bytes, brand: str = "isom", data: bytes = bytes(64)) -> bytes:
    """A whole file: `parts` are the children of `moov` besides `mvhd`, `trak()` if there are none."""
    return ftyp(brand) + box("mdat", data) + moov(*(parts or [trak()]))


def trex(
    track_id: int = 1, *, description: int = 1, duration: int = 0, size: int = 0, flags: int = 0
) -> bytes:
    return full_box("trex", u32(track_id, description, duration, size, flags))


def tfhd(track_id: int = 1, *fields: bytes, flags: int = 0) -> bytes:
    return full_box("tfhd", u32(track_id), *fields, flags=flags)


def tfdt(ticks: int, version: int = 0) -> bytes:
    return full_box("tfdt", u32(ticks) if version == 0 else u64(ticks), version=version)


def trun(count: int, *fields: bytes, flags: int = 0, version: int = 0) -> bytes:
    return full_box("trun", u32(count), *fields, flags=flags, version=version)


def moof(*trafs: Sequence[bytes]) -> bytes:
    return box("moof", full_box("mfhd", u32(1)), *(box("traf", *parts) for parts in trafs))
