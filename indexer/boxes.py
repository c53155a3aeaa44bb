"""The small boxes that the indexer reads, declared: fields of ISO/IEC 14496-12:2022 by their own names.

A declaration covers a box's body (what follows size and type). Tables with an entry a sample or a chunk
are not here: `demux/sample_table.py` reads them as arrays, a hundred times faster. Units are the
standard's: times in ticks of the timescale in force, `width`, `height`, `rate` as 16.16 fixed point.
"""

from __future__ import annotations

from typing import Any

from construct import (
    Array,
    Bytes,
    Construct,
    ConstructError,
    GreedyBytes,
    If,
    IfThenElse,
    Int8ub,
    Int16sb,
    Int16ub,
    Int24ub,
    Int32sb,
    Int32ub,
    Int64sb,
    Int64ub,
    Padding,
    Struct,
    this,
)

from indexer.box_tree import Box

FULL_BOX = ("version" / Int8ub, "flags" / Int24ub)


def by_version(version_0: Construct, version_1: Construct) -> Construct:
    """A field that grew with version 1 of its box."""
    return IfThenElse(this.version == 1, version_1, version_0)


def if_flag(bit: int, field: Construct) -> Construct:
    """A field that is there only when `bit` of the box's flags is set."""
    return If(this.flags & bit, field)


TIME = by_version(Int32ub, Int64ub)
MATRIX = Array(9, Int32sb)

FTYP = Struct("major_brand" / Bytes(4), "minor_version" / Int32ub)  # §4.3

MVHD = Struct(  # §8.2.2; only as far as it is used
    *FULL_BOX,
    "creation_time" / TIME,
    "modification_time" / TIME,
    "timescale" / Int32ub,
    "duration" / TIME,
)

TKHD = Struct(  # §8.3.2
    *FULL_BOX,
    "creation_time" / TIME,
    "modification_time" / TIME,
    "track_id" / Int32ub,
    Padding(4),
    "duration" / TIME,
    Padding(8),
    "layer" / Int16sb,
    "alternate_group" / Int16sb,
    "volume" / Int16sb,
    Padding(2),
    "matrix" / MATRIX,
    "width" / Int32ub,
    "height" / Int32ub,
)

MDHD = Struct(  # §8.4.2
    *FULL_BOX,
    "creation_time" / TIME,
    "modification_time" / TIME,
    "timescale" / Int32ub,
    "duration" / TIME,
    "language" / Int16ub,
)

HDLR = Struct(  # §8.4.3; `pre_defined` is QuickTime's component type
    *FULL_BOX,
    "pre_defined" / Bytes(4),
    "handler_type" / Bytes(4),
    Padding(12),
    "name" / GreedyBytes,
)

ELST = Struct(  # §8.6.6, without its entries
    *FULL_BOX,
    "entry_count" / Int32ub,
)

ELST_ENTRY = by_version(Int32ub, Int64ub), by_version(Int32sb, Int64sb), Int32ub

TREX = Struct(  # §8.8.3
    *FULL_BOX,
    "track_id" / Int32ub,
    "default_sample_description_index" / Int32ub,
    "default_sample_duration" / Int32ub,
    "default_sample_size" / Int32ub,
    "default_sample_flags" / Int32ub,
)

TFHD = Struct(  # §8.8.7
    *FULL_BOX,
    "track_id" / Int32ub,
    "base_data_offset" / if_flag(0x01, Int64ub),
    "sample_description_index" / if_flag(0x02, Int32ub),
    "default_sample_duration" / if_flag(0x08, Int32ub),
    "default_sample_size" / if_flag(0x10, Int32ub),
    "default_sample_flags" / if_flag(0x20, Int32ub),
).compile()

TFDT = Struct(*FULL_BOX, "base_media_decode_time" / TIME).compile()  # §8.8.12

TFXD = Struct(  # [MS-SSTR] §2.2.4.4, a `uuid` box
    "usertype" / Bytes(16),
    *FULL_BOX,
    "fragment_absolute_time" / by_version(Int32ub, Int64sb),  # negative ones are found in the field
    "fragment_duration" / TIME,
)

TRUN = Struct(  # §8.8.8, without its rows
    *FULL_BOX,
    "sample_count" / Int32ub,
    "data_offset" / if_flag(0x01, Int32sb),
    "first_sample_flags" / if_flag(0x04, Int32ub),
).compile()


def read(declaration: Construct, box: Box) -> Any:
    """The fields of `box` as `declaration` names them; `Malformed` when the box is too short for them."""
    try:
        return declaration.parse(box.body)
    except ConstructError as error:
        raise box.malformed(f"is too short for its fields ({len(box.body)} bytes)") from error
