"""Chunks of all served tracks ─▶ the runs of each segment, in file order, as codes.

A run is samples of one track that lie back to back in the archive, within one segment; a hole is what
lies between two runs. Both are named by a code, since most of an archive's are of few shapes: see
`app.idx.layout`. Offsets and lengths are bytes; sample numbers count from 0 in decode order.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import accumulate, chain, compress, count, repeat
from operator import add, eq, itemgetter, mul, sub

from app.idx.layout import CODES, HOLE, LONG
from indexer.track import Samples

MAX_SHORT_EXTENT = 255
_OFFSET = itemgetter(0)
Run = tuple[int, int, int, int]  # offset, track, samples, bytes
Shape = tuple[int, int]  # track, samples; HOLE, bytes


@dataclass(frozen=True, slots=True)
class RunTables:
    """The columns `run.code`, `run.long_extent`, `run_kind.*`, `segment.run`, `.long_run` and `.offset`."""

    code: array[int]
    long_extent: array[int]
    kind_track: array[int]
    kind_extent: array[int]
    segment_run: array[int]
    segment_long: array[int]
    segment_offset: array[int]


class ChunkMap:
    """Where the samples of one track lie: chunks with their first samples and lengths."""

    def __init__(self, samples: Samples) -> None:
        self.offsets = samples.chunk_offset
        self.counts = samples.chunk_samples
        self._size = samples.size_bytes
        self.first_sample: Sequence[int] = range(samples.count + 1)
        self.lengths: Sequence[int]
        is_sample = self.counts.count(1) == len(self.counts)  # every chunk, as ffmpeg interleaves video
        if not is_sample:
            self.first_sample = array("Q", accumulate(self.counts, initial=0))
        if isinstance(self._size, int):
            self.lengths = array("Q", map(mul, self.counts, repeat(self._size)))
            return
        self._at_sample = array("Q", accumulate(self._size, initial=0))
        if is_sample:
            self.lengths = self._size
        else:
            at_chunk = array("Q", map(self._at_sample.__getitem__, self.first_sample))
            self.lengths = array("Q", map(sub, at_chunk[1:], at_chunk))

    def bytes_between(self, first: int, last: int) -> int:
        """The bytes of samples `[first, last)`."""
        if isinstance(self._size, int):
            return (last - first) * self._size
        return self._at_sample[last] - self._at_sample[first]

    def offset_of(self, sample: int) -> int:
        """Where a sample begins in the archive."""
        chunk = bisect_right(self.first_sample, sample) - 1
        return self.offsets[chunk] + self.bytes_between(self.first_sample[chunk], sample)

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
    numbers: defaultdict[Shape, int] = defaultdict(count().__next__)
    of_runs = array("I")  # the number of each run's shape
    segment_run, segment_offset = array("I", [0]), array("Q")
    for segment in range(segments):
        runs = _in_file_order(
            [
                list(chunk_map.runs(track, starts[segment], starts[segment + 1]))
                for track, (chunk_map, starts) in enumerate(zip(maps, first_samples, strict=True))
            ]
        )
        segment_offset.append(runs[0][0] if runs else 0)
        of_runs.extend(map(numbers.__getitem__, _shapes(runs)))
        segment_run.append(len(of_runs))
    shapes = list(numbers)
    kinds = _kinds(shapes, of_runs)
    code_of = [kinds.get(shape, kinds.get((shape[0], LONG), 0)) for shape in shapes]
    is_long = [shape not in kinds for shape in shapes]
    long_before = list(accumulate(map(is_long.__getitem__, of_runs), initial=0))
    return RunTables(
        code=array("B", map(code_of.__getitem__, of_runs)),
        long_extent=array("q", (shapes[run][1] for run in of_runs if is_long[run])),
        kind_track=array("B", (track for track, _ in kinds)),
        kind_extent=array("B", (extent for _, extent in kinds)),
        segment_run=segment_run,
        segment_long=array("I", map(long_before.__getitem__, segment_run)),
        segment_offset=segment_offset,
    )


def _kinds(shapes: Sequence[Shape], of_runs: Iterable[int]) -> dict[Shape, int]:
    """The shapes that have a code of their own, the commonest, and one a track for all its others."""
    counts = Counter(of_runs)
    common = [shapes[number] for number, count in counts.most_common() if count > 1]
    short = [shape for shape in common if 0 < shape[1] <= MAX_SHORT_EXTENT]
    kinds = short[: CODES - len({track for track, _ in shapes})]
    others = {*shapes} - {*kinds}
    kinds += sorted({(track, LONG) for track, _ in others})
    return {kind: code for code, kind in enumerate(kinds)}


def _in_file_order(of_tracks: Sequence[list[Run]]) -> list[Run]:
    """All runs by offset, but those of one track as they are decoded: what lies before its predecessor (in
    an edited archive) follows it all the same, so that samples and runs can be counted off together.
    """
    for own in of_tracks:
        offsets = list(map(_OFFSET, own))
        if offsets != sorted(offsets):
            return list(merge(*of_tracks, key=_OFFSET))
    return sorted(chain.from_iterable(of_tracks), key=_OFFSET)


def _shapes(runs: Sequence[Run]) -> Iterable[Shape]:
    """Runs in file order ─▶ (track, samples) and (HOLE, bytes), neighbours of one track joined."""
    if not runs:
        return ()
    offsets, tracks, samples, lengths = zip(*runs, strict=True)
    if 0 in lengths or any(map(eq, tracks[1:], tracks)):
        return _joined_shapes(runs)
    shapes = list(zip(tracks, samples, strict=True))
    gaps = list(map(sub, offsets[1:], map(add, offsets, lengths)))
    for place in reversed(list(compress(range(len(gaps)), gaps))):
        shapes.insert(place + 1, (HOLE, gaps[place]))
    return shapes


def _joined_shapes(runs: Sequence[Run]) -> Iterator[Shape]:
    """The same a run at a time, where runs may have no bytes, or neighbours of their own track."""
    current, held, end = HOLE, 0, runs[0][0]
    for offset, track, samples, length in runs:
        begin = offset if length else end  # samples without bytes need no place of their own
        if track == current and begin == end:
            held += samples
        else:
            if current != HOLE:
                yield current, held
                if begin != end:
                    yield HOLE, begin - end
            current, held = track, samples
            end = begin
        end += length
    if current != HOLE:
        yield current, held
