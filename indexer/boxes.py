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
    IfThenElse,
    Int8ub,
    Int16sb,
    Int16ub,
    Int24ub,
    Int32sb,
    Int32ub,
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

TREX = Struct(  # §8.8.3
    *FULL_BOX,
    "track_id" / Int32ub,
    "default_sample_description_index" / Int32ub,
    "default_sample_duration" / Int32ub,
    "default_sample_size" / Int32ub,
    "default_sample_flags" / Int32ub,
)


def read(declaration: Construct, box: Box) -> Any:
    """The fields of `box` as `declaration` names them; `Malformed` when the box is too short for them."""
    try:
        return declaration.parse(box.body)
    except ConstructError as error:
        raise box.malformed(f"is too short for its fields ({len(box.body)} bytes)") from error
