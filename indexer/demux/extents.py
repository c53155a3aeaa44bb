"""Do the samples of a track lie within the file? Answered a chunk at a time, and mostly without that.

Offsets and sizes are bytes.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import accumulate, chain, pairwise

from indexer.box_tree import Box
from indexer.codes import at_most
from indexer.demux.columns import total
from indexer.demux.reading import Reading
from indexer.track import Samples


def check_extents(samples: Samples, box: Box, reading: Reading) -> None:
    """Refuse samples that lie past the end of the file, or that add up to more than the file.

    `box` is blamed. Only chunks that start within the largest possible chunk of the end are added up.
    """
    sizes, file_bytes = samples.size_bytes, reading.source.size_bytes
    offsets, counts = samples.chunk_offset, samples.chunk_samples
    largest_sample = sizes if isinstance(sizes, int) else at_most(sizes)
    last_safe = file_bytes - largest_sample * at_most(counts)
    first = len(offsets)
    while first and offsets[first - 1] > last_safe:
        first -= 1
    if max(offsets[:first], default=0) > last_safe:  # not in the order of the file
        first = 0
    stop = samples.count - sum(counts[first:])
    for offset, held in zip(offsets[first:], counts[first:], strict=True):
        stop += held
        end = offset + total(sizes if isinstance(sizes, int) else sizes[stop - held : stop], held)
        if end > file_bytes:
            raise reading.past_end(f"a chunk lies at bytes [{offset}, {end}) of {file_bytes}", box)
    reading.refer(samples.byte_count, box)


def check_surplus(samples: Samples, surplus_offset: Sequence[int], box: Box) -> None:
    """Refuse chunks that run into the next one where some are left without a sample: too many are said to be
    in others then, and nothing tells where the samples behind them lie. `box` is blamed.
    """
    sizes = samples.size_bytes
    if isinstance(sizes, int):
        lengths = [held * sizes for held in samples.chunk_samples]
    else:
        ends = array("Q", accumulate(sizes, initial=0))
        stops = accumulate(samples.chunk_samples, initial=0)
        lengths = [ends[stop] - ends[start] for start, stop in pairwise(stops)]
    following = chain(samples.chunk_offset[1:], surplus_offset[:1])
    for offset, length, beyond in zip(samples.chunk_offset, lengths, following, strict=True):
        if offset < beyond < offset + length:
            raise box.malformed(f"lets the chunk at byte {offset} run into the next one, at {beyond}")
