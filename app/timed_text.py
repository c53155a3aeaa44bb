"""Styles of 3GPP timed text (3GPP TS 26.245 §5.16): what the indexer reads, and downloads have."""

from __future__ import annotations

import struct

BOLD, ITALIC, UNDERLINE = 1, 2, 4
"""Face style flags. Our cues have them as tags of WebVTT, in this order."""

FONT = 1
"""The one that downloads name."""

_SIZE, _WHITE = 16, b"\xff" * 4


def style_record(first: int, end: int, face: int) -> bytes:
    """A StyleRecord for the characters from `first` to before `end`."""
    return struct.pack(">HHHBB4s", first, end, FONT, face, _SIZE, _WHITE)
