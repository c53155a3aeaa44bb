"""`esds`: the MPEG-4 elementary stream descriptor (ISO/IEC 14496-1 §7.2.6, 14496-14 §6.7).

A length that overruns is cut to what is there: muxers that miscount exist, and every player forgives.
"""

from __future__ import annotations

from typing import NamedTuple

from app.cmaf.box import box
from indexer.codecs.bits import Bits

ES_DESCRIPTOR, DECODER_CONFIG, DECODER_SPECIFIC_INFO, SL_CONFIG = 3, 4, 5, 6
MAX_DESCRIPTORS = 16
AUDIO_STREAM = 5


class DecoderConfig(NamedTuple):
    object_type: int  # objectTypeIndication
    specific_info: bytes  # empty where there is none


def read(payload: bytes) -> DecoderConfig:
    bits = Bits(payload, "esds")
    bits.skip(32)
    es = _find(bits, ES_DESCRIPTOR)
    es.skip(16)
    depends, has_url, has_clock = es.flag(), es.flag(), es.flag()
    es.skip(5 + 16 * depends)
    if has_url:
        es.take(es.u(8))
    es.skip(16 * has_clock)
    config = _find(es, DECODER_CONFIG)
    object_type = config.u(8)
    config.skip(8 + 24 + 32 + 32)
    info = _find(config, DECODER_SPECIFIC_INFO).rest() if config.left else b""
    return DecoderConfig(object_type, info)


def _find(bits: Bits, tag: int) -> Bits:
    for _ in range(MAX_DESCRIPTORS):
        found, length = bits.u(8), _length(bits)
        body = bits.take(min(length, bits.left // 8))
        if found == tag:
            return Bits(body, bits.what)
    raise bits.broken(f"has no descriptor of tag {tag}")


def _length(bits: Bits) -> int:
    """sizeOfInstance (§8.3.3): seven bits a byte, at most four bytes."""
    value = 0
    for _ in range(4):
        byte = bits.u(8)
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            break
    return value


def write(object_type: int, specific_info: bytes = b"") -> bytes:
    """An `esds` box; bit rates are left unstated (0)."""
    info = _descriptor(DECODER_SPECIFIC_INFO, specific_info) if specific_info else b""
    stream_type = AUDIO_STREAM << 2 | 1
    config = _descriptor(DECODER_CONFIG, bytes([object_type, stream_type]) + bytes(11) + info)
    stream = _descriptor(ES_DESCRIPTOR, bytes(3) + config + _descriptor(SL_CONFIG, b"\2"))
    return box("esds", bytes(4), stream)


def _descriptor(tag: int, body: bytes) -> bytes:
    length = len(body)
    return bytes([tag, *(length >> shift & 0x7F | 0x80 for shift in (21, 14, 7)), length & 0x7F]) + body
