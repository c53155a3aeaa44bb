"""Uncompressed audio: ISO's `ipcm` and `fpcm` (ISO/IEC 23003-5), and QuickTime's names for the same bytes.

`pcmC` says byte order and sample size: 16, 24 or 32 bits of signed integer, 32 or 64 of float. What
QuickTime stores otherwise (8 bits, samples padded to a wider word) has no ISO entry.
"""

from __future__ import annotations

from app.cmaf.box import box
from indexer.codecs.audio import TO_AAC, AudioCodec
from indexer.codecs.bits import Bits
from indexer.codecs.sample_entry import AudioEntry
from indexer.errors import Unsupported

FAMILY = "pcm"
INTEGER, FLOAT = "ipcm", "fpcm"
SAMPLE_SIZES = {INTEGER: (16, 24, 32), FLOAT: (32, 64)}
LITTLE_ENDIAN = 0x01
"""format_flags of `pcmC`."""

QUICKTIME_SIZES = {"in24": 24, "in32": 32, "fl32": 32, "fl64": 64}
"""Entries whose name fixes the sample size."""
QUICKTIME_ENTRIES = ("sowt", "twos", *QUICKTIME_SIZES)
QUICKTIME = frozenset({*QUICKTIME_ENTRIES, "lpcm"})
LPCM_FLOAT, LPCM_BIG_ENDIAN, LPCM_SIGNED = 0x1, 0x2, 0x4
"""formatSpecificFlags of `lpcm` (CoreAudio's kAudioFormatFlag…)."""


def describe(entry: AudioEntry) -> AudioCodec:
    """`ipcm` and `fpcm`."""
    bits = Bits(entry.children.need("pcmC"), f"{entry.fourcc}/pcmC")
    bits.skip(32)
    little_endian = bool(bits.u(8) & LITTLE_ENDIAN)
    return _codec(entry, entry.fourcc, bits.u(8), little_endian, boxes=())


def describe_quicktime(entry: AudioEntry) -> AudioCodec:
    """`sowt`, `twos`, `in24`, `in32`, `fl32`, `fl64`: named by their layout, with `enda` for byte order."""
    size_bits = QUICKTIME_SIZES.get(entry.fourcc, entry.sample_size_bits)
    kind = FLOAT if entry.fourcc in {"fl32", "fl64"} else INTEGER
    little_endian = entry.fourcc == "sowt" or (entry.wave.find("enda") or b"")[:2] == b"\0\1"
    return _codec(entry, kind, size_bits, little_endian, boxes=(_configuration(size_bits, little_endian),))


def describe_lpcm(entry: AudioEntry) -> AudioCodec:
    """`lpcm`, whose flags say it all."""
    flags, size_bits = entry.format_flags, entry.sample_size_bits
    kind = FLOAT if flags & LPCM_FLOAT else INTEGER
    if kind == INTEGER and not flags & LPCM_SIGNED:
        raise _unsupported(entry, "unsigned samples")
    if entry.channels * size_bits != entry.bytes_per_frame * 8:
        raise _unsupported(entry, "samples padded to a wider word")
    little_endian = not flags & LPCM_BIG_ENDIAN
    return _codec(entry, kind, size_bits, little_endian, boxes=(_configuration(size_bits, little_endian),))


def frame_bytes(entry: AudioEntry) -> int:
    """Bytes of one sample of every channel, in one of QuickTime's entries."""
    if entry.bytes_per_frame:
        return entry.bytes_per_frame
    return entry.channels * QUICKTIME_SIZES.get(entry.fourcc, entry.sample_size_bits) // 8


def _configuration(size_bits: int, little_endian: bool) -> bytes:
    return box("pcmC", bytes(4), bytes([LITTLE_ENDIAN * little_endian, size_bits & 0xFF]))


def _codec(
    entry: AudioEntry, fourcc: str, size_bits: int, little_endian: bool, boxes: tuple[bytes, ...]
) -> AudioCodec:
    if size_bits not in SAMPLE_SIZES[fourcc]:
        raise _unsupported(entry, f"samples of {size_bits} bits")
    order = "little-endian" if little_endian else "big-endian"
    return AudioCodec(
        family=FAMILY,
        fourcc=fourcc,
        codecs=fourcc,
        name=f"PCM {size_bits}-bit {'float' if fourcc == FLOAT else 'integer'} {order}",
        channels=entry.channels,
        sample_rate_hz=entry.sample_rate_hz,
        bit_depth=size_bits,
        boxes=boxes,
    )


def _unsupported(entry: AudioEntry, what: str) -> Unsupported:
    return Unsupported(
        f"PCM with {what}, which no ISO sample entry describes",
        remedy=TO_AAC,
        where=entry.fourcc,
    )
