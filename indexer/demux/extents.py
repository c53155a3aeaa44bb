"""Do the samples of a track lie within the file? Answered a chunk at a time, and mostly without that.

Offsets and sizes are bytes.
"""

from __future__ import annotations

from array import array
from itertools import accumulate

from indexer.box_tree import Box
from indexer.demux.reading import Reading
from indexer.track import Samples


def check_extents(samples: Samples, box: Box, reading: Reading) -> None:
    """Refuse samples that lie past the end of the file, or that add up to more than the file.

    `box` is blamed. Only chunks that start within the largest possible chunk of the end are added up.
    """
    sizes, file_bytes = samples.size_bytes, reading.source.size_bytes
    if isinstance(sizes, int):
        referenced_bytes, largest_sample = sizes * samples.count, sizes
    else:
        referenced_bytes, largest_sample = sum(sizes), max(sizes, default=0)
    last_safe = file_bytes - largest_sample * max(samples.chunk_samples, default=0)
    suspects = []
    if max(samples.chunk_offset, default=0) > last_safe:
        suspects = [chunk for chunk, offset in enumerate(samples.chunk_offset) if offset > last_safe]
        first_sample = array("Q", accumulate(samples.chunk_samples, initial=0))
    for chunk in suspects:
        first, stop = first_sample[chunk], first_sample[chunk + 1]
        chunk_bytes = (stop - first) * sizes if isinstance(sizes, int) else sum(sizes[first:stop])
        end = samples.chunk_offset[chunk] + chunk_bytes
        if end > file_bytes:
            raise reading.past_end(f"chunk {chunk + 1} ends at byte {end}, the file at {file_bytes}", box)
    reading.refer(referenced_bytes, box)
