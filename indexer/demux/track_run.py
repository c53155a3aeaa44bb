"""The boxes of a track fragment: `tfhd`, `tfdt`, `trun` (ISO/IEC 14496-12 §8.8.7, §8.8.12, §8.8.8) and `tfxd`
to the run of samples they describe.

A long recording has a hundred thousand of each. Offsets are bytes of the archive, times ticks of the track.
"""

from __future__ import annotations

import struct
from array import array
from typing import NamedTuple

from indexer import boxes
from indexer.box_tree import Box, children
from indexer.demux.columns import big_endian, total
from indexer.demux.reading import Reading
from indexer.demux.tables import rows
from indexer.track import Column

DEFAULT_BASE_IS_MOOF = 0x02_0000
"""Of `tfhd` (§8.8.7.1)."""

TFXD_UUID = bytes.fromhex("6d1d9b0542d544e680e2141daff757b2")
"""Start and duration of a track fragment ([MS-SSTR] §2.2.4.4), from before there was `tfdt`."""

_ROW_BITS = 0x100, 0x200, 0x400, 0x800
"""Flags of `trun` for the fields of a row: duration, size, flags, composition offset (§8.8.8.1)."""

_TWO_WORDS = struct.Struct(">II")
_WORD = struct.Struct(">I")
_SIGNED_WORD = struct.Struct(">i")
_LONG = struct.Struct(">Q")
_SIGNED_LONG = struct.Struct(">q")


class Defaults(NamedTuple):
    """What samples are like where their run does not say. `description` counts from 1, as in the boxes."""

    description: int = 1
    duration: int = 0
    size: int = 0
    flags: int = 0


class FragmentHeader(NamedTuple):
    """A `tfhd` with the defaults of `trex`; `base` is where data offsets count from, if it says so."""

    track_id: int
    base: int | None
    defaults: Defaults


class Run(NamedTuple):
    """Samples that lie back to back in `[offset, end)`; a column that is one number has it for all."""

    trun: Box
    description: int  # 0-based
    offset: int
    end: int
    sample_count: int
    sizes: Column
    durations: Column
    flags: Column
    compositions: Column

    def moved(self, by_bytes: int) -> Run:
        return self._replace(offset=self.offset + by_bytes, end=self.end + by_bytes)


def read_trex(mvex: Box | None) -> dict[int, Defaults]:
    """Defaults by track id (§8.8.3)."""
    found = [boxes.read(boxes.TREX, box) for box in children(mvex) if box.type == "trex"] if mvex else []
    return {
        trex.track_id: Defaults(
            trex.default_sample_description_index,
            trex.default_sample_duration,
            trex.default_sample_size,
            trex.default_sample_flags,
        )
        for trex in found
    }


def read_tfhd(tfhd: Box, moof_offset: int, trex: dict[int, Defaults]) -> FragmentHeader:
    body, at = tfhd.body, 8
    try:
        flags, track_id = _TWO_WORDS.unpack_from(body)
        base = moof_offset if flags & DEFAULT_BASE_IS_MOOF else None
        if flags & 0x01:
            (base,) = _LONG.unpack_from(body, at)
            at += 8
        values = list(trex.get(track_id, Defaults()))
        for index, bit in enumerate((0x02, 0x08, 0x10, 0x20)):
            if flags & bit:
                (values[index],) = _WORD.unpack_from(body, at)
                at += 4
    except struct.error as error:
        raise tfhd.malformed("is too short for its flags") from error
    return FragmentHeader(track_id, base, Defaults(*values))


def start_ticks(parts: list[Box]) -> tuple[int, Box] | None:
    """When a track fragment starts, and the box that says so: `tfdt`, else `tfxd`. `tfxd` may be negative."""
    for box in parts:
        if box.type == "tfdt":
            return _time(box, 4, _WORD, _LONG), box
    for box in parts:
        if box.type == "uuid" and box.body[:16] == TFXD_UUID:
            return _time(box, 20, _WORD, _SIGNED_LONG), box
    return None


def _time(box: Box, at: int, version_0: struct.Struct, version_1: struct.Struct) -> int:
    """The time at byte `at`, after version and flags."""
    try:
        (ticks,) = (version_1 if box.body[at - 4] == 1 else version_0).unpack_from(box.body, at)
    except (struct.error, IndexError) as error:
        raise box.malformed("is too short for its time") from error
    return int(ticks)


def read_trun(trun: Box, base: int, follows: int, defaults: Defaults, reading: Reading) -> Run:
    """`base` is where data offsets count from, `follows` where the samples of a run without one lie."""
    at, offset, first_flags = 8, follows, None
    try:
        flags, count = _TWO_WORDS.unpack_from(trun.body)
        if flags & 0x01:
            offset = base + _SIGNED_WORD.unpack_from(trun.body, at)[0]
            at += 4
        if flags & 0x04:
            (first_flags,) = _WORD.unpack_from(trun.body, at)
            at += 4
    except struct.error as error:
        raise trun.malformed("is too short for its flags") from error
    durations, sizes, sample_flags, compositions = _read_rows(trun, at, count, flags, defaults)
    if sizes == 0:  # neither rows nor media data back their number
        reading.spend(4 * count, trun)
    if first_flags is not None and count:
        sample_flags = _with_first(first_flags, sample_flags, count, trun, reading)
    return Run(
        trun=trun,
        description=max(defaults.description, 1) - 1,  # some writers leave 0 where there is only one
        offset=offset,
        end=offset + total(sizes, count),
        sample_count=count,
        sizes=sizes,
        durations=durations,
        flags=sample_flags,
        compositions=compositions,
    )


def _read_rows(trun: Box, at: int, count: int, flags: int, defaults: Defaults) -> list[Column]:
    """Duration, size, flags and composition offset of the samples, in the order of a row."""
    columns: list[Column] = [defaults.duration, defaults.size, defaults.flags, 0]
    present = [index for index, bit in enumerate(_ROW_BITS) if flags & bit]
    words = big_endian(rows(trun, at, count, 4 * len(present)), "I")
    for place, index in enumerate(present):
        columns[index] = words[place::len(present)]
    if isinstance(offsets := columns[-1], array):
        # Signed in every version: QuickTime and others write negative ones as version 0.
        columns[-1] = array("i", offsets.tobytes())
    return columns


def _with_first(first: int, flags: Column, count: int, trun: Box, reading: Reading) -> Column:
    """The flags of a run, but for the first sample."""
    if isinstance(flags, int):
        if first == flags or count == 1:
            return first
        reading.spend(4 * count, trun)
        flags = array("I", [flags]) * count
    flags[0] = first
    return flags
