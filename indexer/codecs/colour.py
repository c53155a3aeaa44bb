"""Colour as sample entries state it: `colr` (ISO/IEC 14496-12 §12.1.5).

The box takes precedence over what the bitstream says; QuickTime's `nclc` becomes ISO's `nclx`.
"""

from __future__ import annotations

import struct

from app.cmaf.box import box
from indexer.codecs.media_format import Colour
from indexer.codecs.sample_entry import Child, Children


def from_boxes(children: Children) -> Colour | None:
    """The first `colr` that gives code points other than "unspecified"."""
    for child in children.boxes:
        kind, body = child.payload[:4], child.payload[4:]
        if child.fourcc == "colr" and kind in {b"nclx", b"nclc"} and len(body) >= 6:
            full_range = kind == b"nclx" and len(body) >= 7 and body[6] >= 0x80
            primaries, transfer, matrix = struct.unpack_from(">HHH", body)
            if (primaries, transfer, matrix) != (2, 2, 2):
                return Colour(primaries, transfer, matrix, full_range)
    return None


def iso_colr(child: Child) -> bytes:
    """A `colr` box as ISO writes it."""
    if child.payload[:4] == b"nclc" and len(child.payload) >= 10:
        return box("colr", b"nclx", child.payload[4:10], b"\0")
    return child.whole()
