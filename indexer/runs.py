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
from functools import cached_property
from heapq import merge
from itertools import accumulate, chain, compress, pairwise, repeat
from operator import itemgetter, lt, mul
from typing import NamedTuple

from app.cmaf.share import adder_of
from app.idx.layout import CODES, HOLE, LONG
from indexer.codes import added, are_all, coded, decoded, first_rows, holds_zero, subtracted
from indexer.track import Samples, entries_of

MAX_SHORT_EXTENT = 255
_OFFSET = itemgetter(0)
Run = tuple[int, int, int, int]  # offset, track, samples, bytes
Shape = tuple[int, int]  # track, samples; HOLE, bytes


class RunTables(NamedTuple):
    """The columns `run.code`, `run.long_extent`, `run_kind.*`, `segment.run`, `.long_run` and `.offset`."""

    code: array[int]
    long_extent: array[int]
    kind_track: array[int]
    kind_extent: array[int]
    segment_run: array[int]
    segment_long: array[int]
    segment_offset: array[int]


class ChunkMap:
    """Where the samples of one track lie: chunks and their first samples."""

    def __init__(self, samples: Samples) -> None:
        self.offsets = samples.chunk_offset
        self.counts = samples.chunk_samples
        self.sizes = samples.size_bytes
        self.first_sample: Sequence[int] = range(samples.count + 1)
        if not are_all(self.counts, 1):  # as they are where ffmpeg interleaves video
            self.first_sample = array("Q", accumulate(self.counts, initial=0))

    def bytes_between(self, first: int, last: int) -> int:
        """The bytes of samples `[first, last)`."""
        if isinstance(self.sizes, int):
            return (last - first) * self.sizes
        return self._at_sample[last] - self._at_sample[first] if first < last else 0

    @cached_property
    def _at_sample(self) -> array[int]:
        return array("Q", accumulate(entries_of(self.sizes), initial=0))

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

    def track(self, number: int) -> int:
        return self.listed[number][0]


class Pieces(NamedTuple):
    """Of one segment, in columns: where they begin and end, and the numbers of their shapes."""

    begins: array[int]
    ends: array[int]
    numbers: array[int]


class Lane:
    """The chunks of one track as runs to be, taken a segment at a time."""

    def __init__(self, track: int, chunks: ChunkMap, shapes: Shapes) -> None:
        self._track, self._chunks, self._shapes = track, chunks, shapes
        self._numbers = _numbered(track, chunks.counts, shapes)
        self._chunk = self._sample = 0  # what was taken ends before, and at byte
        self._end = 0
        self.has_empty = not chunks.sizes if isinstance(chunks.sizes, int) else holds_zero(chunks.sizes)

    def pieces(self, last: int) -> Pieces:
        """The next samples in decode order, until `last`: whole chunks, but for the first and the last."""
        chunks, starts = self._chunks, self._chunks.first_sample
        first, low = self._sample, self._chunk
        high = bisect_left(starts, last, low) if first < last else low
        begins, counts, numbers = chunks.offsets[low:high], chunks.counts[low:high], self._numbers[low:high]
        if first == last:
            return Pieces(begins, begins, numbers)
        ahead, behind = first - starts[low], starts[high] - last
        if ahead:
            begins[0] = self._end
            counts[0] -= ahead
        counts[-1] -= behind
        if ahead or behind:
            numbers[0], numbers[-1] = (self._shapes[self._track, count] for count in (counts[0], counts[-1]))
        ends = added(begins, self._bytes_of(first, last, counts))
        self._sample, self._chunk, self._end = last, high - bool(behind), ends[-1]
        return Pieces(begins, ends, numbers)

    def _bytes_of(self, first: int, last: int, counts: array[int]) -> array[int]:
        """The bytes of samples `[first, last)` by `counts`."""
        sizes = self._chunks.sizes
        if isinstance(sizes, int):
            return array("Q", map(mul, counts, repeat(sizes)))
        own = sizes[first:last]
        if len(counts) == len(own):
            return own
        return array("Q", adder_of(tuple(counts))(own.tolist()) if len(counts) > 1 else (sum(own),))


