"""Do the samples of a track lie within the file? Answered a chunk at a time, and mostly without that.

Offsets and sizes are bytes.
"""

from __future__ import annotations

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
