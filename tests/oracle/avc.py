"""The `codecs` of H.264 in an init segment, read from its sample entries (ISO/IEC 14496-15 §5.3.3)."""

from __future__ import annotations

import re

_ENTRY = re.compile(rb"(avc[13]).{78}.*?avcC\x01(.{3})", re.DOTALL)
"""A sample entry, its 78 bytes before the boxes; of `avcC` version, profile, constraints and level."""


def avc_codecs(init: bytes) -> set[str]:
    """avc1.64000c and the like; none where there is no H.264."""
    return {f"{match[1].decode()}.{match[2].hex()}" for match in _ENTRY.finditer(init)}
