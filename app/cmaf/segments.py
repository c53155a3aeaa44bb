"""Segment n of a view ─▶ Plan. The heart of the origin.

A segment's `mdat` keeps the archive's own byte order: one `trun` a run of samples that lie back to back,
with `data_offset`s that point into the interleave, so that a muxed segment is one or a few ranges of the
archive where "all video, then all audio" would be hundreds. What lies between wanted runs is left out,
or sent as slop where it is smaller than the cost of another range (`ViewFacts.merge_bytes`).

Planning touches the rows of its own segment and nothing else. It runs for every cold request, so the
loops a sample or a run are `map`, `accumulate`, `compress` and the like: see `make bench`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, compress, repeat
from operator import mul, sub

from app.cmaf import fragment
from app.idx.layout import HOLE
from app.idx.view import Idx, TrackRows
from app.plan import FileIdentity, FileRange, Piece, Plan

SEGMENT_TYPES = {"video": "video/mp4", "audio": "audio/mp4"}
IMMUTABLE_MAX_AGE_S = 31_536_000

ByteRange = tuple[int, int]  # offset, length


@dataclass(frozen=True, slots=True)
class _Fragment:
    """One track's share of a segment: rows `[start, stop)`, and its runs' samples and bytes in file order."""

    rows: TrackRows
    start: int
    stop: int
    run_samples: list[int]
    run_bytes: list[int]


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where things are: ranges of the archive to send, and each wanted run's place in that payload."""

    ranges: list[ByteRange]
    payload_bytes: int
    run_at: list[int]
    run_tracks: bytes


def plan_init(idx: Idx, view_number: int, init_number: int, archive: FileIdentity) -> Plan:
    """The init segment that applies from the `init_number`-th change of codec parameters on."""
    view = idx.view(view_number)
    return _plan(idx, view_number, f"{view.name}-init-{init_number}", archive, (view.inits[init_number],))


def plan_segment(idx: Idx, view_number: int, number: int, archive: FileIdentity) -> Plan:
    """Segment `number`, from 0. `archive` is the archive as found on disk, checked against the index."""
    head, ranges = segment_parts(idx, view_number, number)
    pieces: tuple[Piece, ...] = (head, *(FileRange(archive, offset, length) for offset, length in ranges))
    return _plan(idx, view_number, f"{idx.view(view_number).name}-{number}", archive, pieces)


def segment_parts(idx: Idx, view_number: int, number: int) -> tuple[bytes, list[ByteRange]]:
    """The bytes that segment `number` begins with, and the ranges of the archive that follow them."""
    view = idx.view(view_number)
    codes = idx.run_code[idx.segment_run[number] : idx.segment_run[number + 1]].tolist()
    run_tracks = bytes(map(idx.run_track.__getitem__, codes))
    run_extents = list(map(idx.run_extent.__getitem__, codes))
    fragments = {}
    for track in {*view.tracks, *run_tracks} - {HOLE}:
        run_samples = list(compress(run_extents, run_tracks.translate(_only(track))))
        fragments[track] = _fragment(idx.tracks[track], number, run_samples)
    run_bytes = _run_bytes(run_tracks, run_extents, fragments)
    layout = _lay_out(run_tracks, run_bytes, idx.segment_offset[number], view.tracks, view.merge_bytes)
    head = _head(view.styp, number, [(track, fragments[track]) for track in view.tracks], layout)
    return head, layout.ranges


def _plan(idx: Idx, view_number: int, name: str, archive: FileIdentity, pieces: tuple[Piece, ...]) -> Plan:
    kind = idx.tracks[idx.view(view_number).tracks[0]].facts.kind
    return Plan(
        content_type=SEGMENT_TYPES[kind],
        etag=f"{idx.version}-{name}",
        last_modified_s=archive.mtime_ns // 1_000_000_000,
        max_age_s=IMMUTABLE_MAX_AGE_S,
        immutable=True,
        pieces=pieces,
        guards=(idx.identity,),
    )


@cache
def _only(track: int) -> bytes:
    """A translation that turns track numbers into selectors of one track."""
    return bytes(number == track for number in range(256))


@cache
def _any_of(tracks: tuple[int, ...]) -> bytes:
    """A translation that turns track numbers into selectors of some tracks."""
    return bytes(number in tracks for number in range(256))


def _fragment(rows: TrackRows, number: int, run_samples: list[int]) -> _Fragment:
    start, stop = rows.first_sample[number], rows.first_sample[number + 1]
    return _Fragment(rows, start, stop, run_samples, _bytes_of_runs(rows, start, stop, run_samples))


def _bytes_of_runs(rows: TrackRows, start: int, stop: int, run_samples: list[int]) -> list[int]:
    if rows.size is None:
        return list(map(mul, run_samples, repeat(rows.facts.size_bytes)))
    sizes = rows.size[start:stop].tolist()
    if len(run_samples) == len(sizes):
        return sizes
    at_sample = list(accumulate(sizes, initial=0))
    at_run = list(map(at_sample.__getitem__, accumulate(run_samples, initial=0)))
    return list(map(sub, at_run[1:], at_run))


