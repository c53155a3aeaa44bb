"""Where the runs of a segment go: which ranges of the archive are sent, and where in the segment they land.

A segment's `mdat` keeps the archive's own byte order, with one `trun` a run of samples that lie back to back,
and `data_offset`s that point into the interleave, so that a muxed segment is one or a few ranges of the
archive where "all video, then all audio" would be hundreds. What lies between wanted runs is left out, or
sent as slop where it is smaller than the cost of another range (`ViewFacts.merge_bytes`). A track alone with
nothing foreign lies back to back in its `mdat`, so one `trun` holds it; where a sidecar has the track, the
same bytes are one range of that.

This runs for every request that no cache answers, so what is done a sample or a run is done by `accumulate`,
`compress`, `bytes.translate` and the like, and loops are over what lies side by side.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, compress, islice
from operator import itemgetter

from app.cmaf import fragment
from app.cmaf.share import Share, share_of
from app.idx.header import ViewFacts
from app.idx.layout import HOLE
from app.idx.view import Idx

ByteRange = tuple[int, int]  # offset, length
_LENGTH = itemgetter(1)
_FEW_HOLES = 8


@dataclass(frozen=True, slots=True)
class Truns:
    """One track's share of a segment, and the samples and data offset of each of its `trun`s."""

    share: Share
    samples: Sequence[int]
    data_offsets: Sequence[int]


@dataclass(frozen=True, slots=True)
class Arrangement:
    """A segment before its boxes are written."""

    head_bytes: int
    tracks: list[Truns]
    ranges: list[ByteRange]
    payload_bytes: int


@dataclass(frozen=True, slots=True)
class SegmentRuns:
    """The runs and holes of a segment in file order, from `offset` of the archive on."""

    offset: int
    tracks: bytes
    lengths: list[int]
    shares: dict[int, Share]


def arrange(idx: Idx, view_number: int, number: int) -> Arrangement:
    """Where everything of segment `number` goes: all that can be said of it before its boxes are written."""
    view = idx.view(view_number)
    return _arrange(view, runs_of(idx, number, view.tracks))


def arrange_in_sidecar(idx: Idx, view: ViewFacts, number: int) -> Arrangement:
    """As `arrange` for a view that the sidecar holds: the same head, and a range of the sidecar."""
    rows = idx.tracks[view.tracks[0]]
    if rows.sidecar_offset is None:
        raise ValueError(f"no sidecar holds view {view.name}")
    first, stop = rows.sidecar_offset[number], rows.sidecar_offset[number + 1]
    return _back_to_back(view, share_of(rows, number), [(first, stop - first)] if first < stop else [])


def runs_of(idx: Idx, number: int, tracks: Iterable[int]) -> SegmentRuns:
    """Of segment `number`: all runs and holes, and the shares of `tracks` and of what has runs there."""
    codes = idx.runs.codes(number)
    run_tracks = idx.runs.tracks(codes)
    shares = {}
    for track in {*tracks, *run_tracks} - {HOLE}:
        shares[track] = share_of(idx.tracks[track], number, idx.runs.extents(number, codes, track))
    lengths: dict[int, Sequence[int]] = {track: share.run_bytes for track, share in shares.items()}
    lengths[HOLE] = idx.runs.extents(number, codes, HOLE)
    return SegmentRuns(idx.segment_offset[number], run_tracks, _in_file_order(run_tracks, lengths), shares)


