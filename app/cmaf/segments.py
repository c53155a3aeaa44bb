"""Segment n of a view ─▶ Plan. The heart of the origin.

A segment's `mdat` keeps the archive's own byte order: one `trun` a run of samples that lie back to back,
with `data_offset`s that point into the interleave, so that a muxed segment is one or a few ranges of the
archive where "all video, then all audio" would be hundreds. What lies between wanted runs is left out,
or sent as slop where it is smaller than the cost of another range (`ViewFacts.merge_bytes`). A track alone
with nothing foreign lies back to back in its `mdat`, so one `trun` holds it; where a sidecar has the track,
the same bytes are one range of that.

Planning touches the rows of its own segment and nothing else. It runs for every cold request, so the
loops a sample or a run are `map`, `accumulate`, `compress` and the like: see `make bench`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import compress

from app.cmaf import fragment
from app.cmaf.share import Share, bytes_of_runs, shape_of
from app.idx.header import ViewFacts
from app.idx.layout import HOLE
from app.idx.view import Idx
from app.plan import FileIdentity, FileRange, Piece, Plan

SEGMENT_TYPES = {"video": "video/mp4", "audio": "audio/mp4"}
IMMUTABLE_MAX_AGE_S = 31_536_000

ByteRange = tuple[int, int]  # offset, length


@dataclass(frozen=True, slots=True)
class SegmentRuns:
    """The runs and holes of a segment in file order: their tracks and lengths, and each track's share."""

    tracks: bytes
    bytes: list[int]
    shares: dict[int, Share]


@dataclass(frozen=True, slots=True)
class Arrangement:
    """A segment before its boxes are written.

    `data_offsets` has an entry for every run of the segment, wanted or not, as `run_tracks` has.
    `spared_bytes` is what the head would be longer by with a `trun` a run, where it has a single one.
    """

    head_bytes: int
    shares: list[Share]
    run_tracks: bytes
    ranges: list[ByteRange]
    payload_bytes: int
    data_offsets: list[int]
    spared_bytes: int = 0


def plan_init(idx: Idx, view_number: int, init_number: int, archive: FileIdentity) -> Plan:
    """The init segment that applies from the `init_number`-th change of codec parameters on."""
    view = idx.view(view_number)
    pieces: tuple[Piece, ...] = (view.inits[init_number],)
    return _plan(idx, view_number, f"{view.name}-init-{init_number}", archive, pieces, (idx.identity,))


def plan_segment(idx: Idx, view_number: int, number: int, archive: FileIdentity) -> Plan:
    """Segment `number`, from 0. `archive` is the archive as found on disk, checked against the index."""
    view, file = idx.view(view_number), archive
    guards: tuple[FileIdentity, ...] = (idx.identity,)
    if idx.sidecar and idx.has_in_sidecar(view):
        file, guards = idx.sidecar, (idx.identity, archive)
        head, ranges = _written(view, number, arrange_in_sidecar(idx, view, number))
    else:
        head, ranges = segment_parts(idx, view_number, number)
    pieces: tuple[Piece, ...] = (head, *(FileRange(file, offset, length) for offset, length in ranges))
    return _plan(idx, view_number, f"{view.name}-{number}", archive, pieces, guards)


def segment_parts(idx: Idx, view_number: int, number: int) -> tuple[bytes, list[ByteRange]]:
    """The bytes that segment `number` begins with, and the ranges of the archive that follow them."""
    return _written(idx.view(view_number), number, arrange(idx, view_number, number))


def _written(view: ViewFacts, number: int, arranged: Arrangement) -> tuple[bytes, list[ByteRange]]:
    trafs = [_traf(share, number, arranged) for share in arranged.shares]
    moof = fragment.moof(number + 1, trafs)
    mdat = fragment.mdat_header(arranged.payload_bytes)
    return b"".join((view.styp, moof, mdat)), arranged.ranges


def arrange(idx: Idx, view_number: int, number: int) -> Arrangement:
    """Where everything of segment `number` goes: all that can be said of it before its boxes are written."""
    view = idx.view(view_number)
    return _arrange(view, runs_of(idx, number, view.tracks), idx.segment_offset[number])


def arrange_in_sidecar(idx: Idx, view: ViewFacts, number: int) -> Arrangement:
    """As `arrange` for a view that the sidecar holds: the same head, and a range of the sidecar."""
    rows = idx.tracks[view.tracks[0]]
    offsets = rows.sidecar_offset
    if offsets is None:
        raise ValueError(f"no sidecar holds view {view.name}")
    start, stop = rows.first_sample[number], rows.first_sample[number + 1]
    tfhd, bits = shape_of(rows, empty=start == stop)
    first, end = offsets[number], offsets[number + 1]
    ranges = [(first, end - first)] if first < end else []
    return _back_to_back(view, Share(rows, start, stop, [], [], tfhd, bits), ranges)


def arrange_views(idx: Idx, number: int) -> list[Arrangement]:
    """`arrange` for every view, in one pass over the rows."""
    runs = runs_of(idx, number, range(len(idx.tracks)))
    return [_arrange(view, runs, idx.segment_offset[number]) for view in idx.header.views]


