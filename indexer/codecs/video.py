"""What a video codec's module tells of a sample entry; `indexer.codecs.describe` makes a `MediaFormat`."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from indexer.codecs.media_format import Colour

CHROMA_NAMES = ("4:0:0", "4:2:0", "4:2:2", "4:4:4")
"""chroma_format_idc, as H.264, HEVC and VVC number it."""


class Picture(NamedTuple):
    """What the bitstream's own header says; `None` where it is silent."""

    width: int
    height: int
    bit_depth: int
    chroma: str
    pixel_aspect: Fraction | None = None
    colour: Colour | None = None


class VideoCodec(NamedTuple):
    """`fourcc` and `codecs` as served."""

    family: str
    fourcc: str
    codecs: str
    name: str
    picture: Picture
