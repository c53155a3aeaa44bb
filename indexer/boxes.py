"""The small boxes that the indexer reads, declared: fields of ISO/IEC 14496-12:2022 by their own names.

A declaration covers a box's body (what follows size and type), as far as it is used: `x` is what is not.
Tables with an entry a sample or a chunk are not here: `demux/sample_table.py` reads them as arrays. Units are
the standard's: times in ticks of the timescale in force, `width`, `height` as 16.16 fixed point. Times that
grew to 64 bits with version 1 of a box make two layouts of it.
"""

from __future__ import annotations

import struct
from typing import Any, NamedTuple

from indexer.box_tree import Box

FULL_BOX = struct.Struct(">B3x")


class Mvhd(NamedTuple):
    """§8.2.2."""

    timescale: int


class Tkhd(NamedTuple):
    """§8.3.2."""

    version_and_flags: int
    track_id: int
    alternate_group: int
    matrix: tuple[int, ...]
    width: int
    height: int


class Mdhd(NamedTuple):
    """§8.4.2."""

    timescale: int
    language: int


class Hdlr(NamedTuple):
    """§8.4.3."""

    handler_type: bytes
    name: bytes


class Trex(NamedTuple):
    """§8.8.3."""

    track_id: int
    default_sample_description_index: int
    default_sample_duration: int
    default_sample_size: int
    default_sample_flags: int


_MVHD = struct.Struct(">12xI4x"), struct.Struct(">20xI8x")
_TKHD = struct.Struct(">I8xI18xh4x9iII"), struct.Struct(">I16xI22xh4x9iII")
_MDHD = struct.Struct(">12xI4xH"), struct.Struct(">20xI8xH")
_HDLR = struct.Struct(">8x4s12x")
_TREX = struct.Struct(">4x5I")
_ELST = struct.Struct(">B7x")
"""Without its entries (§8.6.6)."""


def read_mvhd(box: Box) -> Mvhd:
    return Mvhd(*_by_version(_MVHD, box))


def read_tkhd(box: Box) -> Tkhd:
    flags, track_id, alternate_group, *matrix, width, height = _by_version(_TKHD, box)
    return Tkhd(flags, track_id, alternate_group, tuple(matrix), width, height)


def read_mdhd(box: Box) -> Mdhd:
    return Mdhd(*_by_version(_MDHD, box))


def read_hdlr(box: Box) -> Hdlr:
    (handler_type,) = _fields(_HDLR, box)
    return Hdlr(handler_type, bytes(box.body[_HDLR.size :]))


def read_trex(box: Box) -> Trex:
    return Trex(*_fields(_TREX, box))


def elst_version(box: Box) -> int:
    (version,) = _fields(_ELST, box)
    return int(version)


def _by_version(layouts: tuple[struct.Struct, struct.Struct], box: Box) -> tuple[Any, ...]:
    (version,) = _fields(FULL_BOX, box)
    return _fields(layouts[version == 1], box)


def _fields(layout: struct.Struct, box: Box) -> tuple[Any, ...]:
    """Raises `Malformed` where the box is too short for its fields."""
    try:
        return layout.unpack_from(box.body)
    except struct.error as error:
        raise box.malformed(f"is too short for its fields ({len(box.body)} bytes)") from error
