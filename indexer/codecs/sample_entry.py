"""Sample entries taken apart and put together: ISO/IEC 14496-12 §8.5.2, §12.1.3, §12.2.3; QTFF.

Layout only: what a child box means is its codec's business. QuickTime's sound descriptions of version
1 and 2 and its `wave` box are understood here and nowhere else, and never written. Sizes are bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import NamedTuple

from app.cmaf.box import box
from indexer.codecs.bits import REMEDY
from indexer.errors import Malformed

VISUAL_HEAD_BYTES = 86
AUDIO_HEAD_BYTES = 36
QUICKTIME_V1_HEAD_BYTES = 52
QUICKTIME_V2_HEAD_BYTES = 72
MAX_CHILDREN = 64

_VISUAL = struct.Struct(">6xH16xHHII4xH32sHh")
_AUDIO = struct.Struct(">6xHHHIHHHHI")
_QUICKTIME_V1 = struct.Struct(">IIII")
_QUICKTIME_V2 = struct.Struct(">Id6I")
_RESOLUTION_72_DPI = 0x0048_0000


class Child(NamedTuple):
    """A box inside a sample entry; `payload` follows its header."""

    fourcc: str
    payload: bytes

    def whole(self) -> bytes:
        return box(self.fourcc, self.payload)


class Children(NamedTuple):
    """The child boxes of one sample entry, in order; `where` is the entry's own box path."""

    where: str
    boxes: tuple[Child, ...]

    def find(self, fourcc: str) -> bytes | None:
        return next((child.payload for child in self.boxes if child.fourcc == fourcc), None)

    def need(self, fourcc: str) -> bytes:
        """The payload of the box that configures the decoder."""
        payload = self.find(fourcc)
        if payload is None:
            raise Malformed(f"has no {fourcc}, so no decoder can be set up", remedy=REMEDY, where=self.where)
        return payload


class VisualEntry(NamedTuple):
    fourcc: str
    width: int
    height: int
    compressor_name: bytes
    depth: int
    children: Children


class AudioEntry(NamedTuple):
    """`sample_rate_hz` is from wherever the layout keeps the true one.

    The last two are QuickTime's (versions 1 and 2), 0 elsewhere; `wave` holds what its box held.
    """

    fourcc: str
    version: int
    quicktime: bool
    channels: int
    sample_size_bits: int
    sample_rate_hz: int
    children: Children
    wave: Children
    bytes_per_frame: int = 0
    format_flags: int = 0


def fourcc_of(entry: bytes) -> str:
    """The type of a whole sample entry whose size field agrees with it."""
    if len(entry) < 16:
        raise Malformed(f"a sample entry of {len(entry)} bytes, less than its own header", remedy=REMEDY)
    size, name = struct.unpack_from(">I4s", entry)
    if size != len(entry):
        raise Malformed(f"a sample entry of {len(entry)} bytes says it has {size}", remedy=REMEDY, offset=0)
    return str(name, "latin-1")


def printable(name: str) -> str:
    """A four-character code, or a path of them, that keeps an error on its one line."""
    return name.encode("unicode_escape").decode("ascii")


def split(data: bytes, where: str, start: int = 0) -> Children:
    """Boxes of `data` from `start`. QuickTime ends a list with a zero size; less than a header is padding."""
    where = printable(where)
    found: list[Child] = []
    while len(data) - start >= 8:
        size, name = struct.unpack_from(">I4s", data, start)
        if size == 0 or name == b"\0\0\0\0":
            break
        fourcc = str(name, "latin-1")
        if not 8 <= size <= len(data) - start:
            raise Malformed(
                f"a child box of {size} bytes where {len(data) - start} are left",
                remedy=REMEDY,
                where=f"{where}/{printable(fourcc)}",
                offset=start,
            )
        if len(found) == MAX_CHILDREN:
            raise Malformed(f"more than {MAX_CHILDREN} child boxes", remedy=REMEDY, where=where, offset=start)
        found.append(Child(fourcc, data[start + 8 : start + size]))
        start += size
    return Children(where, tuple(found))


def read_visual(entry: bytes) -> VisualEntry:
    fourcc = fourcc_of(entry)
    if len(entry) < VISUAL_HEAD_BYTES:
        raise _too_short(entry, fourcc, VISUAL_HEAD_BYTES)
    _reference, width, height, _x_dpi, _y_dpi, _frames, name, depth, _ = _VISUAL.unpack_from(entry, 8)
    return VisualEntry(fourcc, width, height, name, depth, split(entry, fourcc, VISUAL_HEAD_BYTES))


