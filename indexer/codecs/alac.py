"""ALAC: Apple's magic cookie, an `alac` box in the `alac` entry (in QuickTime files, within `wave`)."""

from __future__ import annotations

from indexer.codecs.audio import AudioCodec
from indexer.codecs.bits import Bits
from indexer.codecs.sample_entry import AudioEntry


def describe(entry: AudioEntry) -> AudioCodec:
    """`ALACSpecificConfig`, after a full box's version and flags."""
    cookie = entry.wave.find("alac") or entry.children.need("alac")
    bits = Bits(cookie, "alac/alac")
    bits.skip(32 + 32 + 8)  # version and flags; frameLength; compatibleVersion
    depth = bits.u(8)
    bits.skip(24)  # tuning: pb, mb, kb
    channels = bits.u(8)
    bits.skip(16 + 32 + 32)  # maxRun, maxFrameBytes, avgBitRate
    return AudioCodec("alac", "alac", "alac", f"ALAC {depth}-bit", channels, bits.u(32), bit_depth=depth)
