"""The small boxes that the indexer reads, declared: fields of ISO/IEC 14496-12:2022 by their own names.

A declaration covers a box's body (what follows size and type), as far as it is used. Tables with an entry a
sample or a chunk are not here: `demux/sample_table.py` reads them as arrays, a hundred times faster. Units
are the standard's: times in ticks of the timescale in force, `width`, `height` as 16.16 fixed point.
"""

from __future__ import annotations

from typing import Any

from construct import (
    Bytes,
    Construct,
    ConstructError,
    GreedyBytes,
    IfThenElse,
    Int8ub,
    Int16sb,
    Int16ub,
    Int24ub,
    Int32ub,
    Padding,
    Struct,
    this,
)

from indexer.box_tree import Box

FULL_BOX = ("version" / Int8ub, "flags" / Int24ub)


def skipped_times(count: int) -> Construct:
    """Times that are not used, which grew from 32 to 64 bits with version 1 of their box."""
    return IfThenElse(this.version == 1, Padding(8 * count), Padding(4 * count))


MVHD = Struct(*FULL_BOX, skipped_times(2), "timescale" / Int32ub, skipped_times(1))  # §8.2.2

TKHD = Struct(  # §8.3.2
    *FULL_BOX,
    skipped_times(2),
    "track_id" / Int32ub,
    Padding(4),
    skipped_times(1),
    Padding(10),
    "alternate_group" / Int16sb,
    Padding(4),
    "matrix" / Bytes(36),  # of nine numbers: an element of `Array` costs what a field does
    "width" / Int32ub,
    "height" / Int32ub,
)

MDHD = Struct(  # §8.4.2
    *FULL_BOX, skipped_times(2), "timescale" / Int32ub, skipped_times(1), "language" / Int16ub
)

HDLR = Struct(  # §8.4.3
    *FULL_BOX, Padding(4), "handler_type" / Bytes(4), Padding(12), "name" / GreedyBytes
)

ELST = Struct(*FULL_BOX, "entry_count" / Int32ub)  # §8.6.6, without its entries

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
