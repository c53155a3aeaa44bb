"""Pieces of a track's samples: cut out, joined in another order or at other times, taken together, left out.

Functions over `Samples` only; which pieces, and when they are shown, is for `indexer.edits` to say. Samples
are counted in decode order, times are ticks of the track.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import accumulate, compress, islice, pairwise
from operator import mul, sub

from indexer.box_tree import REMUX
from indexer.codes import holds_zero
from indexer.demux.columns import collapsed
from indexer.errors import LimitExceeded
from indexer.limits import MAX_DURATION_TICKS, MAX_EDITED_SAMPLES
from indexer.track import Column, Samples, entries_of

_TYPECODES = {
    "size_bytes": "I", "duration_ticks": "I", "composition_ticks": "i", "flags": "I",
    "chunk_description": "I",
}  # fmt: skip
"""Of the columns that may be one number."""


def cut(samples: Samples, start: int, stop: int) -> Samples:
    """Samples [start, stop), of which there is one at least, at the times that they have."""
    ends = array("Q", accumulate(samples.chunk_samples))
    first, last = bisect_right(ends, start), bisect_left(ends, stop)
    skipped = start - (ends[first] - samples.chunk_samples[first])
    chunk_offset = samples.chunk_offset[first : last + 1]
    chunk_samples = samples.chunk_samples[first : last + 1]
    chunk_offset[0] += _sum(samples.size_bytes, start - skipped, start)
    chunk_samples[0] -= skipped
    chunk_samples[-1] -= ends[last] - stop
    return Samples(
        count=stop - start,
        size_bytes=_part(samples.size_bytes, start, stop),
        duration_ticks=_part(samples.duration_ticks, start, stop),
        composition_ticks=_part(samples.composition_ticks, start, stop),
        flags=_part(samples.flags, start, stop),
        chunk_offset=chunk_offset,
        chunk_samples=chunk_samples,
        chunk_description=_part(samples.chunk_description, first, last + 1),
        byte_count=_sum(samples.size_bytes, start, stop),
        first_decode_ticks=samples.first_decode_ticks + _sum(samples.duration_ticks, 0, start),
    )


def joined(pieces: Sequence[Samples], last_durations: Sequence[int]) -> Samples:
    """The pieces one after the other, in decode order; `last_durations` are for the last sample of each piece
    but the last, which so lasts until the next piece begins.
    """
    if len(pieces) == 1:
        return pieces[0]
    columns = {name: _joined(pieces, name) for name in _TYPECODES}
    durations = _spelled_out(columns["duration_ticks"], sum(piece.count for piece in pieces), "I")
    for stop, duration in zip(accumulate(piece.count for piece in pieces), last_durations, strict=False):
        durations[stop - 1] = duration
    chunk_offset, chunk_samples = array("Q"), array("I")
    for piece in pieces:
        chunk_offset += piece.chunk_offset
        chunk_samples += piece.chunk_samples
    return Samples(
        count=sum(piece.count for piece in pieces),
        size_bytes=columns["size_bytes"],
        duration_ticks=durations,
        composition_ticks=columns["composition_ticks"],
        flags=columns["flags"],
        chunk_offset=chunk_offset,
        chunk_samples=chunk_samples,
        chunk_description=columns["chunk_description"],
        byte_count=sum(piece.byte_count for piece in pieces),
        first_decode_ticks=pieces[0].first_decode_ticks,
    )


def grouped(samples: Samples, most: int) -> Samples:
    """Up to `most` samples that lie back to back as one, where all are alike in size, time and flags."""
    of_chunk = {
        count: array("I", [most] * (count // most) + [count % most] * (count % most > 0)).tobytes()
        for count in {*samples.chunk_samples}
    }
    held = {count: -(-count // most) for count in of_chunk}
    groups = array("I", b"".join(map(of_chunk.__getitem__, samples.chunk_samples)))
    return replace(
        samples,
        count=len(groups),
        size_bytes=_times(groups, samples.size_bytes),
        duration_ticks=_times(groups, samples.duration_ticks),
        chunk_samples=array("I", map(held.__getitem__, samples.chunk_samples)),
    )


def without_empty(samples: Samples) -> Samples:
    """The samples that have bytes; each lasts until the next of them is decoded.

    QuickTime writes one of no bytes where the picture stays (QTFF "Sample Size Atoms"); in fragments, ffmpeg
    and what is built on it take it for damage. Raises `LimitExceeded`.
    """
    sizes = samples.size_bytes
    if isinstance(sizes, int):
        return samples if sizes else replace(samples, count=0)
    if not holds_zero(sizes):
        return samples
    if samples.count > MAX_EDITED_SAMPLES:
        raise LimitExceeded(
            f"samples of no bytes are in a track of {samples.count}; it may have {MAX_EDITED_SAMPLES}",
            remedy=REMUX,
        )
    has_bytes = bytes(map(bool, sizes))
    lasting = islice(entries_of(samples.duration_ticks), samples.count)
    starts = accumulate(lasting, initial=samples.first_decode_ticks)
    times = array("Q", compress(starts, has_bytes + b"\1"))  # and the end
    durations = array("Q", map(sub, times[1:], times))
    if max(durations, default=0) > MAX_DURATION_TICKS:
        raise LimitExceeded(
            f"a track has no bytes for {max(durations)} ticks; {MAX_DURATION_TICKS} are served", remedy=REMUX
        )
    before = array("I", accumulate(has_bytes, initial=0))
    ends = accumulate(samples.chunk_samples, initial=0)
    chunk_samples = array("I", (before[stop] - before[start] for start, stop in pairwise(ends)))
    return Samples(
        count=len(durations),
        size_bytes=_kept(sizes, has_bytes),
        duration_ticks=collapsed(array("I", durations)),
        composition_ticks=_kept(samples.composition_ticks, has_bytes),
        flags=_kept(samples.flags, has_bytes),
        chunk_offset=array("Q", compress(samples.chunk_offset, chunk_samples)),
        chunk_samples=array("I", filter(None, chunk_samples)),
        chunk_description=_kept(samples.chunk_description, chunk_samples),
        byte_count=samples.byte_count,
        first_decode_ticks=times[0],
    )


def _kept(column: Column, is_kept: Iterable[int]) -> Column:
    return column if isinstance(column, int) else collapsed(array(column.typecode, compress(column, is_kept)))


def _times(column: array[int], factors: Column) -> Column:
    return collapsed(array("I", map(mul, column, entries_of(factors))))


def _joined(pieces: Sequence[Samples], name: str) -> Column:
    columns: list[Column] = [getattr(piece, name) for piece in pieces]
    if isinstance(columns[0], int) and all(column == columns[0] for column in columns):
        return columns[0]
    whole = array(_TYPECODES[name])
    for piece, column in zip(pieces, columns, strict=True):
        rows = len(piece.chunk_offset) if name.startswith("chunk_") else piece.count
        whole += _spelled_out(column, rows, whole.typecode)
    return whole


def _spelled_out(column: Column, count: int, typecode: str) -> array[int]:
    return array(typecode, [column]) * count if isinstance(column, int) else column


def _part(column: Column, start: int, stop: int) -> Column:
    return column if isinstance(column, int) else column[start:stop]


def _sum(column: Column, start: int, stop: int) -> int:
    return column * (stop - start) if isinstance(column, int) else sum(column[start:stop])
