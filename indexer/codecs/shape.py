"""The shape of a picture: which part of it is meant to be seen, and how wide its pixels are.

`pasp`, `clap` (ISO/IEC 14496-12 §12.1.4), the sizes of the entry and of `tkhd`. Sizes are pixels; aspects are
width over height.
"""

from __future__ import annotations

import struct
from fractions import Fraction

from indexer.codecs.sample_entry import Children, VisualEntry
from indexer.codecs.video import Picture

MAX_ASPECT = Fraction(100)
MACROBLOCK = 16
TRACK_SIZE_TOLERANCE = Fraction(2, 100)
"""Muxers round `tkhd` sizes; a ratio this near to 1 is square pixels."""


def seen_size(entry: VisualEntry, picture: Picture) -> tuple[Fraction | int, Fraction | int]:
    """What is meant to be seen, in pixels: the clean aperture, else the entry's size where it cuts off less
    than a macroblock that the encoder forgot to crop, else the picture.
    """
    aperture = _clean_aperture(entry.children)
    if aperture and aperture[0] <= picture.width and aperture[1] <= picture.height:
        return aperture
    cut_x, cut_y = picture.width - entry.width, picture.height - entry.height
    if entry.width and entry.height and 0 <= cut_x < MACROBLOCK and 0 <= cut_y < MACROBLOCK:
        return entry.width, entry.height
    return picture.width, picture.height


def pixel_aspect(entry: VisualEntry, picture: Picture, track_size: tuple[int, int]) -> Fraction:
    """Of `pasp`, else of the bitstream, else what `tkhd` makes of the size seen (as QuickTime does)."""
    stated = _pasp(entry.children) or picture.pixel_aspect
    if stated:
        return stated
    (seen_width, seen_height), (track_width, track_height) = seen_size(entry, picture), track_size
    implied = ratio(track_width * seen_height, track_height * seen_width)
    return implied if implied and abs(implied - 1) > TRACK_SIZE_TOLERANCE else Fraction(1)


def ratio(width: int | Fraction, height: int | Fraction) -> Fraction | None:
    """An aspect ratio; None where a term is 0 or no picture could be meant."""
    if not (width and height):
        return None
    aspect = Fraction(width) / height
    return aspect if 1 / MAX_ASPECT <= aspect <= MAX_ASPECT else None


def _pasp(children: Children) -> Fraction | None:
    """`pasp`: hSpacing over vSpacing."""
    payload = children.find("pasp")
    if payload is None or len(payload) < 8:
        return None
    return ratio(*struct.unpack_from(">II", payload))


def _clean_aperture(children: Children) -> tuple[Fraction, Fraction] | None:
    """`clap`: width and height of what is meant to be seen, in pixels; the offsets do not change the size."""
    payload = children.find("clap")
    if payload is None or len(payload) < 32:
        return None
    width_n, width_d, height_n, height_d = struct.unpack_from(">4I", payload)
    if not (width_n and width_d and height_n and height_d):
        return None
    return Fraction(width_n, width_d), Fraction(height_n, height_d)
