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
from itertools import accumulate, compress
from operator import sub

from app.cmaf import fragment
from app.cmaf.share import Share, share_of
from app.idx.header import ViewFacts
from app.idx.layout import HOLE
from app.idx.view import Idx

ByteRange = tuple[int, int]  # offset, length
_A_HOLE = bytes((HOLE,))
_FEW_HOLES = 8


@dataclass(frozen=True, slots=True)
class Truns:
    """One track's share of a segment, and the samples and data offset of each of its `trun`s."""

    share: Share
    samples: Sequence[int]
    data_offsets: Sequence[int]


@dataclass(frozen=True, slots=True)
class Arrangement:
    """A segment before its boxes are written; of its ranges a column of offsets and one of lengths."""

    head_bytes: int
    tracks: list[Truns]
    offsets: Sequence[int]
    lengths: Sequence[int]

    @property
    def payload_bytes(self) -> int:
        return sum(self.lengths)


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
    return _back_to_back(view, share_of(rows, number), [first], [stop - first])


def runs_of(idx: Idx, number: int, tracks: Iterable[int]) -> SegmentRuns:
    """Of segment `number`: all runs and holes, and the shares of `tracks` and of what has runs there."""
    codes = idx.runs.codes(number)
    tracks_and_holes = idx.runs.tracks(codes)
    run_tracks = tracks_and_holes.replace(_A_HOLE, b"")
    turn = _turn_of(run_tracks)
    shares = {}
    for track in {*tracks, *(turn or run_tracks)}:
        shares[track] = share_of(idx.tracks[track], number, idx.runs.extents(number, codes, track))
    lengths = _in_file_order(run_tracks, turn, {track: share.run_bytes for track, share in shares.items()})
    if len(run_tracks) < len(tracks_and_holes):
        lengths = _with_holes(lengths, idx.runs.extents(number, codes, HOLE), tracks_and_holes)
    return SegmentRuns(idx.segment_offset[number], tracks_and_holes, lengths, shares)