def _numbered(track: int, counts: array[int], shapes: Shapes) -> array[int]:
    codes = coded((counts,), len(counts))
    if codes is None:
        return array("I", [shapes[track, samples] for samples in counts])
    words = {codes[first]: shapes[track, counts[first]] for first in first_rows(codes)}
    return decoded(codes, [words[code] for code in sorted(words)], "I")


def tabulate_runs(maps: Sequence[ChunkMap], first_samples: Sequence[Sequence[int]]) -> RunTables:
    """`first_samples[t]` has the first sample of every segment of track t, and their number."""
    shapes = Shapes()
    lanes = [Lane(track, chunk_map, shapes) for track, chunk_map in enumerate(maps)]
    has_empty = any(lane.has_empty for lane in lanes)
    of_runs = array("I")  # the number of each run's shape
    segment_run, segment_offset = array("I", [0]), array("Q")
    for lasts in zip(*(starts[1:] for starts in first_samples), strict=True):
        of_tracks = [lane.pieces(last) for lane, last in zip(lanes, lasts, strict=True)]
        in_order = None if has_empty else _apart(of_tracks, shapes)
        offset, numbers = in_order or _joined(_in_file_order(of_tracks, shapes), shapes)
        segment_offset.append(offset)
        of_runs.extend(numbers)
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


def _apart(of_tracks: Iterable[Pieces], shapes: Shapes) -> tuple[int, array[int]] | None:
    """The offset of a segment and its shapes where pieces lie as in most archives: those of a track rise and
    never touch, and none overlap. None where they lie otherwise.
    """
    present = sorted((pieces for pieces in of_tracks if pieces.begins), key=lambda pieces: pieces.begins[0])
    for ahead, turns in _guesses(present):
        begins, ends, numbers = _by_turns(present, ahead, turns)
        holes = subtracted(begins[1:], ends[:-1])
        if holes is None:
            continue
        after = ahead + turns * len(present)
        beside_turns = chain(range(min(ahead, len(holes))), range(max(after - 1, 0), len(holes)))
        for place in beside_turns:
            if not holes[place] and shapes.track(numbers[place]) == shapes.track(numbers[place + 1]):
                return None
        lengths = holes.tolist()
        for place in reversed(list(compress(range(len(lengths)), lengths))):
            numbers.insert(place + 1, shapes[HOLE, lengths[place]])
        return begins[0], numbers
    return None


def _guesses(present: Sequence[Pieces]) -> Iterator[tuple[int, int]]:
    """How many pieces of the first track may lie ahead of turns that the tracks take, and how many turns."""
    if len(present) == 1:
        yield len(present[0].begins), 0
    if len(present) > 1:
        first, second, *_ = present
        ahead = max(bisect_left(first.begins, second.begins[0]) - 1, 0)
        yield ahead, min(len(first.begins) - ahead, *(len(pieces.begins) for pieces in present[1:]))
        yield 0, 0


def _by_turns(present: Sequence[Pieces], ahead: int, turns: int) -> Pieces:
    """All pieces: some of the first track, then so many turns of a piece of each, then the rest by offset.

    Those of one track stay as they are decoded, so that they fall where they do not rise in the archive.
    """
    tracks, rises = len(present), True
    merged = Pieces(*(array(code, [0]) * (ahead + turns * tracks) for code in "QQI"))
    rest: list[tuple[int, ...]] = []
    for place, pieces in enumerate(present):
        start = 0 if place else ahead
        for column, own in zip(merged, pieces, strict=True):
            column[ahead + place :: tracks] = own[start : start + turns]
            column[:start] = own[:start]
        if late := pieces.begins[start + turns :]:
            rest += zip(*(own[start + turns :] for own in pieces), strict=True)
            rises = rises and all(map(lt, late, late[1:]))
    for column, values in zip(merged, zip(*sorted(rest) if rises else rest, strict=True), strict=False):
        column.extend(values)
    return merged


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
