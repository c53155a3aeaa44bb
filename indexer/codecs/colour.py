"""Colour and the shape of pixels: `colr`, `pasp`, `clap` (ISO/IEC 14496-12 §12.1.4–5), and H.26x's VUI.

Container boxes take precedence over what the bitstream says; QuickTime's `nclc` becomes ISO's `nclx`.
"""

from __future__ import annotations

import struct
from fractions import Fraction

from indexer.codecs.bits import Bits
from indexer.codecs.media_format import Colour
from indexer.codecs.sample_entry import Child, Children, box

SAMPLE_ASPECT_RATIOS = (
    (0, 0), (1, 1), (12, 11), (10, 11), (16, 11), (40, 33), (24, 11), (20, 11), (32, 11),
    (80, 33), (18, 11), (15, 11), (64, 33), (160, 99), (4, 3), (3, 2), (2, 1),
)  # fmt: skip
"""SampleAspectRatio of ISO/IEC 23091-2 (H.273 table 11); 255 says that the ratio follows."""
EXTENDED_SAR = 255


def from_boxes(children: Children) -> Colour | None:
    """The first `colr` that gives code points."""
    for child in children.boxes:
        kind, body = child.payload[:4], child.payload[4:]
        if child.fourcc == "colr" and kind in {b"nclx", b"nclc"} and len(body) >= 6:
            full_range = kind == b"nclx" and len(body) >= 7 and body[6] >= 0x80
            primaries, transfer, matrix = struct.unpack_from(">HHH", body)
            return Colour(primaries, transfer, matrix, full_range)
    return None


def iso_colr(child: Child) -> bytes:
    """A `colr` box as ISO writes it."""
    if child.payload[:4] == b"nclc" and len(child.payload) >= 10:
        return box("colr", b"nclx", child.payload[4:10], b"\0")
    return child.whole()


def read_vui(bits: Bits) -> tuple[Fraction | None, Colour | None]:
    """The head of `vui_parameters()`, the same in H.264 (§E.1.1) and HEVC (§E.2.1): pixel aspect, colour."""
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


def ratio(width: int, height: int) -> Fraction | None:
    return Fraction(width, height) if width and height else None


def pixel_aspect(children: Children) -> Fraction | None:
    """`pasp`: hSpacing over vSpacing."""
    payload = children.find("pasp")
    if payload is None or len(payload) < 8:
        return None
    return ratio(*struct.unpack_from(">II", payload))


def clean_aperture(children: Children) -> tuple[Fraction, Fraction] | None:
    """`clap`: width and height of what is meant to be seen, in pixels; the offsets do not change the size."""
    payload = children.find("clap")
    if payload is None or len(payload) < 32:
        return None
    width_n, width_d, height_n, height_d = struct.unpack_from(">4I", payload)
    width, height = ratio(width_n, width_d), ratio(height_n, height_d)
    return (width, height) if width and height else None
