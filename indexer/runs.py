"""Chunks of all served tracks ─▶ the runs of each segment, in file order, as codes.

A run is samples of one track that lie back to back in the archive, within one segment; a hole is what
lies between two runs. Both are named by a code, since an archive has few distinct shapes of them: see
`app.idx.layout`. Offsets and lengths are bytes; sample numbers count from 0 in decode order.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import accumulate, chain, repeat
from operator import itemgetter, mul, sub

from app.idx.layout import HOLE
from indexer.track import Samples

_OFFSET = itemgetter(0)
Run = tuple[int, int, int, int]  # offset, track, samples, bytes


@dataclass(frozen=True, slots=True)
class RunTables:
    """The columns `run.code`, `run_kind.*`, `segment.run` and `segment.offset`."""

    code: array[int]
    kind_track: array[int]
    kind_extent: array[int]
    segment_run: array[int]
    segment_offset: array[int]


class ChunkMap:
    """Where the samples of one track lie: chunks with their first samples and lengths."""

    def __init__(self, samples: Samples) -> None:
        self.offsets = samples.chunk_offset
        self.counts = samples.chunk_samples
        self.first_sample = array("Q", accumulate(samples.chunk_samples, initial=0))
        self._size = samples.size_bytes
        if isinstance(self._size, int):
            self.lengths = array("Q", map(mul, self.counts, repeat(self._size)))
        else:
            self._at_sample = array("Q", accumulate(self._size, initial=0))
            at_chunk = array("Q", map(self._at_sample.__getitem__, self.first_sample))
            self.lengths = array("Q", map(sub, at_chunk[1:], at_chunk))

    def bytes_between(self, first: int, last: int) -> int:
        """The bytes of samples `[first, last)`."""
        if isinstance(self._size, int):
            return (last - first) * self._size
        return self._at_sample[last] - self._at_sample[first]

    def runs(self, track: int, first: int, last: int) -> Iterator[Run]:
        """Samples `[first, last)` as runs, in decode order: whole chunks, but for the first and the last."""
        if first == last:
            return
        low = bisect_right(self.first_sample, first) - 1
        high = bisect_left(self.first_sample, last)
        if high - low == 1:
            yield self._part(track, low, first, last)
            return
        yield self._part(track, low, first, self.first_sample[low + 1])
        whole = slice(low + 1, high - 1)
        yield from zip(self.offsets[whole], repeat(track), self.counts[whole], self.lengths[whole])
        yield self._part(track, high - 1, self.first_sample[high - 1], last)

    def _part(self, track: int, chunk: int, first: int, last: int) -> Run:
        skipped = self.bytes_between(self.first_sample[chunk], first)
        return self.offsets[chunk] + skipped, track, last - first, self.bytes_between(first, last)


def tabulate_runs(
    maps: Sequence[ChunkMap], first_samples: Sequence[Sequence[int]], segments: int
) -> RunTables:
    """`first_samples[t]` has the first sample of every segment of track t, and their number."""
    codes: dict[tuple[int, int], int] = {}
    all_codes = array("I")
    segment_run, segment_offset = array("I", [0]), array("Q")
    for segment in range(segments):
        runs = _in_file_order(
            [
                list(chunk_map.runs(track, starts[segment], starts[segment + 1]))
                for track, (chunk_map, starts) in enumerate(zip(maps, first_samples, strict=True))
            ]
        )
        segment_offset.append(runs[0][0] if runs else 0)
        all_codes.extend(codes.setdefault(shape, len(codes)) for shape in _shapes(runs))
        segment_run.append(len(all_codes))
    kind_track = array("B", (track for track, _ in codes))
    kind_extent = array("q", (extent for _, extent in codes))
    return RunTables(all_codes, kind_track, kind_extent, segment_run, segment_offset)


def _in_file_order(of_tracks: Sequence[list[Run]]) -> list[Run]:
    """All runs by offset, but those of one track as they are decoded: what lies before its predecessor (in
    an edited archive) follows it all the same, so that samples and runs can be counted off together.
    """
    for own in of_tracks:
        offsets = list(map(_OFFSET, own))
        if offsets != sorted(offsets):
            return list(merge(*of_tracks, key=_OFFSET))
    return sorted(chain.from_iterable(of_tracks), key=_OFFSET)


def _shapes(runs: Sequence[Run]) -> Iterator[tuple[int, int]]:
    """Runs in file order ─▶ (track, samples) and (HOLE, bytes), neighbours of one track joined."""
    current, count, end = HOLE, 0, runs[0][0] if runs else 0
    for offset, track, samples, length in runs:
        begin = offset if length else end  # samples without bytes need no place of their own
        if track == current and begin == end:
            count += samples
        else:
            if current != HOLE:
                yield current, count
                if begin != end:
                    yield HOLE, begin - end
            current, count = track, samples
            end = begin
        end += length
    if current != HOLE:
        yield current, count