def runs_of(idx: Idx, number: int, tracks: Iterable[int]) -> SegmentRuns:
    """Of segment `number`: all runs and holes, and the shares of `tracks` and of what has runs there."""
    codes = idx.runs.codes(number)
    run_tracks = idx.runs.tracks(codes)
    shares = {}
    for track in {*tracks, *run_tracks} - {HOLE}:
        shares[track] = _share(idx, track, number, codes)
    upcoming: list[Iterator[int]] = [iter(())] * (HOLE + 1)
    for track, share in shares.items():
        upcoming[track] = iter(share.run_bytes)
    upcoming[HOLE] = iter(idx.runs.extents(number, codes, HOLE))
    return SegmentRuns(run_tracks, list(map(next, map(upcoming.__getitem__, run_tracks))), shares)


def _arrange(view: ViewFacts, runs: SegmentRuns, offset: int) -> Arrangement:
    own = [runs.shares[track] for track in view.tracks]
    # A track without samples here (audio that ended early) has no `traf`, unless the segment is all its own.
    present = [share for share in own if share.run_samples] or own[:1]
    if len(own) == 1 and not view.merge_bytes:
        is_own = runs.tracks.translate(any_of(view.tracks))
        return _back_to_back(view, own[0], _lay_out(is_own, runs.bytes, offset, 0, 0)[0])
    payload_at = fragment.moof_bytes(share.traf_bytes for share in present) + fragment.MDAT_HEADER_BYTES
    is_wanted = runs.tracks.translate(any_of(view.tracks))
    layout = _lay_out(is_wanted, runs.bytes, offset, payload_at, view.merge_bytes)
    return Arrangement(len(view.styp) + payload_at, present, runs.tracks, *layout)


def _back_to_back(view: ViewFacts, share: Share, ranges: list[ByteRange]) -> Arrangement:
    """A track alone, all of whose bytes and nothing else are in `ranges`, in decode order."""
    runs, samples = len(share.run_samples), share.stop - share.start
    whole = replace(share, run_samples=[samples] if samples else [])
    payload_at = fragment.moof_bytes([whole.traf_bytes]) + fragment.MDAT_HEADER_BYTES
    return Arrangement(
        head_bytes=len(view.styp) + payload_at,
        shares=[whole],
        run_tracks=bytes(view.tracks),
        ranges=ranges,
        payload_bytes=sum(length for _, length in ranges),
        data_offsets=[payload_at] if samples else [],
        spared_bytes=fragment.TRUN_HEADER_BYTES * max(0, runs - 1),
    )


def _plan(
    idx: Idx,
    view_number: int,
    name: str,
    archive: FileIdentity,
    pieces: tuple[Piece, ...],
    guards: tuple[FileIdentity, ...],
) -> Plan:
    kind = idx.tracks[idx.view(view_number).tracks[0]].facts.kind
    return Plan(
        content_type=SEGMENT_TYPES[kind],
        etag=f"{idx.version}-{name}",
        last_modified_s=archive.mtime_ns // 1_000_000_000,
        max_age_s=IMMUTABLE_MAX_AGE_S,
        immutable=True,
        pieces=pieces,
        guards=guards,
    )


@cache
def any_of(tracks: tuple[int, ...]) -> bytes:
    """A translation that turns track numbers into selectors of some tracks."""
    return bytes(number in tracks for number in range(256))


def _share(idx: Idx, track: int, number: int, codes: bytes) -> Share:
    rows = idx.tracks[track]
    start, stop = rows.first_sample[number], rows.first_sample[number + 1]
    run_samples = idx.runs.extents(number, codes, track)
    tfhd, bits = shape_of(rows, empty=start == stop)
    return Share(rows, start, stop, run_samples, bytes_of_runs(rows, start, stop, run_samples), tfhd, bits)


def _lay_out(
    is_wanted: bytes, run_bytes: list[int], offset: int, payload_at: int, merge_bytes: int
) -> tuple[list[ByteRange], int, list[int]]:
    """Place the wanted runs: the ranges, payload bytes and data offsets of an `Arrangement`.

    The first of all runs begins at `offset` of the archive, the payload at `payload_at` of the segment's
    `moof`. Once a run for every request: plain names and no calls in the common cases.
    """
    ranges: list[ByteRange] = []
    data_offsets: list[int] = []
    place = data_offsets.append
    at = first = stop = offset  # `at` walks the archive; the range being built is [first, stop)
    data_offset = payload_at
    for wanted, length in zip(is_wanted, run_bytes, strict=True):
        if wanted:
            if at != stop:
                if first < stop and 0 < at - stop <= merge_bytes:
                    data_offset += at - stop
                else:
                    if first < stop:
                        ranges.append((first, stop - first))
                    first = at
            place(data_offset)
            data_offset += length
            stop = at = at + length
        else:
            place(0)
            at += length
    if first < stop:
        ranges.append((first, stop - first))
    return ranges, data_offset - payload_at, data_offsets


def _traf(share: Share, number: int, arranged: Arrangement) -> bytes:
    is_own = arranged.run_tracks.translate(any_of((share.rows.track_id - 1,)))
    own = list(compress(arranged.data_offsets, is_own))
    truns = fragment.truns(share.run_samples, own, share.bits, share.columns())
    return fragment.traf(share.tfhd, share.rows.decode_time[number], truns)
