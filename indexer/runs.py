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
from itertools import accumulate, chain, compress, count, pairwise, repeat
from operator import add, itemgetter, lt, mul, sub

from app.idx.layout import CODES, HOLE, LONG
from indexer.track import Samples

MAX_SHORT_EXTENT = 255
_OFFSET = itemgetter(0)
Run = tuple[int, int, int, int]  # offset, track, samples, bytes
Pieces = tuple[list[int], list[int], list[int]]  # of one track: offsets, samples, bytes
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

    def pieces(self, first: int, last: int) -> Pieces:
        """Samples `[first, last)` in decode order: whole chunks, but for the first and the last."""
        if first == last:
            return [], [], []
        low = bisect_right(self.first_sample, first) - 1
        high = bisect_left(self.first_sample, last)
        if high - low == 1:
            return [self.offset_of(first)], [last - first], [self.bytes_between(first, last)]
        whole = slice(low + 1, high - 1)
        second, final = self.first_sample[low + 1], self.first_sample[high - 1]
        return (
            [self.offset_of(first), *self.offsets[whole], self.offsets[high - 1]],
            [second - first, *self.counts[whole], last - final],
            [self.bytes_between(first, second), *self.lengths[whole], self.bytes_between(final, last)],
        )


def tabulate_runs(
    maps: Sequence[ChunkMap], first_samples: Sequence[Sequence[int]], segments: int
) -> RunTables:
    """`first_samples[t]` has the first sample of every segment of track t, and their number."""
    numbers: defaultdict[Shape, int] = defaultdict(count().__next__)
    of_runs: list[int] = []  # the number of each run's shape
    segment_run, segment_offset = array("I", [0]), array("Q")
    for segment in range(segments):
        of_tracks = [
            chunk_map.pieces(starts[segment], starts[segment + 1])
            for chunk_map, starts in zip(maps, first_samples, strict=True)
        ]
        offset, runs = _apart(of_tracks) or _joined(_in_file_order(of_tracks))
        segment_offset.append(offset)
        of_runs.extend(map(numbers.__getitem__, runs))
        segment_run.append(len(of_runs))
    shapes = list(numbers)
    kinds = _kinds(shapes, of_runs)
    code_of = [kinds.get(shape, kinds.get((shape[0], LONG), 0)) for shape in shapes]
    codes = bytes(map(code_of.__getitem__, of_runs))
    is_long = codes.translate(bytes(extent == LONG for _, extent in kinds).ljust(CODES, b"\0"))
    long_counts = (is_long.count(1, first, last) for first, last in pairwise(segment_run))
    return RunTables(
        code=array("B", codes),
        long_extent=array("q", (shapes[number][1] for number in compress(of_runs, is_long))),
        kind_track=array("B", (track for track, _ in kinds)),
        kind_extent=array("B", (extent for _, extent in kinds)),
        segment_run=segment_run,
        segment_long=array("I", accumulate(long_counts, initial=0)),
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


def _apart(of_tracks: Sequence[Pieces]) -> tuple[int, Iterable[Shape]] | None:
    """The offset of a segment and its shapes where pieces lie as in most archives: those of a track rise and
    never touch, and none overlap. Then the n-th to begin is the n-th to end, so offsets alone are sorted.
    None where they lie otherwise.
    """
    begins: list[int] = []
    ends: list[int] = []
    shapes: list[Shape] = []
    for track, (offsets, samples, lengths) in enumerate(of_tracks):
        own_ends = list(map(add, offsets, lengths))
        if 0 in lengths or not all(map(lt, own_ends, offsets[1:])):
            return None
        begins += offsets
        ends += own_ends
        shapes += zip(repeat(track), samples)
    if not begins:
        return None
    shape_at = dict(zip(begins, shapes, strict=True))
    begins.sort()
    ends.sort()
    in_order = list(map(shape_at.__getitem__, begins))
    if begins[1:] != ends[:-1]:
        gaps = list(map(sub, begins[1:], ends))
        if min(gaps) < 0:
            return None
        for place in reversed(list(compress(range(len(gaps)), gaps))):
            in_order.insert(place + 1, (HOLE, gaps[place]))
    return begins[0], in_order


def _in_file_order(of_tracks: Sequence[Pieces]) -> list[Run]:
    """All pieces by offset, but those of one track as they are decoded: what lies before its predecessor (in
    an edited archive) follows it all the same, so that samples and runs can be counted off together.
    """
    runs = [
        list(zip(offsets, repeat(track), samples, lengths, strict=False))
        for track, (offsets, samples, lengths) in enumerate(of_tracks)
    ]
    if any(offsets != sorted(offsets) for offsets, _, _ in of_tracks):
        return list(merge(*runs, key=_OFFSET))
    return sorted(chain.from_iterable(runs), key=_OFFSET)


def _joined(runs: Sequence[Run]) -> tuple[int, Iterable[Shape]]:
    """The offset and shapes of a segment a run at a time, neighbours of one track joined."""
    return (runs[0][0], _joined_shapes(runs)) if runs else (0, ())


def _joined_shapes(runs: Sequence[Run]) -> Iterator[Shape]:
    """Samples without bytes need no place of their own."""
    current, held, end = HOLE, 0, runs[0][0]
    for offset, track, samples, length in runs:
        begin = offset if length else end
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
