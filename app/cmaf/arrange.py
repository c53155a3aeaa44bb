"""Where the runs of a segment go: which ranges of the archive are sent, and where in the segment they land.

A segment's `mdat` keeps the archive's own byte order, with one `trun` a run of samples that lie back to back,
and `data_offset`s that point into the interleave, so that a muxed segment is one or a few ranges of the
archive where "all video, then all audio" would be hundreds. What lies between wanted runs is left out, or
sent as slop where it is smaller than the cost of another range (`ViewFacts.merge_bytes`). A track alone with
nothing foreign lies back to back in its `mdat`, so one `trun` holds it; where a sidecar has the track, the
same bytes are one range of that.

This runs for every request that no cache answers, so what is done a sample or a run is done by `accumulate`,
`compress`, slices and the like, and loops are over what lies side by side.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate, compress
from operator import sub
from typing import NamedTuple

from app.cmaf import fragment
from app.cmaf.order import Order, order_of
from app.cmaf.share import Share, share_of
from app.idx.header import ViewFacts
from app.idx.layout import HOLE
from app.idx.runs import RunSamples
from app.idx.view import Idx

ByteRange = tuple[int, int]  # offset, length


class Truns(NamedTuple):
    """One track's share of a segment, and the samples and data offset of each of its `trun`s."""

    share: Share
    samples: RunSamples
    data_offsets: Sequence[int]


class Arrangement(NamedTuple):
    """A segment before its boxes are written; of its ranges a column of offsets and one of lengths."""

    head_bytes: int
    tracks: list[Truns]
    offsets: Sequence[int]
    lengths: Sequence[int]

    @property
    def payload_bytes(self) -> int:
        return sum(self.lengths)


class SegmentRuns(NamedTuple):
    """The runs and holes of a segment in file order, from `offset` of the archive on."""

    offset: int
    order: Order
    lengths: list[int]
    shares: dict[int, Share]


def arrange(idx: Idx, view_number: int, number: int) -> Arrangement:
    """Where everything of segment `number` goes: all that can be said of it before its boxes are written."""
    view = idx.view(view_number)
    runs = runs_of(idx, number, view.tracks)
    if len(view.tracks) > 1:
        return _arrange_several(view, runs)
    if view.merge_bytes:
        return _arrange_with_slop(view, runs)
    (track,) = view.tracks
    offsets = runs.order.own(list(accumulate(runs.lengths, initial=runs.offset)), track)
    return _back_to_back(view, runs.shares[track], offsets, runs.shares[track].run_bytes)


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
    order = order_of(idx.runs.tracks(codes))
    shares: dict[int, Share] = {}
    run_bytes: dict[int, Sequence[int]] = {}
    for track in {*tracks, *order.present}:
        extents = idx.runs.extents(number, codes, track)
        if track == HOLE:
            run_bytes[track] = extents
        else:
            shares[track] = share_of(idx.tracks[track], number, extents)
            run_bytes[track] = shares[track].run_bytes
    return SegmentRuns(idx.segment_offset[number], order, order.merged(run_bytes), shares)


def _arrange_several(view: ViewFacts, runs: SegmentRuns) -> Arrangement:
    """Several tracks, a `trun` each run. Laid out by stretches of wanted runs, of which there are few."""
    shares = [runs.shares[track] for track in view.tracks]
    # A track without samples here (audio that ended early) has no `traf`, unless the segment is all its own.
    present = [share for share in shares if share.samples] or shares[:1]
    trafs_bytes = sum([share.traf_bytes(len(share.run_samples)) for share in present])
    at = fragment.PAYLOAD_AT + trafs_bytes
    head_bytes = len(view.styp) + at
    data_offsets: list[int] = []  # of all runs and holes
    offsets: list[int] = []
    begins: list[int] = []  # of the ranges at `offsets`, as data offsets
    first, gap, lead = 0, 0, runs.offset - at
    for stretch in runs.order.are_of(view.tracks).split(b"\0"):
        stop = first + len(stretch)
        own = runs.lengths[first:stop]
        if any(own):
            if offsets and 0 <= gap <= view.merge_bytes:
                at += gap
            else:
                lead += gap
                begins.append(at)
                offsets.append(at + lead)
            gap = 0
        data_offsets += accumulate(own, initial=at)
        at = data_offsets.pop()
        if stop < len(runs.lengths):
            gap += runs.lengths[stop]
            data_offsets.append(0)
        first = stop + 1
    truns = [Truns(each, each.run_samples, runs.order.own(data_offsets, each.track)) for each in present]
    return Arrangement(head_bytes, truns, offsets, list(map(sub, [*begins[1:], at], begins)))


def _back_to_back(
    view: ViewFacts, share: Share, offsets: Sequence[int], lengths: Sequence[int]
) -> Arrangement:
    """A track alone, all of whose bytes and nothing else are in these ranges, in decode order."""
    if 0 in lengths:  # samples of no bytes need no range
        offsets, lengths = list(compress(offsets, lengths)), list(filter(None, lengths))
    truns = min(share.samples, 1)
    payload_at = fragment.PAYLOAD_AT + share.traf_bytes(truns)
    tracks = [Truns(share, (share.samples,)[:truns], (payload_at,)[:truns])]
    return Arrangement(len(view.styp) + payload_at, tracks, offsets, lengths)


def _arrange_with_slop(view: ViewFacts, runs: SegmentRuns) -> Arrangement:
    """A track alone, a `trun` each run, and between two of them what is not worth leaving out.

    Places are the data offsets that there would be if nothing were left out; `skipped` is what is.
    """
    (share,) = (runs.shares[track] for track in view.tracks)
    payload_at = fragment.PAYLOAD_AT + share.traf_bytes(len(share.run_samples))
    places = runs.order.own(list(accumulate(runs.lengths, initial=payload_at)), share.track)
    data_offsets: list[int] = []
    starts: list[int] = []
    stops: list[int] = []
    skipped, stop = 0, payload_at
    for begin, length in zip(places, share.run_bytes, strict=True):
        if length:
            gap = begin - stop
            if gap < 0 or gap > view.merge_bytes or not starts:
                starts.append(begin)
                stops.append(stop)
                skipped += gap
            stop = begin + length
            data_offsets.append(begin - skipped)
        else:  # samples of no bytes, wherever the archive has them
            data_offsets.append(stop - skipped)
    offsets = [runs.offset - payload_at + start for start in starts]
    lengths = list(map(sub, [*stops[1:], stop], starts))
    return Arrangement(
        len(view.styp) + payload_at, [Truns(share, share.run_samples, data_offsets)], offsets, lengths
    )
