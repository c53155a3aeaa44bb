"""`stsc` with `stco` or `co64`: where the chunks of a track lie (ISO/IEC 14496-12 §8.7.4, §8.7.5).

Offsets are bytes of the archive. Chunks are counted from 0 here and from 1 in messages, as in the tables.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from itertools import accumulate
from typing import NamedTuple

from indexer.box_tree import Box, required
from indexer.codes import are_all, expanded, subtracted
from indexer.demux.columns import big_endian, collapsed, widened
from indexer.demux.reading import Reading
from indexer.demux.tables import counted_rows
from indexer.track import Column


class Chunks(NamedTuple):
    """The `chunk_*` columns of `Samples`. `surplus_offset`: of chunks that are left without a sample."""

    offset: array[int]
    samples: array[int]
    description: Column
    surplus_offset: array[int]


def read_chunks(
    tables: dict[str, Box], stbl: Box, *, sample_count: int, description_count: int, reading: Reading
) -> Chunks:
    """The chunks that hold `sample_count` samples; what the tables list beyond is dropped with a note."""
    offset = _read_offsets(tables, stbl, reading)
    stsc = required(tables, "stsc", stbl)
    samples, description = _read_runs(stsc, len(offset), description_count, reading)
    surplus, surplus_offset = sum(samples) - sample_count, array("Q")
    if surplus < 0:
        raise stsc.malformed(f"chunks hold {sum(samples)} samples, the size table lists {sample_count}")
    if surplus:
        reading.notes.append(f"{stbl.where}: chunks have room for {surplus} samples more than there are")
        used = _chunks_needed(samples, sample_count)
        offset, samples, surplus_offset = offset[:used], samples[:used], offset[used:]
        samples[-1] -= sum(samples) - sample_count
        description = description if isinstance(description, int) else collapsed(description[:used])
    return Chunks(offset, samples, description, surplus_offset)


def _read_offsets(tables: dict[str, Box], stbl: Box, reading: Reading) -> array[int]:
    narrow = tables.get("stco")
    table = narrow or tables.get("co64")
    if not table:
        raise stbl.malformed("has neither 'stco' nor 'co64'")
    rows = counted_rows(table, 4 if narrow else 8)
    reading.spend(len(rows) * 2 if narrow else len(rows), table)
    return widened(rows, 4, "Q") if narrow else big_endian(rows, "Q")


def _read_runs(
    stsc: Box, chunk_count: int, description_count: int, reading: Reading
) -> tuple[array[int], Column]:
    """Samples in each chunk, and the 0-based description of each: `stsc` has a row a run of like chunks."""
    words = big_endian(counted_rows(stsc, 12), "I")
    first, samples, description = words[0::3], words[1::3], words[2::3]
    if first and first[-1] > chunk_count:
        used = bisect_right(first, chunk_count)
        reading.notes.append(f"{stsc.where}: lists {len(first) - used} runs of chunks that are not there")
        first, samples, description = first[:used], samples[:used], description[:used]
    if not first or first[0] != 1:
        raise stsc.malformed(f"does not cover chunks 1 to {chunk_count}")
    stops = first[1:]
    stops.append(chunk_count + 1)
    runs = subtracted(stops, first)
    if runs is None or not all(runs):
        raise stsc.malformed("does not list its runs of chunks in ascending order")
    if not all(samples):
        raise stsc.malformed("has a chunk without samples")
    named = {description[0]} if are_all(description, description[0]) else {*description}
    if description_count == 1 and {0} <= named <= {0, 1}:  # from 0, as some writers count
        named = {1}
    if not 1 <= min(named) <= max(named) <= description_count:
        raise stsc.malformed(f"names a sample description beyond the {description_count} in 'stsd'")
    reading.spend(8 * chunk_count, stsc)
    if len(named) == 1:
        return expanded(runs, samples), named.pop() - 1
    return expanded(runs, samples), expanded(runs, array("I", (number - 1 for number in description)))


def _chunks_needed(samples: array[int], sample_count: int) -> int:
    return next(chunk for chunk, held in enumerate(accumulate(samples), start=1) if held >= sample_count)