def read_audio(entry: bytes) -> AudioEntry:
    fourcc = fourcc_of(entry)
    if len(entry) < AUDIO_HEAD_BYTES:
        raise _too_short(entry, fourcc, AUDIO_HEAD_BYTES)
    _reference, version, _revision, _vendor, channels, bits, _, _, rate = _AUDIO.unpack_from(entry, 8)
    if version == 1 and not _tiles(entry, AUDIO_HEAD_BYTES):
        return _read_quicktime_v1(entry, fourcc, channels, bits, rate)
    if version == 2:
        return _read_quicktime_v2(entry, fourcc)
    children = split(entry, fourcc, AUDIO_HEAD_BYTES)
    true_rate_hz = rate >> 16
    if version == 1 and (srat := children.find("srat")) is not None and len(srat) >= 8:
        true_rate_hz = int.from_bytes(srat[4:8], "big")
    wave = _wave(children)
    quicktime = bool(wave.boxes) or _vendor != 0
    return AudioEntry(fourcc, version, quicktime, channels, bits, true_rate_hz, children, wave)


def _read_quicktime_v1(entry: bytes, fourcc: str, channels: int, bits: int, rate: int) -> AudioEntry:
    if len(entry) < QUICKTIME_V1_HEAD_BYTES:
        raise _too_short(entry, fourcc, QUICKTIME_V1_HEAD_BYTES)
    _frames, _packet, frame_bytes, _sample = _QUICKTIME_V1.unpack_from(entry, AUDIO_HEAD_BYTES)
    children = split(entry, fourcc, QUICKTIME_V1_HEAD_BYTES)
    return AudioEntry(
        fourcc, 1, True, channels, bits, rate >> 16, children, _wave(children),
        bytes_per_frame=frame_bytes,
    )  # fmt: skip


def _read_quicktime_v2(entry: bytes, fourcc: str) -> AudioEntry:
    if len(entry) < QUICKTIME_V2_HEAD_BYTES:
        raise _too_short(entry, fourcc, QUICKTIME_V2_HEAD_BYTES)
    start, rate_hz, channels, _, bits, flags, packet_bytes, _ = _QUICKTIME_V2.unpack_from(
        entry, AUDIO_HEAD_BYTES
    )
    if not QUICKTIME_V2_HEAD_BYTES <= start <= len(entry) or not 0 < rate_hz < 2**31 or channels > 0xFFFF:
        raise Malformed(
            "a QuickTime sound description of version 2 with impossible sizes",
            remedy=REMEDY,
            where=fourcc,
            offset=AUDIO_HEAD_BYTES,
        )
    children = split(entry, fourcc, start)
    return AudioEntry(
        fourcc, 2, True, channels, bits & 0xFFFF, round(rate_hz), children, _wave(children),
        bytes_per_frame=packet_bytes, format_flags=flags,
    )  # fmt: skip


def _wave(children: Children) -> Children:
    where = f"{children.where}/wave"
    return split(children.find("wave") or b"", where)


def _tiles(entry: bytes, start: int) -> bool:
    """Whether whole boxes with printable names fill the entry: then version 1 is ISO's, not QuickTime's."""
    while len(entry) - start >= 8:
        size, name = struct.unpack_from(">I4s", entry, start)
        if not 8 <= size <= len(entry) - start or not all(0x20 <= byte < 0x7F for byte in name):
            return False
        start += size
    return start == len(entry)


def _too_short(entry: bytes, fourcc: str, need: int) -> Malformed:
    return Malformed(
        f"a sample entry of {len(entry)} bytes, its fixed fields take {need}",
        remedy=REMEDY,
        where=printable(fourcc),
        offset=len(entry),
    )


def write_visual(entry: VisualEntry, fourcc: str, boxes: Iterable[bytes]) -> bytes:
    """An ISO VisualSampleEntry. Data reference 1: the fragment's own file."""
    head = _VISUAL.pack(
        1, entry.width, entry.height, _RESOLUTION_72_DPI, _RESOLUTION_72_DPI, 1,
        entry.compressor_name, entry.depth or 24, -1,
    )  # fmt: skip
    return box(fourcc, head, *boxes)


def write_audio(
    fourcc: str, channels: int, sample_size_bits: int, rate_hz: int, boxes: Iterable[bytes]
) -> bytes:
    """An ISO AudioSampleEntry of version 0, whose rate field ends at 65,535 Hz.

    A higher rate is halved until it fits, as the FLAC and Opus bindings say; the decoder takes the true
    one from its own configuration.
    """
    while rate_hz > 0xFFFF:
        rate_hz //= 2
    return box(fourcc, _AUDIO.pack(1, 0, 0, 0, channels, sample_size_bits, 0, 0, rate_hz << 16), *boxes)


def write_audio_v1(
    fourcc: str, channels: int, sample_size_bits: int, rate_hz: int, boxes: Iterable[bytes]
) -> bytes:
    """An ISO AudioSampleEntryV1 (§12.2.3.2), whose `srat` holds any rate; its `stsd` has version 1.

    The entry's own rate is then any multiple or factor of it. It is 0, for which readers that do not know
    `srat` (ffmpeg before 6.1) take the timescale.
    """
    srat = box("srat", bytes(4), rate_hz.to_bytes(4, "big"))
    head = _AUDIO.pack(1, 1, 0, 0, channels, sample_size_bits, 0, 0, 0)
    return box(fourcc, head, srat, *boxes)
