"""HEVC in ISO files: `hvcC` and its sequence parameter set (ISO/IEC 14496-15 §8, Annex E; H.265 §7.3.2.2)."""

from __future__ import annotations

from typing import NamedTuple

from indexer.codecs.bits import Bits, without_emulation_prevention
from indexer.codecs.sample_entry import VisualEntry
from indexer.codecs.video import CHROMA_NAMES, Picture, VideoCodec
from indexer.codecs.vui import read_vui
from indexer.errors import Malformed

VPS, SPS, PPS = 32, 33, 34
PROFILE_NAMES = {
    1: "Main", 2: "Main 10", 3: "Main Still Picture", 4: "Rext", 5: "High Throughput", 6: "Multiview Main",
    7: "Scalable Main", 8: "3D Main", 9: "Screen Content", 10: "Scalable Rext",
    11: "High Throughput Screen Content",
}  # fmt: skip
PROFILE_SPACES = ("", "A", "B", "C")

MAX_SHORT_TERM_SETS, MAX_LONG_TERM_PICTURES, MAX_DELTA_PICTURES = 64, 32, 16
MAX_SIDE = 16_888
"""Luma samples of the longest side that any level allows: √(8 × MaxLumaPs) of level 6.2 (§A.4.1)."""


class _Configuration(NamedTuple):
    space: int
    high_tier: bool
    profile: int
    compatibility: int
    constraints: bytes
    level: int
    chroma: int
    bit_depth: int
    nals: dict[int, bytes]  # the first parameter set of each type


def describe(entry: VisualEntry) -> VideoCodec:
    configuration = _read_configuration(entry.children.need("hvcC"))
    # Safari plays hvc1 only; a record that holds every parameter set makes the stream that.
    fourcc = "hvc1" if {VPS, SPS, PPS} <= configuration.nals.keys() else "hev1"
    picture = Picture(entry.width, entry.height, configuration.bit_depth, CHROMA_NAMES[configuration.chroma])
    if SPS in configuration.nals:
        picture = read_sps(configuration.nals[SPS])
    tier = " High tier" if configuration.high_tier else ""
    profile_name = PROFILE_NAMES.get(configuration.profile, f"profile {configuration.profile}")
    return VideoCodec(
        family="hevc",
        fourcc=fourcc,
        codecs=f"{fourcc}.{_codecs_suffix(configuration)}",
        name=f"HEVC {profile_name}@{configuration.level / 30:.1f}{tier}",
        picture=picture,
    )


def _codecs_suffix(configuration: _Configuration) -> str:
    """ISO/IEC 14496-15 §E.3: profile, compatibility flags from last to first, tier, level, constraints."""
    compatibility = int(f"{configuration.compatibility:032b}"[::-1], 2)
    constraints = [f"{byte:X}" for byte in configuration.constraints.rstrip(b"\0")]
    return ".".join([
        f"{PROFILE_SPACES[configuration.space]}{configuration.profile}",
        f"{compatibility:X}",
        f"{'H' if configuration.high_tier else 'L'}{configuration.level}",
        *constraints,
    ])  # fmt: skip


def _read_configuration(record: bytes) -> _Configuration:
    """`HEVCDecoderConfigurationRecord` (§8.3.3.1)."""
    bits = Bits(record, "hvcC")
    if bits.u(8) > 1:
        raise bits.broken("configurationVersion is not 1")
    space, high_tier, profile = bits.u(2), bits.flag(), bits.u(5)
    compatibility, constraints, level = bits.u(32), bits.take(6), bits.u(8)
    bits.skip(4 + 12 + 6 + 2)
    bits.skip(6)
    chroma = bits.u(2)
    bits.skip(5)
    bit_depth = 8 + bits.u(3)
    bits.skip(8 + 16 + 8)  # chroma depth, avgFrameRate, frame rate and layer flags
    nals: dict[int, bytes] = {}
    for _ in range(bits.u(8)):
        nal_type = bits.u(8) & 0x3F
        for _ in range(bits.u(16)):
            nal = bits.take(bits.u(16))
            nals.setdefault(nal_type, nal)
    general = (space, high_tier, profile, compatibility, constraints, level)
    return _Configuration(*general, chroma, bit_depth, nals)


