"""Opus in ISO files: `dOps` (Encapsulation of Opus in ISO Base Media File Format §4.3.2)."""

from __future__ import annotations

import struct

from app.cmaf.box import box
from indexer.codecs.audio import AudioCodec
from indexer.codecs.bits import Bits
from indexer.codecs.sample_entry import AudioEntry

DECODED_RATE_HZ = 48_000
"""Opus decodes at one rate; InputSampleRate only tells what the encoder was fed."""
HIGHEST_INPUT_RATE_HZ = 768_000

_FIXED = "BHIh"  # OutputChannelCount, PreSkip, InputSampleRate, OutputGain


def describe(entry: AudioEntry) -> AudioCodec:
    bits = Bits(entry.children.need("dOps"), "Opus/dOps")
    if bits.u(8) != 0:
        raise bits.broken("Version is not 0")
    fixed = bits.take(struct.calcsize(">" + _FIXED))
    channels, pre_skip, input_rate_hz, gain = struct.unpack(">" + _FIXED, fixed)
    if input_rate_hz > HIGHEST_INPUT_RATE_HZ:
        # Early muxers copied the little-endian header of an Ogg stream.
        channels, pre_skip, input_rate_hz, gain = struct.unpack("<" + _FIXED, fixed)
    # Chromium refuses an entry whose rate, which is always 48,000, is not InputSampleRate.
    fixed = struct.pack(">" + _FIXED, channels, pre_skip, DECODED_RATE_HZ, gain)
    dops = box("dOps", b"\0", fixed, bits.rest())
    return AudioCodec("opus", "Opus", "Opus", "Opus", channels, DECODED_RATE_HZ, boxes=(dops,))