def _run_bytes(run_tracks: bytes, run_extents: list[int], fragments: dict[int, _Fragment]) -> list[int]:
    """The length in bytes of every run and hole of the segment, in file order."""
    if len(fragments) == 1 and HOLE not in run_tracks:
        return next(iter(fragments.values())).run_bytes
    upcoming = {track: iter(share.run_bytes) for track, share in fragments.items()}
    upcoming[HOLE] = compress(run_extents, run_tracks.translate(_only(HOLE)))
    return list(map(next, map(upcoming.__getitem__, run_tracks)))


def _lay_out(
    run_tracks: bytes, run_bytes: list[int], offset: int, wanted: tuple[int, ...], merge_bytes: int
) -> _Layout:
    """Place the runs of `wanted` tracks in the payload; `offset` is where the first run of all begins.

    Walks stretches of neighbouring wanted runs, of which a muxed segment has few: inside one, the place
    in the payload differs from the place in the archive by one shift.
    """
    is_wanted = run_tracks.translate(_any_of(wanted))
    file_at = list(accumulate(run_bytes, initial=offset))
    ranges: list[ByteRange] = []
    run_at: list[int] = []
    first = stop = payload_bytes = 0  # the range being built is [first, stop) of the archive
    run = is_wanted.find(1)
    while run >= 0:
        after = is_wanted.find(0, run)
        if after < 0:
            after = len(is_wanted)
        begin = file_at[run]
        gap = begin - stop
        if stop and 0 <= gap <= merge_bytes:
            payload_bytes += gap
        else:
            if stop > first:
                ranges.append((first, stop - first))
            first = begin
        shift = payload_bytes - begin
        run_at += [at + shift for at in file_at[run:after]]
        stop = file_at[after]
        payload_bytes += stop - begin
        run = is_wanted.find(1, after)
    if stop > first:
        ranges.append((first, stop - first))
    return _Layout(ranges, payload_bytes, run_at, bytes(compress(run_tracks, is_wanted)))


def _head(styp: bytes, number: int, fragments: list[tuple[int, _Fragment]], layout: _Layout) -> bytes:
    # A track without samples here (audio that ended early) has no `traf`, unless the segment is all its own.
    fragments = [entry for entry in fragments if entry[1].run_samples] or fragments[:1]
    shapes = [_shape(share) for _, share in fragments]
    moof_bytes = fragment.BOX_HEADER_BYTES + fragment.MFHD_BYTES
    for (_, share), (tfhd, bits) in zip(fragments, shapes, strict=True):
        moof_bytes += fragment.BOX_HEADER_BYTES + len(tfhd) + fragment.TFDT_BYTES
        moof_bytes += fragment.TRUN_HEADER_BYTES * len(share.run_samples)
        moof_bytes += 4 * (bits & 0xF00).bit_count() * (share.stop - share.start)
    payload_at = moof_bytes + fragment.MDAT_HEADER_BYTES
    trafs = []
    for (track, share), (tfhd, bits) in zip(fragments, shapes, strict=True):
        run_at = compress(layout.run_at, layout.run_tracks.translate(_only(track)))
        truns = fragment.truns(
            share.run_samples, list(map(payload_at.__add__, run_at)), bits, _columns(share, bits)
        )
        trafs.append(fragment.traf(tfhd, share.rows.decode_time[number], truns))
    return b"".join((styp, fragment.moof(number + 1, trafs), fragment.mdat_header(layout.payload_bytes)))


def _shape(share: _Fragment) -> tuple[bytes, int]:
    """The `tfhd` that holds what all samples share, and the bits of the `trun` columns that hold the rest."""
    rows, bits = share.rows, 0
    if rows.default_duration is None:
        bits |= fragment.SAMPLE_DURATION
    if rows.size is not None:
        bits |= fragment.SAMPLE_SIZE
    if rows.default_flags is None:
        bits |= fragment.SAMPLE_FLAGS
    if rows.default_composition != 0:
        bits |= fragment.SAMPLE_COMPOSITION
    tfhd = fragment.tfhd(
        rows.track_id,
        rows.default_duration,
        rows.facts.size_bytes,
        rows.default_flags,
        empty=not share.run_samples,
    )
    return tfhd, bits


def _columns(share: _Fragment, bits: int) -> list[Sequence[int]]:
    rows = share.rows
    columns: list[Sequence[int]] = []
    kinds = (
        rows.kind[share.start : share.stop].tolist()
        if rows.kind is not None
        else [0] * (share.stop - share.start)
    )

    def of_kinds(table: Sequence[int]) -> Sequence[int]:
        return list(map(table.__getitem__, kinds))

    if bits & fragment.SAMPLE_DURATION:
        columns.append(of_kinds(rows.kind_duration))
    if bits & fragment.SAMPLE_SIZE and rows.size is not None:
        columns.append(rows.size[share.start : share.stop])
    if bits & fragment.SAMPLE_FLAGS:
        columns.append(of_kinds(rows.kind_flags))
    if bits & fragment.SAMPLE_COMPOSITION:
        columns.append(of_kinds(rows.kind_composition))
    return columns
