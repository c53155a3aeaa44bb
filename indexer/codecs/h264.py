"""H.264 in ISO files: `avcC` and its sequence parameter set (ISO/IEC 14496-15 §5; H.264 §7.3.2.1, §E.1)."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from indexer.codecs.bits import Bits, without_emulation_prevention
from indexer.codecs.media_format import Colour
from indexer.codecs.sample_entry import VisualEntry
from indexer.codecs.video import CHROMA_NAMES, Picture, VideoCodec
from indexer.codecs.vui import read_vui
from indexer.errors import Malformed

PROFILES_WITH_CHROMA = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
"""profile_idc whose SPS states the chroma format (§7.3.2.1.1)."""

PROFILE_NAMES = {
    44: "CAVLC 4:4:4 Intra", 66: "Baseline", 77: "Main", 88: "Extended", 100: "High", 110: "High 10",
    118: "Multiview High", 122: "High 4:2:2", 128: "Stereo High", 244: "High 4:4:4 Predictive",
}  # fmt: skip

CONSTRAINT_SET1, CONSTRAINT_SET3 = 0x40, 0x10
MAX_POC_CYCLE = 255
MAX_SIDE_MACROBLOCKS = 4095


class _Configuration(NamedTuple):
    profile: int
    constraints: int
    level: int
    parameter_sets: tuple[bytes, ...]  # the first SPS and the first PPS, where there are any


def describe(entry: VisualEntry) -> VideoCodec:
    configuration = _read_configuration(entry.children.need("avcC"))
    # In-band parameter sets are allowed, not needed, once the record holds them; Apple asks for avc1.
    fourcc = "avc1" if len(configuration.parameter_sets) == 2 else "avc3"
    profile, constraints, level = configuration.profile, configuration.constraints, configuration.level
    picture = Picture(entry.width, entry.height, 8, "4:2:0")
    if configuration.parameter_sets:
        picture = read_sps(configuration.parameter_sets[0])
    return VideoCodec(
        family="h264",
        fourcc=fourcc,
        codecs=f"{fourcc}.{profile:02x}{constraints:02x}{level:02x}",
        name=f"H.264 {_profile_name(profile, constraints)}@{_level_name(profile, constraints, level)}",
        picture=picture,
    )


def _profile_name(profile: int, constraints: int) -> str:
    name = PROFILE_NAMES.get(profile, f"profile {profile}")
    if profile == 66 and constraints & CONSTRAINT_SET1:
        return f"Constrained {name}"
    if profile in {110, 122, 244} and constraints & CONSTRAINT_SET3:
        return name.replace(" Predictive", "") + " Intra"
    return name


def _level_name(profile: int, constraints: int, level: int) -> str:
    if level == 9 or (level == 11 and profile in {66, 77, 88} and constraints & CONSTRAINT_SET3):
        return "1b"
    return f"{level / 10:.1f}"


def _read_configuration(record: bytes) -> _Configuration:
    """`AVCDecoderConfigurationRecord` (ISO/IEC 14496-15 §5.3.3.1)."""
    bits = Bits(record, "avcC")
    if bits.u(8) != 1:
        raise bits.broken("configurationVersion is not 1")
    profile, constraints, level = bits.u(8), bits.u(8), bits.u(8)
    bits.skip(6 + 2 + 3)
    sequence_sets = [bits.take(bits.u(16)) for _ in range(bits.u(5))]
    picture_sets = [bits.take(bits.u(16)) for _ in range(bits.u(8))]
    return _Configuration(profile, constraints, level, (*sequence_sets[:1], *picture_sets[:1]))


def read_sps(nal: bytes) -> Picture:
    """`seq_parameter_set_data()` up to the colour of its VUI."""
    bits = Bits(without_emulation_prevention(nal), "avcC/SPS", position=8)
    profile = bits.u(8)
    bits.skip(16)
    bits.ue()  # seq_parameter_set_id
    chroma, depth = _read_chroma(bits) if profile in PROFILES_WITH_CHROMA else (1, 8)
    bits.ue()  # log2_max_frame_num_minus4
    _skip_picture_order(bits)
    bits.ue()  # max_num_ref_frames
    bits.skip(1)
    width = 16 * (bits.bounded_ue(MAX_SIDE_MACROBLOCKS, "width in macroblocks") + 1)
    map_units = bits.bounded_ue(MAX_SIDE_MACROBLOCKS, "height in map units") + 1
    frames_only = bits.flag()
    height = 16 * map_units * (1 if frames_only else 2)
    bits.skip(1 if frames_only else 2)  # mb_adaptive_frame_field_flag, direct_8x8_inference_flag
    if bits.flag():
        left, right, top, bottom = bits.ue(), bits.ue(), bits.ue(), bits.ue()
        unit_x = 2 if chroma in {1, 2} else 1
        unit_y = (2 if chroma == 1 else 1) * (1 if frames_only else 2)
        width, height = width - unit_x * (left + right), height - unit_y * (top + bottom)
    if width <= 0 or height <= 0:
        raise bits.broken("crops the whole picture away")
    picture = Picture(width, height, depth, CHROMA_NAMES[chroma])
    aspect, colour = _read_vui(bits)
    return picture._replace(pixel_aspect=aspect, colour=colour)


def _read_vui(bits: Bits) -> tuple[Fraction | None, Colour | None]:
    """Encoders exist that cut their VUI short; players then go on without it."""
    try:
        return read_vui(bits) if bits.flag() else (None, None)
    except Malformed:
        return None, None


def _read_chroma(bits: Bits) -> tuple[int, int]:
    """chroma_format_idc and luma bit depth; scaling lists passed over."""
    chroma = bits.bounded_ue(3, "chroma_format_idc")
    if chroma == 3:
        bits.skip(1)  # separate_colour_plane_flag
    depth = 8 + bits.bounded_ue(6, "bit_depth_luma_minus8")
    bits.ue()  # bit_depth_chroma_minus8
    bits.skip(1)
    if bits.flag():
        for index in range(8 if chroma != 3 else 12):
            if bits.flag():
                _skip_scaling_list(bits, 16 if index < 6 else 64)
    return chroma, depth


def _skip_scaling_list(bits: Bits, size: int) -> None:
    last = scale = 8
    for _ in range(size):
        if scale:
            scale = (last + bits.se()) % 256
        last = scale or last


def _skip_picture_order(bits: Bits) -> None:
    order_type = bits.bounded_ue(2, "pic_order_cnt_type")
    if order_type == 0:
        bits.ue()
    elif order_type == 1:
        bits.skip(1)
        bits.se()
        bits.se()
        for _ in range(bits.bounded_ue(MAX_POC_CYCLE, "num_ref_frames_in_pic_order_cnt_cycle")):
            bits.se()
