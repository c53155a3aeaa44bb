"""A box, and what several boxes have: for headers, of which there are few. Fragments are in `fragment`."""

from __future__ import annotations

import struct

UNITY_MATRIX = (0x0001_0000, 0, 0, 0, 0x0001_0000, 0, 0, 0, 0x4000_0000)
"""Of `mvhd` and `tkhd` (ISO/IEC 14496-12 §8.2.2, §8.3.2): pictures as they are."""


def box(fourcc: str, *parts: bytes) -> bytes:
    """One whose size has 32 bits (§4.2)."""
    size = 8 + sum(map(len, parts))
    return b"".join((struct.pack(">I4s", size, fourcc.encode("latin-1")), *parts))