def _turn_of(run_tracks: bytes) -> bytes:
    """The tracks in the order in which they take turns, a run each, throughout; empty where they do not.

    They do as a rule, and slices with a step then do what takes a step a run otherwise.
    """
    first = run_tracks[:1]
    turn = first + run_tracks[1:].partition(first)[0] if first else b""
    repeated = turn * (len(run_tracks) // max(len(turn), 1) + 1)
    return turn if repeated.startswith(run_tracks) and len({*turn}) == len(turn) else b""


def _in_file_order(run_tracks: bytes, turn: bytes, lengths: dict[int, Sequence[int]]) -> list[int]:
    """The lengths of all runs from those of each track."""
    if not turn:
        upcoming = {track: iter(own) for track, own in lengths.items()}
        return list(map(next, map(upcoming.__getitem__, run_tracks)))
    ordered = [0] * len(run_tracks)
    for place, track in enumerate(turn):
        ordered[place :: len(turn)] = lengths[track]
    return ordered


def _with_holes(lengths: list[int], holes: Sequence[int], tracks_and_holes: bytes) -> list[int]:
    """The lengths of all runs and holes from those of either."""
    if len(holes) > _FEW_HOLES:
        upcoming = iter(lengths), iter(holes)
        return list(map(next, map(upcoming.__getitem__, tracks_and_holes.translate(any_of((HOLE,))))))
    at = -1
    for hole in holes:
        at = tracks_and_holes.index(HOLE, at + 1)
        lengths.insert(at, hole)
    return lengths


def _arrange(view: ViewFacts, runs: SegmentRuns) -> Arrangement:
    shares = [runs.shares[track] for track in view.tracks]
    is_wanted = runs.tracks.translate(any_of(view.tracks))
    if len(shares) == 1 and not view.merge_bytes:
        (share,) = shares
        offsets = list(compress(accumulate(runs.lengths, initial=runs.offset), is_wanted))
        return _back_to_back(view, share, offsets, share.run_bytes)
    # A track without samples here (audio that ended early) has no `traf`, unless the segment is all its own.
    present = [share for share in shares if share.samples] or shares[:1]
    trafs_bytes = sum(share.traf_bytes(len(share.run_samples)) for share in present)
    payload_at = fragment.MOOF_BYTES + trafs_bytes + fragment.MDAT_HEADER_BYTES
    places = list(accumulate(runs.lengths, initial=payload_at))
    if len(shares) == 1:
        begins, run_bytes = compress(places, is_wanted), shares[0].run_bytes
        data_offsets, starts, lengths = _lay_out(begins, run_bytes, payload_at, view.merge_bytes)
        own: list[Sequence[int]] = [data_offsets]
    else:
        data_offsets, starts, lengths = _lay_out_stretches(places, is_wanted, payload_at, view.merge_bytes)
        run_tracks = runs.tracks.translate(None, _none_of(view.tracks))
        own = _by_track(data_offsets, run_tracks, [share.track for share in present])
    return Arrangement(
        len(view.styp) + payload_at,
        [Truns(share, share.run_samples, landed) for share, landed in zip(present, own, strict=True)],
        [runs.offset - payload_at + start for start in starts],
        lengths,
    )


def _back_to_back(
    view: ViewFacts, share: Share, offsets: Sequence[int], lengths: Sequence[int]
) -> Arrangement:
    """A track alone, all of whose bytes and nothing else are in these ranges, in decode order."""
    if 0 in lengths:  # samples of no bytes need no range
        offsets, lengths = list(compress(offsets, lengths)), list(filter(None, lengths))
    truns = min(share.samples, 1)
    payload_at = fragment.MOOF_BYTES + share.traf_bytes(truns) + fragment.MDAT_HEADER_BYTES
    tracks = [Truns(share, [share.samples][:truns], [payload_at][:truns])]
    return Arrangement(len(view.styp) + payload_at, tracks, offsets, lengths)


def _lay_out(
    begins: Iterable[int], lengths: Iterable[int], payload_at: int, merge_bytes: int
) -> tuple[list[int], list[int], list[int]]:
    """The data offsets of stretches of wanted bytes, and where the ranges that hold them begin and how long
    they are.

    Begins are places: the data offsets that there would be if nothing between stretches were left out, from
    `payload_at` on. `skipped` is what is.
    """
    data_offsets: list[int] = []
    starts: list[int] = []
    stops: list[int] = []
    skipped, stop = 0, payload_at
    for begin, length in zip(begins, lengths, strict=True):
        if length:
            gap = begin - stop
            if gap < 0 or gap > merge_bytes or not starts:
                starts.append(begin)
                stops.append(stop)
                skipped += gap
            stop = begin + length
            data_offsets.append(begin - skipped)
        else:  # samples of no bytes, wherever the archive has them
            data_offsets.append(stop - skipped)
    return data_offsets, starts, list(map(sub, [*stops[1:], stop], starts))


def _lay_out_stretches(
    places: Sequence[int], is_wanted: bytes, payload_at: int, merge_bytes: int
) -> tuple[list[int], list[int], list[int]]:
    """As `_lay_out`, by stretches of wanted runs, of which a segment with several tracks has few."""
    stretches, first = [], 0
    for stretch in is_wanted.split(b"\0"):
        if stretch:
            stretches.append((first, first + len(stretch)))
        first += len(stretch) + 1
    begins = [places[first] for first, _ in stretches]
    sizes = [places[stop] - places[first] for first, stop in stretches]
    landed, starts, lengths = _lay_out(begins, sizes, payload_at, merge_bytes)
    data_offsets: list[int] = []
    for (first, stop), begin, at in zip(stretches, begins, landed, strict=True):
        own = places[first:stop]
        data_offsets += own if at == begin else [place - begin + at for place in own]
    return data_offsets, starts, lengths


def _by_track(values: Sequence[int], run_tracks: bytes, tracks: Iterable[int]) -> list[Sequence[int]]:
    """Of values of runs, those of each of `tracks`."""
    if turn := _turn_of(run_tracks):
        return [values[turn.index(track) :: len(turn)] for track in tracks]
    return [list(compress(values, run_tracks.translate(any_of((track,))))) for track in tracks]


@cache
def any_of(tracks: tuple[int, ...]) -> bytes:
    """A translation that turns track numbers into selectors of some tracks."""
    return bytes(number in tracks for number in range(256))


@cache
def _none_of(tracks: tuple[int, ...]) -> bytes:
    """All track numbers but some, and that of holes."""
    return bytes(number for number in range(256) if number not in tracks)
