"""`trun` to columns: the runs of one track fragment (ISO/IEC 14496-12 §8.8.8), with the defaults of `tfhd`
and `trex` where a row lacks a field. Offsets are bytes of the archive, times ticks of the track.
"""

from __future__ import annotations

from array import array
from typing import Any, NamedTuple

from indexer import boxes
from indexer.box_tree import Box, children
from indexer.demux.columns import big_endian
from indexer.demux.reading import Reading
from indexer.demux.tables import rows

_ROW_FIELDS = _DURATION, _SIZE, _FLAGS, _COMPOSITION = 0x100, 0x200, 0x400, 0x800
"""Fields that a row may have (§8.8.8.1), in this order."""


class Defaults(NamedTuple):
    """What samples are like where their run does not say. `description` counts from 1, as in the boxes."""

    description: int = 1
    duration: int = 0
    size: int = 0
    flags: int = 0

    def over(self, tfhd: Any) -> Defaults:
        """These, but for what the header of a track fragment says."""
        stated = (
            tfhd.sample_description_index,
            tfhd.default_sample_duration,
            tfhd.default_sample_size,
            tfhd.default_sample_flags,
        )
        return Defaults(*(mine if its is None else its for mine, its in zip(self, stated, strict=True)))


class Run(NamedTuple):
    """Samples that lie back to back in `[offset, end)`; columns with an entry a sample."""

    trun: Box
    description: int  # 0-based
    offset: int
    end: int
    sizes: array[int]
    durations: array[int]
    flags: array[int]
    compositions: array[int]

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


def read_run(trun: Box, base: int, follows: int, defaults: Defaults, reading: Reading) -> Run:
    """`base` is where data offsets count from, `follows` where a run without one lies."""
    fields = boxes.read(boxes.TRUN, trun)
    count, flags = fields.sample_count, fields.flags
    header_bytes = 8 + 4 * (fields.data_offset is not None) + 4 * (fields.first_sample_flags is not None)
    present = [field for field in _ROW_FIELDS if flags & field]
    words = big_endian(rows(trun, header_bytes, count, 4 * len(present)), "I")
    reading.spend(4 * len(_ROW_FIELDS) * count, trun)
    columns = {field: words[at::len(present)] for at, field in enumerate(present)}

    def column(field: int, default: int) -> array[int]:
        return columns[field] if field in columns else array("I", [default]) * count

    sample_flags = column(_FLAGS, defaults.flags)
    if count and fields.first_sample_flags is not None:
        sample_flags[0] = fields.first_sample_flags
    sizes = column(_SIZE, defaults.size)
    offset = follows if fields.data_offset is None else base + fields.data_offset
    return Run(
        trun=trun,
        description=max(defaults.description, 1) - 1,  # some writers leave 0 where there is only one
        offset=offset,
        end=offset + sum(sizes),
        sizes=sizes,
        durations=column(_DURATION, defaults.duration),
        flags=sample_flags,
        # Signed in every version: QuickTime and others write negative ones as version 0.
        compositions=array("i", column(_COMPOSITION, 0).tobytes()),
    )
