"""`stts` and `ctts`: when samples are decoded and presented (ISO/IEC 14496-12 §8.6.1), in ticks.

Two abuses are served, because players play them. Offsets of `ctts` are signed whatever its version says:
QuickTime writes negative ones as version 0. And some recorders write a negative delta in `stts` to take
back time that they lost: read as signed, decode times would run backwards, so the decode time waits where
it was and the composition offset carries the difference; every presentation time stays as it was meant.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from itertools import accumulate, compress
from operator import add, sub

from indexer.box_tree import Box, required
from indexer.codes import expanded
from indexer.demux.columns import big_endian, collapsed
from indexer.demux.reading import Reading
from indexer.demux.tables import counted_rows
from indexer.track import Column

_SIGN_BIT = 1 << 31


def read_times(
    tables: dict[str, Box], stbl: Box, *, sample_count: int, reading: Reading
) -> tuple[Column, Column]:
    """Durations and composition offsets of the samples."""
    stts = required(tables, "stts", stbl)
    counts, deltas = _runs(stts)
    if not counts:
        raise stts.malformed("gives no durations")
    offsets: Column = 0
    if "ctts" in tables:
        ctts = tables["ctts"]
        offset_counts, unsigned = _runs(ctts)
        offset_counts, unsigned = _fitted(offset_counts, unsigned, sample_count, 0, ctts, reading)
        offsets = _column(offset_counts, array("i", unsigned.tobytes()), ctts, reading)
    counts, deltas = _fitted(counts, deltas, sample_count, deltas[-1], stts, reading)
    if max(deltas) >= _SIGN_BIT:
        reading.spend(32 * sample_count, stts)
        reading.notes.append(f"{stts.where}: takes time back; decode times wait for it")
        return _monotonic(expanded(counts, array("i", deltas.tobytes())), offsets, stts)
    # Fewer than 2**32 samples of less than 2**31 ticks: the sum is within `limits.MAX_TICKS`.
    return _column(counts, deltas, stts, reading), offsets


def _runs(box: Box) -> tuple[array[int], array[int]]:
    words = big_endian(counted_rows(box, 8), "I")
    return words[0::2], words[1::2]


def _fitted(
    counts: array[int], values: array[int], sample_count: int, filler: int, box: Box, reading: Reading
) -> tuple[array[int], array[int]]:
    """The runs for exactly `sample_count` samples: surplus is cut, missing rows are `filler`."""
    if len(counts) > sample_count:  # then some runs are of no sample, and cost time
        counts, values = array("I", compress(counts, counts)), array("I", compress(values, counts))
    listed = sum(counts)
    if listed == sample_count:
        return counts, values
    reading.notes.append(f"{box.where}: lists {listed} samples where there are {sample_count}")
    if listed < sample_count:
        return counts + array("I", [sample_count - listed]), values + array("I", [filler])
    ends = array("Q", accumulate(counts))
    used = bisect_left(ends, sample_count) + 1
    counts, values = counts[:used], values[:used]
    counts[-1] -= ends[used - 1] - sample_count
    return counts, values


def _column(counts: array[int], values: array[int], box: Box, reading: Reading) -> Column:
    if isinstance(constant := collapsed(values), int):
        return constant
    reading.spend(4 * sum(counts), box)
    return collapsed(expanded(counts, values))


def _monotonic(deltas: array[int], offsets: Column, stts: Box) -> tuple[Column, Column]:
    """Durations that never run backwards, and offsets that make up for it."""
    meant = array("q", accumulate(deltas, initial=0))
    decoded = array("q", accumulate(meant, max))
    lags = map(sub, meant, decoded)
    try:
        if isinstance(offsets, int):
            shifted = array("i", (offsets + lag for lag in lags))
            shifted.pop()  # `meant` has one time more than there are samples: the end
        else:
            shifted = array("i", map(add, offsets, lags))
    except OverflowError as error:
        raise stts.malformed("takes back more time than a composition offset can hold") from error
    return collapsed(array("I", map(sub, decoded[1:], decoded))), collapsed(shifted)