def read_sps(nal: bytes) -> Picture:
    """`seq_parameter_set_rbsp()` up to the colour of its VUI."""
    bits = Bits(without_emulation_prevention(nal), "hvcC/SPS", position=16)
    bits.skip(4)  # sps_video_parameter_set_id
    sub_layers_minus1 = bits.u(3)
    bits.skip(1)
    _skip_profile_tier_level(bits, sub_layers_minus1)
    bits.ue()  # sps_seq_parameter_set_id
    chroma = bits.bounded_ue(3, "chroma_format_idc")
    separate_planes = chroma == 3 and bits.flag()
    width, height = bits.bounded_ue(MAX_SIDE, "picture width"), bits.bounded_ue(MAX_SIDE, "picture height")
    if bits.flag():
        left, right, top, bottom = bits.ue(), bits.ue(), bits.ue(), bits.ue()
        unit_x = 2 if chroma in {1, 2} else 1
        unit_y = 2 if chroma == 1 else 1
        width, height = width - unit_x * (left + right), height - unit_y * (top + bottom)
    if width <= 0 or height <= 0:
        raise bits.broken("crops the whole picture away")
    depth = 8 + bits.bounded_ue(8, "bit_depth_luma_minus8")
    picture = Picture(width, height, depth, CHROMA_NAMES[0 if separate_planes else chroma])
    try:
        _skip_to_vui(bits, sub_layers_minus1)
        aspect, colour = read_vui(bits) if bits.flag() else (None, None)
    except Malformed:
        # What follows only refines the picture, and encoders exist that cut it short.
        return picture
    return picture._replace(pixel_aspect=aspect, colour=colour)


def _skip_profile_tier_level(bits: Bits, sub_layers_minus1: int) -> None:
    """§7.3.3, with the general profile present."""
    bits.skip(88 + 8)
    present = [(bits.flag(), bits.flag()) for _ in range(sub_layers_minus1)]
    if sub_layers_minus1:
        bits.skip(2 * (8 - sub_layers_minus1))
    for profile_present, level_present in present:
        bits.skip(88 * profile_present + 8 * level_present)


def _skip_to_vui(bits: Bits, sub_layers_minus1: int) -> None:
    bits.ue()  # bit_depth_chroma_minus8
    order_bits = 4 + bits.bounded_ue(12, "log2_max_pic_order_cnt_lsb_minus4")
    every_layer = bits.flag()
    for _ in range(sub_layers_minus1 + 1 if every_layer else 1):
        bits.ue(), bits.ue(), bits.ue()
    for _ in range(6):  # block sizes and transform depths
        bits.ue()
    if bits.flag() and bits.flag():
        _skip_scaling_lists(bits)
    bits.skip(2)  # amp_enabled_flag, sample_adaptive_offset_enabled_flag
    if bits.flag():
        bits.skip(4 + 4)
        bits.ue(), bits.ue()
        bits.skip(1)
    _skip_short_term_sets(bits)
    if bits.flag():
        for _ in range(bits.bounded_ue(MAX_LONG_TERM_PICTURES, "num_long_term_ref_pics_sps")):
            bits.skip(order_bits + 1)
    bits.skip(2)  # sps_temporal_mvp_enabled_flag, strong_intra_smoothing_enabled_flag


def _skip_scaling_lists(bits: Bits) -> None:
    """`scaling_list_data()` (§7.3.4)."""
    for size in range(4):
        for _ in range(2 if size == 3 else 6):
            if not bits.flag():
                bits.ue()
                continue
            if size > 1:
                bits.se()
            for _ in range(min(64, 1 << (4 + 2 * size))):
                bits.se()


def _skip_short_term_sets(bits: Bits) -> None:
    """`st_ref_pic_set()` (§7.3.7), each of which may be told as a difference from the one before."""
    delta_pictures = 0
    for index in range(bits.bounded_ue(MAX_SHORT_TERM_SETS, "num_short_term_ref_pic_sets")):
        if index and bits.flag():
            bits.skip(1)
            bits.ue()
            kept = [bits.flag() or bits.flag() for _ in range(delta_pictures + 1)]
            delta_pictures = sum(kept)
            continue
        negative = bits.bounded_ue(MAX_DELTA_PICTURES, "num_negative_pics")
        delta_pictures = negative + bits.bounded_ue(MAX_DELTA_PICTURES, "num_positive_pics")
        for _ in range(delta_pictures):
            bits.ue()
            bits.skip(1)
