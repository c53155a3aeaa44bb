"""DTS in ISO files: `ddts` (ETSI TS 102 114 Annex E), which older muxers leave out."""

from __future__ import annotations

from indexer.codecs.audio import AudioCodec
from indexer.codecs.bits import Bits
from indexer.codecs.sample_entry import AudioEntry

FAMILY = "dts"
NAMES = {"dtsc": "DTS", "dtsh": "DTS-HD", "dtsl": "DTS-HD Master Audio", "dtse": "DTS Express"}
CHANNELS_OF_LAYOUT = (1, 2, 2, 1, 1, 2, 2, 1, 1, 2, 2, 2, 1, 2, 1, 2)
"""What each bit of ChannelLayout adds, least significant first (table E-5): C, L/R, Ls/Rs, LFE1, …"""


def describe(entry: AudioEntry) -> AudioCodec:
    channels, rate_hz, depth = entry.channels, entry.sample_rate_hz, 0
    if (payload := entry.children.find("ddts")) is not None:
        bits = Bits(payload, f"{entry.fourcc}/ddts")
        rate_hz = bits.u(32)
        bits.skip(32 + 32)  # maxBitrate, avgBitrate
        depth = bits.u(8)
        bits.skip(2 + 5 + 1 + 6 + 14 + 1 + 3)  # FrameDuration … RepresentationType
        layout = bits.u(16)
        channels = sum(count for bit, count in enumerate(CHANNELS_OF_LAYOUT) if layout >> bit & 1) or channels
    return AudioCodec(FAMILY, entry.fourcc, entry.fourcc, NAMES[entry.fourcc], channels, rate_hz, depth)