def _in_file_order(run_tracks: bytes, lengths: dict[int, Sequence[int]]) -> list[int]:
    """The lengths of all runs and holes from those of each track.

    Between holes, which are few, two tracks take turns as a rule: then every other length is of one of them.
    """
    upcoming = {track: iter(own) for track, own in lengths.items()}
    if run_tracks.count(HOLE) > _FEW_HOLES:
        return list(map(next, map(upcoming.__getitem__, run_tracks)))
    ordered: list[int] = []
    for stretch in run_tracks.split(bytes((HOLE,))):
        pair, odd = stretch[:2], len(stretch) % 2
        if stretch == pair * (len(stretch) // 2) + pair[:odd] and len({*pair}) == 2:
            turns = [0] * len(stretch)
            turns[0::2] = islice(upcoming[pair[0]], len(stretch) // 2 + odd)
            turns[1::2] = islice(upcoming[pair[1]], len(stretch) // 2)
            ordered += turns
        else:
            ordered += map(next, map(upcoming.__getitem__, stretch))
        ordered += islice(upcoming[HOLE], 1)
    return ordered


def _arrange(view: ViewFacts, runs: SegmentRuns) -> Arrangement:
    is_wanted = runs.tracks.translate(any_of(view.tracks))
    shares = [runs.shares[track] for track in view.tracks]
    if len(shares) == 1 and not view.merge_bytes:
        (share,) = shares
        starts = compress(accumulate(runs.lengths, initial=runs.offset), is_wanted)
        pieces = zip(starts, share.run_bytes, strict=True)
        return _back_to_back(view, share, list(compress(pieces, share.run_bytes)))
    # A track without samples here (audio that ended early) has no `traf`, unless the segment is all its own.
    present = [share for share in shares if share.samples] or shares[:1]
    trafs_bytes = sum(share.traf_bytes(len(share.run_samples)) for share in present)
    payload_at = fragment.MOOF_BYTES + trafs_bytes + fragment.MDAT_HEADER_BYTES
    ranges, end, offsets = _lay_out(runs, is_wanted, payload_at, view.merge_bytes)
    if len(present) == 1:
        tracks = [Truns(present[0], present[0].run_samples, offsets)]
    else:
        run_tracks = runs.tracks.translate(None, _none_of(view.tracks))
        tracks = [Truns(share, share.run_samples, _of(share.track, run_tracks, offsets)) for share in present]
    return Arrangement(len(view.styp) + payload_at, tracks, ranges, end - payload_at)


def _of(track: int, run_tracks: bytes, values: Sequence[int]) -> list[int]:
    return list(compress(values, run_tracks.translate(any_of((track,)))))


def _back_to_back(view: ViewFacts, share: Share, ranges: list[ByteRange]) -> Arrangement:
    """A track alone, all of whose bytes and nothing else are in `ranges`, in decode order."""
    truns = min(share.samples, 1)
    payload_at = fragment.MOOF_BYTES + share.traf_bytes(truns) + fragment.MDAT_HEADER_BYTES
    return Arrangement(
        head_bytes=len(view.styp) + payload_at,
        tracks=[Truns(share, [share.samples][:truns], [payload_at][:truns])],
        ranges=ranges,
        payload_bytes=sum(map(_LENGTH, ranges)),
    )


def _lay_out(
    runs: SegmentRuns, is_wanted: bytes, payload_at: int, merge_bytes: int
) -> tuple[list[ByteRange], int, list[int]]:
    """The ranges that hold the wanted runs, where the payload that begins at `payload_at` ends, and the
    data offset of each wanted run.

    Goes from one stretch of wanted runs to the next. A place is the offset that a run would have if all
    before it were sent; `skipped` is what is not.
    """
    places = list(accumulate(runs.lengths, initial=payload_at))
    in_archive = runs.offset - payload_at  # from a place
    ranges: list[ByteRange] = []
    data_offsets: list[int] = []
    place_at = data_offsets.append
    first = skipped = 0
    start = stop = payload_at  # of the range that is being built
    for stretch in is_wanted.split(b"\0"):
        last = first + len(stretch)
        begin, end = places[first], places[last]
        if begin < end:
            if start == stop or not 0 <= begin - stop <= merge_bytes:
                if start < stop:
                    ranges.append((start + in_archive, stop - start))
                skipped += begin - stop
                start = begin
            stop = end
            if last - first == 1:
                place_at(begin - skipped)
            else:
                data_offsets += [place - skipped for place in places[first:last]]
        elif stretch:  # samples of no bytes, wherever the archive has them
            data_offsets += [stop - skipped] * len(stretch)
        first = last + 1
    if start < stop:
        ranges.append((start + in_archive, stop - start))
    return ranges, stop - skipped, data_offsets


@cache
def any_of(tracks: tuple[int, ...]) -> bytes:
    """A translation that turns track numbers into selectors of some tracks."""
    return bytes(number in tracks for number in range(256))


@cache
def _none_of(tracks: tuple[int, ...]) -> bytes:
    """All track numbers but some, and that of holes."""
    return bytes(number for number in range(256) if number not in tracks)
