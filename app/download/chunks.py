"""Spans ─▶ chunks: where the samples of each track lie in the archive, and which bytes of it are needed.

A chunk is a run of an index (`app.idx.layout`), or what a clip leaves of it. What is needed are ranges of the
archive in file order; a chunk's place in the download is its place among them. Offsets and lengths are bytes.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, compress, repeat
from operator import add

from app.cmaf.arrange import ByteRange, runs_of
from app.cmaf.share import bytes_of_runs
from app.cmaf.slop import DEFAULT_SLOP, choose_merge_bytes, gaps_between
from app.download.spans import Span
from app.idx.view import Idx


@dataclass(frozen=True, slots=True)
class Chunks:
    """Of one track, in decode order. `description` counts from 1, as `stsc` does (§8.7.4)."""

    offset: array[int] = field(default_factory=lambda: array("Q"))
    samples: array[int] = field(default_factory=lambda: array("I"))
    description: array[int] = field(default_factory=lambda: array("I"))


Run = tuple[int, int, int]  # offset, samples, bytes
_OPPOSITE = bytes([1] + [0] * 255)
"""0 ↔ 1 of a selector, for `translate`."""


def chunks_of(idx: Idx, spans: Sequence[Span]) -> tuple[list[Chunks], list[ByteRange]]:
    """The chunks of each span, with offsets in the archive, and the ranges that hold them all."""
    chunks = [Chunks() for _ in spans]
    ranges: list[ByteRange] = []
    tracks = [span.rows.number for span in spans]
    for segment in _segments(idx, spans):
        runs = runs_of(idx, segment, tracks)
        offsets = list(accumulate(runs.lengths, initial=runs.offset))
        shares = [runs.shares[track] for track in tracks]
        is_whole = all(
            span.first <= share.start and share.stop <= span.stop
            for span, share in zip(spans, shares, strict=True)
        )
        if is_whole:
            ranges += _stretches(offsets, runs.order.are_of(tracks))
        for span, share, found in zip(spans, shares, chunks, strict=True):
            track, samples = span.rows.number, list(share.run_samples)
            own = runs.order.own(offsets, track)
            if not is_whole:
                left = list(_cut(span, share.start, zip(own, samples, strict=True)))
                own, samples = [offset for offset, _, _ in left], [count for _, count, _ in left]
                ranges += [(offset, length) for offset, _, length in left if length]
            found.offset.fromlist(own)
            found.samples.extend(samples)
            description = idx.segment_init[segment] + 1 if track == 0 and idx.segment_init else 1
            found.description.extend(repeat(description, len(own)))
    ranges = _joined(sorted(ranges))
    budget_bytes = int(DEFAULT_SLOP * sum(length for _, length in ranges))
    return chunks, _joined(ranges, choose_merge_bytes(gaps_between(ranges), budget_bytes))


def placed(offsets: Sequence[int], ranges: Sequence[ByteRange], base: int) -> array[int]:
    """Where chunks at `offsets` of the archive lie in a file that has `ranges` of it from `base` on."""
    starts = [offset for offset, _ in ranges]
    stops = [offset + length for offset, length in ranges]
    places = list(accumulate((length for _, length in ranges), initial=base))
    if len(ranges) == 1 and offsets and starts[0] <= min(offsets) and max(offsets) <= stops[0]:
        return array("Q", map(add, offsets, repeat(base - starts[0])))
    found = array("Q")
    for offset in offsets:
        at = max(0, bisect_right(starts, offset) - 1)
        # Chunks of samples without bytes lie wherever; they may as well lie where there is something.
        within = min(max(offset, starts[at]), stops[at]) - starts[at] if ranges else 0
        found.append(places[at] + within)
    return found


def _segments(idx: Idx, spans: Sequence[Span]) -> range:
    """Those that hold a sample of any span."""
    first = min(bisect_right(span.rows.first_sample, span.first, 0, idx.segment_count) for span in spans) - 1
    stop = max(bisect_left(span.rows.first_sample, span.stop, 1, idx.segment_count) for span in spans)
    return range(max(0, first), stop)


def _stretches(offsets: Sequence[int], is_wanted: bytes) -> Iterator[ByteRange]:
    """The ranges between runs that are not wanted. `offsets` has an entry a run, and the end of the last."""
    begin = 0
    for stop in (*compress(range(len(is_wanted)), is_wanted.translate(_OPPOSITE)), len(is_wanted)):
        if offsets[begin] < offsets[stop] and begin < stop:
            yield offsets[begin], offsets[stop] - offsets[begin]
        begin = stop + 1


def _cut(span: Span, first_sample: int, runs: Iterable[tuple[int, int]]) -> Iterator[Run]:
    """What of a segment's runs (offset, samples) is in the span; the first begins with `first_sample`."""
    at = first_sample
    for offset, samples in runs:
        first, stop = max(at, span.first), min(at + samples, span.stop)
        if first < stop:
            skipped, taken = _bytes(span, at, first), _bytes(span, first, stop)
            yield offset + skipped, stop - first, taken
        at += samples


def _bytes(span: Span, first: int, stop: int) -> int:
    """Of samples `[first, stop)`."""
    return sum(bytes_of_runs(span.rows, first, stop, (stop - first,))) if first < stop else 0


def _joined(ranges: Iterable[ByteRange], hole_bytes: int = 0) -> list[ByteRange]:
    """`ranges`, in order; neighbours that overlap, or have no more than `hole_bytes` between them, as one."""
    joined: list[ByteRange] = []
    for offset, length in ranges:
        if joined and offset <= sum(joined[-1]) + hole_bytes:
            first, before = joined[-1]
            joined[-1] = first, max(before, offset + length - first)
        else:
            joined.append((offset, length))
    return joined
