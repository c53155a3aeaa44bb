"""FLAC in ISO files: `dfLa`, whose first block is STREAMINFO.

Encapsulation of FLAC in ISO Base Media File Format §3.3.2; RFC 9639 §8.2.
"""

from __future__ import annotations

from indexer.codecs.audio import AudioCodec
from indexer.codecs.bits import Bits
from indexer.codecs.sample_entry import AudioEntry

STREAMINFO = 0


def describe(entry: AudioEntry) -> AudioCodec:
    bits = Bits(entry.children.need("dfLa"), "fLaC/dfLa")
    bits.skip(32 + 1)
    if bits.u(7) != STREAMINFO:
        raise bits.broken("does not begin with STREAMINFO")
    bits.skip(24 + 16 + 16 + 24 + 24)  # length; block sizes; frame sizes
    rate_hz, channels, depth = bits.u(20), bits.u(3) + 1, bits.u(5) + 1
    return AudioCodec("flac", "fLaC", "fLaC", f"FLAC {depth}-bit", channels, rate_hz, bit_depth=depth)
