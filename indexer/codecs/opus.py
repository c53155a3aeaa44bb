"""Opus in ISO files: `dOps` (Encapsulation of Opus in ISO Base Media File Format §4.3.2)."""

from __future__ import annotations

from indexer.codecs.audio import AudioCodec
from indexer.codecs.bits import Bits
from indexer.codecs.sample_entry import AudioEntry

DECODED_RATE_HZ = 48_000
"""Opus decodes at one rate; InputSampleRate only tells what the encoder was fed."""


def describe(entry: AudioEntry) -> AudioCodec:
    bits = Bits(entry.children.need("dOps"), "Opus/dOps")
    if bits.u(8) != 0:
        raise bits.broken("Version is not 0")
    channels = bits.u(8)
    bits.skip(16 + 32 + 16 + 8)  # PreSkip, InputSampleRate, OutputGain, ChannelMappingFamily
    return AudioCodec("opus", "Opus", "Opus", "Opus", channels, DECODED_RATE_HZ)
