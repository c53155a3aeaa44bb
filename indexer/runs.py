"""Chunks of all served tracks ─▶ the runs of each segment, in file order, as codes.

A run is samples of one track that lie back to back in the archive, within one segment; a hole is what
lies between two runs. Both are named by a code, since most of an archive's are of few shapes: see
`app.idx.layout`. Offsets and lengths are bytes; sample numbers count from 0 in decode order.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import accumulate, chain, compress, pairwise, repeat
from operator import itemgetter, lt, mul, sub
from typing import TypeAlias

from app.idx.layout import CODES, HOLE, LONG
from indexer.codes import added, coded, decoded, first_rows
from indexer.track import Samples

MAX_SHORT_EXTENT = 255
_OFFSET = itemgetter(0)
Run = tuple[int, int, int, int]  # offset, track, samples, bytes
Pieces: TypeAlias = "tuple[array[int], array[int], array[int]]"  # begins, ends, numbers of shapes
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
        self.lengths: array[int]
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


class Shapes(dict[Shape, int]):
    """A number for each shape that is asked for; `listed` has the shapes by their numbers."""

    def __init__(self) -> None:
        self.listed: list[Shape] = []

    def __missing__(self, shape: Shape) -> int:
        self[shape] = number = len(self.listed)
        self.listed.append(shape)
        return number


class Lane:
    """The chunks of one track as runs to be: where each begins and ends, and the number of its shape."""

    def __init__(self, track: int, chunks: ChunkMap, shapes: Shapes) -> None:
        self._track, self._chunks, self._shapes = track, chunks, shapes
        self._ends = added(chunks.offsets, chunks.lengths)
        self._numbers = _numbered(track, chunks.counts, shapes)
        self._are_apart = all(chunks.lengths) and all(map(lt, self._ends, chunks.offsets[1:]))

    def pieces(self, first: int, last: int) -> Pieces:
        """Samples `[first, last)` in decode order: whole chunks, but for the first and the last."""
        chunks, starts = self._chunks, self._chunks.first_sample
        low = bisect_right(starts, first) - 1
        high = bisect_left(starts, last) if first < last else low
        begins, ends, numbers = chunks.offsets[low:high], self._ends[low:high], self._numbers[low:high]
        if first < last and (starts[low] < first or last < starts[high]):
            begins[0] += chunks.bytes_between(starts[low], first)
            ends[-1] -= chunks.bytes_between(last, starts[high])
            numbers[0] = self._shapes[self._track, min(last, starts[low + 1]) - first]
            numbers[-1] = self._shapes[self._track, last - max(first, starts[high - 1])]
        return begins, ends, numbers

    def are_apart(self, begins: array[int], ends: array[int]) -> bool:
        """Whether pieces rise, never touch, and all have bytes."""
        if self._are_apart:  # all chunks are, so that only the ends of a segment are in doubt
            return not begins or (begins[0] < ends[0] and begins[-1] < ends[-1])
        return _are_apart(begins, ends)


def _numbered(track: int, counts: array[int], shapes: Shapes) -> array[int]:
    codes = coded((counts,), len(counts))
    if codes is None:
        return array("I", [shapes[track, samples] for samples in counts])
    words = {codes[first]: shapes[track, counts[first]] for first in first_rows(codes)}
    return decoded(codes, [words[code] for code in sorted(words)], "I")


def _are_apart(begins: array[int], ends: array[int]) -> bool:
    return all(map(lt, begins, ends)) and all(map(lt, ends, begins[1:]))


def tabulate_runs(
    maps: Sequence[ChunkMap], first_samples: Sequence[Sequence[int]], segments: int
) -> RunTables:
    """`first_samples[t]` has the first sample of every segment of track t, and their number."""
    shapes = Shapes()
    lanes = [Lane(track, chunk_map, shapes) for track, chunk_map in enumerate(maps)]
    of_runs: list[int] = []  # the number of each run's shape
    segment_run, segment_offset = array("I", [0]), array("Q")
    for segment in range(segments):
        of_tracks = [
            lane.pieces(starts[segment], starts[segment + 1])
            for lane, starts in zip(lanes, first_samples, strict=True)
        ]
        offset, runs = _apart(lanes, of_tracks, shapes) or _joined(_in_file_order(of_tracks, shapes), shapes)
        segment_offset.append(offset)
        of_runs.extend(runs)
        segment_run.append(len(of_runs))
    kinds = _kinds(shapes.listed, Counter(of_runs))
    code_of = [kinds.get(shape, kinds.get((shape[0], LONG), 0)) for shape in shapes.listed]
    codes = bytes(map(code_of.__getitem__, of_runs))
    is_long = codes.translate(bytes(extent == LONG for _, extent in kinds).ljust(CODES, b"\0"))
    long_counts = (is_long.count(1, first, last) for first, last in pairwise(segment_run))
    return RunTables(
        code=array("B", codes),
        long_extent=array("q", (shapes.listed[number][1] for number in compress(of_runs, is_long))),
        kind_track=array("B", (track for track, _ in kinds)),
        kind_extent=array("B", (extent for _, extent in kinds)),
        segment_run=segment_run,
        segment_long=array("I", accumulate(long_counts, initial=0)),
        segment_offset=segment_offset,
    )


def _kinds(listed: Sequence[Shape], counts: Counter[int]) -> dict[Shape, int]:
    """The shapes that have a code of their own, the commonest, and one a track for all its others."""
    shapes = [listed[number] for number in counts]
    common = [listed[number] for number, count in counts.most_common() if count > 1]
    short = [shape for shape in common if 0 < shape[1] <= MAX_SHORT_EXTENT]
    kinds = short[: CODES - len({track for track, _ in shapes})]
    others = {*shapes} - {*kinds}
    kinds += sorted({(track, LONG) for track, _ in others})
    return {kind: code for code, kind in enumerate(kinds)}


def _apart(
    lanes: Sequence[Lane], of_tracks: Sequence[Pieces], shapes: Shapes
) -> tuple[int, Iterable[int]] | None:
    """The offset of a segment and its shapes where pieces lie as in most archives: those of a track rise and
    never touch, and none overlap. Then the n-th to begin is the n-th to end, so offsets alone are sorted.
    None where they lie otherwise.
    """
    begins: list[int] = []
    ends: list[int] = []
    numbers: list[int] = []
    for lane, (own_begins, own_ends, own_numbers) in zip(lanes, of_tracks, strict=True):
        if not lane.are_apart(own_begins, own_ends):
            return None
        begins += own_begins
        ends += own_ends
        numbers += own_numbers
    if not begins:
        return None
    number_at = dict(zip(begins, numbers, strict=True))
    begins.sort()
    ends.sort()
    in_order = list(map(number_at.__getitem__, begins))
    if begins[1:] != ends[:-1]:
        gaps = list(map(sub, begins[1:], ends))
        if min(gaps) < 0:
            return None
        for place in reversed(list(compress(range(len(gaps)), gaps))):
            in_order.insert(place + 1, shapes[HOLE, gaps[place]])
    return begins[0], in_order


def _in_file_order(of_tracks: Sequence[Pieces], shapes: Shapes) -> list[Run]:
    """All pieces by offset, but those of one track as they are decoded: what lies before its predecessor (in
    an edited archive) follows it all the same, so that samples and runs can be counted off together.
    """
    runs = [
        [(begin, *shapes.listed[number], end - begin) for begin, end, number in zip(*pieces, strict=True)]
        for pieces in of_tracks
    ]
    if any(own != sorted(own, key=_OFFSET) for own in runs):
        return list(merge(*runs, key=_OFFSET))
    return sorted(chain.from_iterable(runs), key=_OFFSET)


def _joined(runs: Sequence[Run], shapes: Shapes) -> tuple[int, Iterable[int]]:
    """The offset and shapes of a segment a run at a time, neighbours of one track joined."""
    return (runs[0][0], map(shapes.__getitem__, _joined_shapes(runs))) if runs else (0, ())


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
