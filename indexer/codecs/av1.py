"""AV1 in ISO files: `av1C` and the sequence header OBU in it.

AV1 Codec ISO Media File Format Binding 1.2.0 §2.3 and §5 (the codecs string); AV1 Bitstream §5.5.
"""

from __future__ import annotations

from typing import NamedTuple

from indexer.codecs import colour as colour_boxes
from indexer.codecs.bits import Bits
from indexer.codecs.media_format import Colour
from indexer.codecs.sample_entry import VisualEntry
from indexer.codecs.video import Picture, VideoCodec

PROFILE_NAMES = ("Main", "High", "Professional")
CHROMA_OF_SUBSAMPLING = {(1, 1): "4:2:0", (1, 0): "4:2:2", (0, 0): "4:4:4"}
OBU_SEQUENCE_HEADER = 1
MAX_OBUS = 16
SELECT_SCREEN_CONTENT_TOOLS = 2
SRGB = (1, 13, 0)


class _Header(NamedTuple):
    width: int
    height: int
    colour: Colour | None


def describe(entry: VisualEntry) -> VideoCodec:
    """`AV1CodecConfigurationRecord` (§2.3.3)."""
    bits = Bits(entry.children.need("av1C"), "av1C")
    if bits.u(8) != 0x81:
        raise bits.broken("marker and version are not 1 and 1")
    profile, level = bits.u(3), bits.u(5)
    high_tier, high_depth, twelve_bit, monochrome = bits.flag(), bits.flag(), bits.flag(), bits.flag()
    subsampling, chroma_position = (bits.u(1), bits.u(1)), bits.u(2)
    bits.skip(8)
    if profile >= len(PROFILE_NAMES):
        raise bits.broken(f"seq_profile {profile} is reserved")
    depth = (12 if twelve_bit else 10) if high_depth else 8
    header = _find_sequence_header(bits.rest()) or _Header(entry.width, entry.height, None)
    chroma_digits = f"{subsampling[0]}{subsampling[1]}{chroma_position if subsampling == (1, 1) else 0}"
    colour = colour_boxes.from_boxes(entry.children) or header.colour or Colour()
    tail = _optional_fields(monochrome, chroma_digits, colour)
    tier = " High tier" if high_tier else ""
    return VideoCodec(
        family="av1",
        fourcc="av01",
        codecs=f"av01.{profile}.{level:02d}{'H' if high_tier else 'M'}.{depth:02d}{tail}",
        name=f"AV1 {PROFILE_NAMES[profile]}@{2 + level // 4}.{level % 4}{tier}",
        picture=Picture(
            header.width,
            header.height,
            depth,
            "4:0:0" if monochrome else CHROMA_OF_SUBSAMPLING.get(subsampling, "4:2:0"),
            colour=header.colour,
        ),
    )


def _optional_fields(monochrome: bool, chroma_digits: str, colour: Colour) -> str:
    """All of them or none (§5): none where each has its default."""
    if not monochrome and chroma_digits == "110" and colour.is_default:
        return ""
    points = f"{colour.primaries:02d}.{colour.transfer:02d}.{colour.matrix:02d}.{int(colour.full_range)}"
    return f".{int(monochrome)}.{chroma_digits}.{points}"


def _find_sequence_header(obus: bytes) -> _Header | None:
    """The first sequence header of `configOBUs` (AV1 §5.3: every OBU there states its size)."""
    bits = Bits(obus, "av1C/configOBUs")
    for _ in range(MAX_OBUS):
        if bits.left < 8:
            return None
        bits.skip(1)
        obu_type, has_extension, has_size = bits.u(4), bits.flag(), bits.flag()
        bits.skip(1 + 8 * has_extension)
        payload = bits.take(_leb128(bits)) if has_size else bits.rest()
        if obu_type == OBU_SEQUENCE_HEADER:
            return _read_sequence_header(Bits(payload, "av1C/sequence header"))
    return None


def _leb128(bits: Bits) -> int:
    """§4.10.5, at most eight bytes."""
    value = 0
    for index in range(8):
        byte = bits.u(8)
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            break
    return value


def _read_sequence_header(bits: Bits) -> _Header:
    """`sequence_header_obu()` (§5.5.1) up to its colours."""
    profile = bits.u(3)
    bits.skip(1)
    reduced = bits.flag()
    if reduced:
        bits.skip(5)
    else:
        _skip_operating_points(bits)
    width_bits, height_bits = bits.u(4) + 1, bits.u(4) + 1
    width, height = bits.u(width_bits) + 1, bits.u(height_bits) + 1
    if not reduced and bits.flag():
        bits.skip(4 + 3)  # lengths of frame ids
    bits.skip(3)  # use_128x128_superblock, enable_filter_intra, enable_intra_edge_filter
    if not reduced:
        _skip_tools(bits)
    bits.skip(3)  # enable_superres, enable_cdef, enable_restoration
    return _Header(width, height, _read_colour(bits, profile))


def _skip_operating_points(bits: Bits) -> None:
    delay_bits = 0
    if bits.flag():
        bits.skip(64)
        if bits.flag():
            bits.ue()  # num_ticks_per_picture_minus_1: uvlc() is ue(v) (§4.10.3)
        if bits.flag():
            delay_bits = bits.u(5) + 1
            bits.skip(32 + 5 + 5)
    initial_delays = bits.flag()
    for _ in range(bits.u(5) + 1):
        bits.skip(12)
        bits.skip(1 if bits.u(5) > 7 else 0)  # seq_tier
        if delay_bits and bits.flag():
            bits.skip(2 * delay_bits + 1)
        if initial_delays and bits.flag():
            bits.skip(4)


def _skip_tools(bits: Bits) -> None:
    bits.skip(4)  # interintra, masked compound, warped motion, dual filter
    order_hint = bits.flag()
    bits.skip(2 * order_hint)
    screen_content = SELECT_SCREEN_CONTENT_TOOLS if bits.flag() else bits.u(1)
    if screen_content and not bits.flag():
        bits.skip(1)
    bits.skip(3 * order_hint)


def _read_colour(bits: Bits, profile: int) -> Colour | None:
    """`color_config()` (§5.5.2)."""
    high_depth = bits.flag()
    if profile == 2 and high_depth:
        bits.skip(1)
    if profile != 1:
        bits.skip(1)  # mono_chrome
    points = (bits.u(8), bits.u(8), bits.u(8)) if bits.flag() else (2, 2, 2)
    return Colour(*points, full_range=points == SRGB or bits.flag())
