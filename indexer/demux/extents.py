"""Do the samples of a track lie within the file? Answered a chunk at a time, and mostly without that.

Offsets and sizes are bytes.
"""

from __future__ import annotations

from itertools import accumulate

from indexer.box_tree import Box
from indexer.demux.columns import total
from indexer.demux.reading import Reading
from indexer.track import Samples


def check_extents(samples: Samples, box: Box, reading: Reading) -> None:
    """Refuse samples that lie past the end of the file, or that add up to more than the file.

    `box` is blamed. Only chunks that start within the largest possible chunk of the end are added up.
    """
    sizes, file_bytes = samples.size_bytes, reading.source.size_bytes
    largest_sample = sizes if isinstance(sizes, int) else max(sizes, default=0)
    last_safe = file_bytes - largest_sample * max(samples.chunk_samples, default=0)
    if max(samples.chunk_offset, default=0) > last_safe:
        for offset, held, stop in zip(
            samples.chunk_offset, samples.chunk_samples, accumulate(samples.chunk_samples), strict=True
        ):
            if offset <= last_safe:
                continue
            end = offset + (held * sizes if isinstance(sizes, int) else sum(sizes[stop - held:stop]))
            if end > file_bytes:
                raise reading.past_end(f"a chunk lies at bytes [{offset}, {end}) of {file_bytes}", box)
    reading.refer(total(sizes, samples.count), box)
