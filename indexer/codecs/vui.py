"""The head of `vui_parameters()`, the same in H.264 (§E.1.1) and HEVC (§E.2.1): pixel aspect and colour."""

from __future__ import annotations

from fractions import Fraction

from indexer.codecs.bits import Bits
from indexer.codecs.media_format import Colour
from indexer.codecs.shape import ratio

SAMPLE_ASPECT_RATIOS = (
    (0, 0), (1, 1), (12, 11), (10, 11), (16, 11), (40, 33), (24, 11), (20, 11), (32, 11),
    (80, 33), (18, 11), (15, 11), (64, 33), (160, 99), (4, 3), (3, 2), (2, 1),
)  # fmt: skip
"""SampleAspectRatio of ISO/IEC 23091-2 (H.273 table 11); 255 says that the ratio follows."""
EXTENDED_SAR = 255


def read_vui(bits: Bits) -> tuple[Fraction | None, Colour | None]:
    aspect = colour = None
    if bits.flag():
        ratio_idc = bits.u(8)
        if ratio_idc == EXTENDED_SAR:
            aspect = ratio(bits.u(16), bits.u(16))
        elif ratio_idc < len(SAMPLE_ASPECT_RATIOS):
            aspect = ratio(*SAMPLE_ASPECT_RATIOS[ratio_idc])
    if bits.flag():
        bits.skip(1)  # overscan_appropriate_flag
    if bits.flag():
        bits.skip(3)  # video_format
        full_range = bits.flag()
        described = bits.flag()
        points = (bits.u(8), bits.u(8), bits.u(8)) if described else (2, 2, 2)
        colour = Colour(*points, full_range)
    return aspect, colour
