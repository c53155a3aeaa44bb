"""Rows of a table box, held against the bytes behind them (ISO/IEC 14496-12 §4.2.2, §8.5 to §8.7).

What is common to all tables of `stbl`; what a table means is in the module that reads it.
"""

from __future__ import annotations

import struct

from indexer.box_tree import Box

_WORD = struct.Struct(">I")

FULL_BOX_BYTES = 4
"""Version and flags."""


def word(box: Box, at: int) -> int:
    """The 32-bit number at byte `at` of the body."""
    if at + _WORD.size > len(box.body):
        raise box.malformed("is too short for its fields")
    (value,) = _WORD.unpack_from(box.body, at)
    return int(value)


def rows(box: Box, skip_bytes: int, count: int, row_bytes: int) -> memoryview:
    """The bytes of `count` rows after `skip_bytes` of fields; `Malformed` where they are not there."""
    stop = skip_bytes + count * row_bytes
    if stop > len(box.body):
        raise box.malformed(f"announces {count} rows of {row_bytes} bytes in {len(box.body) - skip_bytes}")
    return box.body[skip_bytes:stop]


def counted_rows(box: Box, row_bytes: int) -> memoryview:
    """The rows of a full box whose only field is `entry_count`."""
    return rows(box, FULL_BOX_BYTES + _WORD.size, word(box, FULL_BOX_BYTES), row_bytes)
