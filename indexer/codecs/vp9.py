"""VP9 in ISO files: `vpcC` (VP Codec ISO Media File Format Binding 1.0)."""

from __future__ import annotations

from indexer.box_tree import REMUX
from indexer.codecs import colour as colour_boxes
from indexer.codecs.bits import Bits
from indexer.codecs.media_format import Colour
from indexer.codecs.sample_entry import VisualEntry
from indexer.codecs.video import Picture, VideoCodec
from indexer.errors import Unsupported

CHROMA_NAMES = ("4:2:0", "4:2:0", "4:2:2", "4:4:4", "4:4:0")
CHROMA_420_COLLOCATED = 1


def describe(entry: VisualEntry) -> VideoCodec:
    bits = Bits(entry.children.need("vpcC"), "vpcC")
    if bits.u(8) != 1:
        raise Unsupported("vpcC of a version before 1", remedy=REMUX, where="vpcC")
    bits.skip(24)
    profile, level, depth, chroma, full_range = bits.u(8), bits.u(8), bits.u(4), bits.u(3), bits.flag()
    stated = Colour(bits.u(8), bits.u(8), bits.u(8), full_range)
    colour = colour_boxes.from_boxes(entry.children) or stated
    tail = ""
    if chroma > CHROMA_420_COLLOCATED or not colour.is_default:
        optional = (chroma, colour.primaries, colour.transfer, colour.matrix, colour.full_range)
        tail = "".join(f".{value:02d}" for value in optional)
    return VideoCodec(
        family="vp9",
        fourcc=entry.fourcc,
        codecs=f"{entry.fourcc}.{profile:02d}.{level:02d}.{depth:02d}{tail}",
        name=f"VP9 Profile {profile}@{level / 10:.1f}",
        picture=Picture(
            entry.width,
            entry.height,
            depth,
            CHROMA_NAMES[chroma] if chroma < len(CHROMA_NAMES) else "",
            colour=stated,
        ),
    )
