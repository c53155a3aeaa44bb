"""`stbl` to `Samples`: the tables of a progressive MP4 (ISO/IEC 14496-12 §8.5 to §8.7) as columns.

Every count is held against the bytes behind it, or against the reading's budget, before anything is
allocated. Tables that contradict each other are refused where a choice would change bytes or times;
where players agree on what to ignore, it is ignored with a note. Sample sizes are read here, the other
tables in modules of their own. Samples are counted from 0 here and from 1 in messages, as in the tables.
"""

from __future__ import annotations

from array import array

from indexer.box_tree import Box, first_of_each, required
from indexer.demux.chunk_table import read_chunks
from indexer.demux.columns import big_endian, collapsed, nibbles, total, widened
from indexer.demux.extents import check_extents, check_surplus
from indexer.demux.reading import Reading
from indexer.demux.sample_flags import read_flags
from indexer.demux.tables import rows, word
from indexer.demux.time_table import read_times
from indexer.track import Column, Samples

NO_SAMPLES = Samples(0, 0, 0, 0, 0, array("Q"), array("I"), 0, 0)


def read_samples(
    stbl: Box, *, handler: str, description_count: int, reading: Reading, frame_bytes: int = 0
) -> Samples:
    """The samples of one track; none is fine (a fragmented movie, an empty track).

    `frame_bytes` is what a sample of uncompressed sound has. QuickTime writes 1 as the size of each, and
    means a frame (QTFF "Sample Size Atoms").
    """
    tables = first_of_each(stbl)
    count, sizes = _read_sizes(tables, stbl, reading)
    if sizes == 1 and frame_bytes:
        sizes = frame_bytes
    if not count:
        return NO_SAMPLES
    chunks = read_chunks(
        tables, stbl, sample_count=count, description_count=description_count, reading=reading
    )
    duration_ticks, composition_ticks = read_times(tables, stbl, sample_count=count, reading=reading)
    samples = Samples(
        count=count,
        size_bytes=sizes,
        duration_ticks=duration_ticks,
        composition_ticks=composition_ticks,
        flags=read_flags(tables, handler=handler, sample_count=count, reading=reading),
        chunk_offset=chunks.offset,
        chunk_samples=chunks.samples,
        chunk_description=chunks.description,
        byte_count=total(sizes, count),
    )
    check_extents(samples, stbl, reading)
    if chunks.surplus_offset:
        check_surplus(samples, chunks.surplus_offset, tables["stsc"])
    return samples


def _read_sizes(tables: dict[str, Box], stbl: Box, reading: Reading) -> tuple[int, Column]:
    """Number of samples, and their sizes (§8.7.3)."""
    if reading.fragmented and not {"stsz", "stz2"} & tables.keys():
        return 0, 0
    if "stz2" in tables and "stsz" not in tables:
        return _read_stz2(tables["stz2"], reading)
    stsz = required(tables, "stsz", stbl)
    size, count = word(stsz, 4), word(stsz, 8)
    if size:
        return count, size
    table = rows(stsz, 12, count, 4)
    reading.spend(4 * count, stsz)
    return count, collapsed(big_endian(table, "I"))


def _read_stz2(stz2: Box, reading: Reading) -> tuple[int, Column]:
    field_bits, count = word(stz2, 4) & 0xFF, word(stz2, 8)
    if field_bits not in {4, 8, 16}:
        raise stz2.malformed(f"has a field size of {field_bits} bits; 4, 8 and 16 are defined")
    table = rows(stz2, 12, (count * field_bits + 7) // 8, 1)
    reading.spend(4 * count, stz2)
    if field_bits == 4:
        table = memoryview(nibbles(bytes(table)))[:count]
    return count, collapsed(widened(table, max(field_bits // 8, 1), "I"))
