"""The figures of a view that rest on what each segment holds, and the choice of holes that rests on them.

They are read from a draft of the index, with the origin's own reader. They say of every segment what
`app.cmaf.arrange` will make of it, which a property test compares, without where each run lands: for that
alone would take most of the time that indexing takes. Lengths are bytes.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import accumulate, chain, compress
from operator import lt, sub
from typing import NamedTuple

from app.cmaf import fragment
from app.cmaf.arrange import SegmentRuns, runs_of
from app.cmaf.iframes import VIDEO, iframe_parts
from app.cmaf.order import Order
from app.cmaf.slop import RANGE_COST_BYTES, choose_merge_bytes
from app.idx.header import IFrameFacts, TextFacts, ViewFacts
from app.idx.view import Idx
from app.ttml import plan_ttml
from app.webvtt import plan_cues
from indexer import bandwidth
from indexer.errors import LimitExceeded
from indexer.limits import MAX_SEGMENT_BYTES


class _Weighed(NamedTuple):
    """A segment of a view, sent without holes. `spared_bytes` are added to its head where holes are sent, as
    then there is a `trun` for each run.
    """

    head_bytes: int
    spared_bytes: int
    payload_bytes: int
    gaps: list[int]  # those between its ranges that may be sent rather than skipped
    range_count: int

    @property
    def from_sidecar(self) -> _Weighed:
        """The same, all of its payload in one range."""
        return self._replace(gaps=[], range_count=min(1, self.range_count))


def measure(draft: Idx, slop: float) -> list[tuple[array[int], ViewFacts]]:
    """For each view of `draft`, whose `merge_bytes` are 0: response lengths, and the view with its figures.

    Raises `LimitExceeded` where a segment would be too large to serve.
    """
    by_segment = [_weigh_views(draft, number) for number in range(draft.segment_count)]
    durations_us = draft.durations_us()
    found = []
    for view, own in zip(draft.header.views, zip(*by_segment, strict=True), strict=True):
        weighed = [each.from_sidecar for each in own] if draft.has_in_sidecar(view) else own
        found.append(_figures(view, weighed, durations_us, slop))
    return found


def measure_texts(draft: Idx) -> tuple[TextFacts, ...]:
    """The texts of `draft` with their rates."""
    durations_us = draft.durations_us()
    measured = []
    for text in draft.texts:
        plan_segment = plan_ttml if text.facts.codec else plan_cues
        plans = (plan_segment(draft, text, number, draft.identity) for number in range(draft.segment_count))
        lengths = [plan.length for plan in plans]
        peak_bps = bandwidth.peak_bps(lengths, durations_us)
        average_bps = bandwidth.average_bps(lengths, durations_us)
        measured.append(replace(text.facts, peak_bps=peak_bps, average_bps=average_bps))
    return tuple(measured)


def measure_iframes(draft: Idx) -> IFrameFacts:
    """Rates of the playlist of I-frames, whose heads are all of one length."""
    if draft.iframes is None:
        return IFrameFacts(0, 0)
    rows = draft.tracks[VIDEO]
    head, _ = iframe_parts(draft, draft.view_number(rows.facts.name), 0)
    lengths = [len(head) + rows.size_of(sample) for sample in draft.iframes.sample]
    figures = lengths, draft.iframe_durations_us()
    return IFrameFacts(bandwidth.peak_bps(*figures), bandwidth.average_bps(*figures))


def _weigh_views(draft: Idx, number: int) -> list[_Weighed]:
    runs = runs_of(draft, number, range(len(draft.tracks)))
    places = list(accumulate(runs.lengths, initial=0))
    has_empty = 0 in runs.lengths
    weights = {
        track: (share.traf_bytes(len(share.run_samples)), sum(share.run_bytes))
        for track, share in runs.shares.items()
    }
    return [_weigh(view, runs, places, weights, has_empty=has_empty) for view in draft.header.views]


def _weigh(
    view: ViewFacts,
    runs: SegmentRuns,
    places: list[int],
    weights: Mapping[int, tuple[int, int]],
    *,
    has_empty: bool,
) -> _Weighed:
    """`places` say where the runs and holes begin, counted from the first, and where the last one ends;
    `weights` are of each track the bytes of its `traf` and of its samples.
    """
    present = [track for track in view.tracks if runs.shares[track].samples] or view.tracks[:1]
    trafs_bytes = sum([weights[track][0] for track in present])
    payload_bytes = sum([weights[track][1] for track in view.tracks])
    spared_bytes = 0
    if len(view.tracks) == 1:
        spared_bytes = fragment.TRUN_HEADER_BYTES * max(0, len(runs.shares[view.tracks[0]].run_samples) - 1)
    head_bytes = len(view.styp) + fragment.PAYLOAD_AT + trafs_bytes
    begins, ends = _edges(view, runs.order, places)
    if has_empty:  # samples without bytes need no range
        has_bytes = list(map(lt, begins, ends))
        begins, ends = list(compress(begins, has_bytes)), list(compress(ends, has_bytes))
    gaps = [gap for gap in map(sub, begins[1:], ends) if 0 <= gap <= RANGE_COST_BYTES]
    range_count = len(begins)
    if len(view.tracks) > 1 and 0 in gaps:  # then they are one range
        range_count -= gaps.count(0)
        gaps = [gap for gap in gaps if gap]
    return _Weighed(head_bytes - spared_bytes, spared_bytes, payload_bytes, gaps, range_count)


def _edges(view: ViewFacts, order: Order, places: list[int]) -> tuple[list[int], list[int]]:
    """Where what is wanted in one piece begins and where it ends."""
    if len(view.tracks) == 1:  # whose runs never touch
        return order.own(places[:-1], view.tracks[0]), order.own(places[1:], view.tracks[0])
    is_wanted = int.from_bytes(order.are_of(view.tracks) + b"\0")  # a byte each
    is_edge = (is_wanted ^ is_wanted >> 8).to_bytes(len(places))
    edges = list(compress(places, is_edge))
    return edges[0::2], edges[1::2]


def _figures(
    view: ViewFacts, weighed: Sequence[_Weighed], durations_us: Sequence[int], slop: float
) -> tuple[array[int], ViewFacts]:
    wanted_bytes = sum(segment.payload_bytes for segment in weighed)
    gaps = chain.from_iterable(segment.gaps for segment in weighed)
    merge_bytes = choose_merge_bytes(gaps, int(slop * wanted_bytes))
    heads = [segment.head_bytes for segment in weighed]
    merged: list[list[int]] = [[]] * len(weighed)
    if merge_bytes:
        heads = [segment.head_bytes + segment.spared_bytes for segment in weighed]
        merged = [[gap for gap in segment.gaps if gap <= merge_bytes] for segment in weighed]
    lengths = array("Q")
    for segment, head_bytes, sent_gaps in zip(weighed, heads, merged, strict=True):
        lengths.append(head_bytes + segment.payload_bytes + sum(sent_gaps))
    _check_lengths(lengths)
    figures = replace(
        view,
        merge_bytes=merge_bytes,
        peak_bps=bandwidth.peak_bps(lengths, durations_us),
        average_bps=bandwidth.average_bps(lengths, durations_us),
        range_count=sum(segment.range_count for segment in weighed) - sum(map(len, merged)),
        slop_bytes=sum(map(sum, merged)),
        head_bytes=sum(heads),
    )
    return lengths, figures


def _check_lengths(lengths: array[int]) -> None:
    for number, length in enumerate(lengths, start=1):
        if length > MAX_SEGMENT_BYTES:
            raise LimitExceeded(
                f"segment {number} would be {length} bytes, more than {MAX_SEGMENT_BYTES}",
                remedy="choose a shorter --segment-duration, or encode keyframes more often",
            )
