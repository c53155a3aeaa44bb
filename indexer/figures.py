"""The figures of a view that only arranged segments can give, and the choice of holes that rests on them.

Every segment of every view is arranged once by the origin's own planner, over a draft of the index: what
cannot be planned is not published. Lengths are bytes.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain

from app.cmaf.arrange import Arrangement, arrange_views
from app.cmaf.iframes import VIDEO, iframe_parts, sample_bytes
from app.cmaf.slop import choose_merge_bytes, gaps_between
from app.idx.header import IFrameFacts, TextFacts, ViewFacts
from app.idx.view import Idx
from app.webvtt import plan_cues
from indexer import bandwidth
from indexer.errors import LimitExceeded
from indexer.limits import MAX_SEGMENT_BYTES


@dataclass(frozen=True, slots=True)
class _Arranged:
    """What is kept of an arrangement: some numbers, not its thousands of offsets. `spared_bytes` are added
    to its head where holes are sent.
    """

    head_bytes: int
    spared_bytes: int
    payload_bytes: int
    gaps: list[int]
    range_count: int

    @classmethod
    def of(cls, arrangement: Arrangement) -> _Arranged:
        ranges = arrangement.ranges
        return cls(
            arrangement.head_bytes,
            arrangement.spared_bytes,
            arrangement.payload_bytes,
            gaps_between(ranges),
            len(ranges),
        )

    @property
    def from_sidecar(self) -> _Arranged:
        """The same, all of its payload in one range."""
        return replace(self, gaps=[], range_count=min(1, self.range_count))

    @property
    def with_holes(self) -> _Arranged:
        """The same with a `trun` for each run."""
        return replace(self, head_bytes=self.head_bytes + self.spared_bytes)


def measure(draft: Idx, slop: float) -> list[tuple[array[int], ViewFacts]]:
    """For each view of `draft`, whose `merge_bytes` are 0: response lengths, and the view with its figures.

    Raises `LimitExceeded` where a segment would be too large to serve.
    """
    by_segment = [
        list(map(_Arranged.of, arrange_views(draft, number))) for number in range(draft.segment_count)
    ]
    seconds = [duration_us / 1e6 for duration_us in draft.durations_us()]
    by_view = zip(*by_segment, strict=True)
    found = []
    for view, own in zip(draft.header.views, by_view, strict=True):
        arranged = [each.from_sidecar for each in own] if draft.has_in_sidecar(view) else own
        found.append(_figures(view, arranged, seconds, slop))
    return found


def measure_texts(draft: Idx) -> tuple[TextFacts, ...]:
    """The texts of `draft` with their rates."""
    seconds = [duration_us / 1e6 for duration_us in draft.durations_us()]
    measured = []
    for text in draft.texts:
        plans = (plan_cues(draft, text, number, draft.identity) for number in range(draft.segment_count))
        lengths = [plan.length for plan in plans]
        peak_bps, average_bps = bandwidth.peak_bps(lengths, seconds), bandwidth.average_bps(lengths, seconds)
        measured.append(replace(text.facts, peak_bps=peak_bps, average_bps=average_bps))
    return tuple(measured)


def measure_iframes(draft: Idx) -> IFrameFacts:
    """Rates of the playlist of I-frames, whose heads are all of one length."""
    if draft.iframes is None:
        return IFrameFacts(0, 0)
    rows = draft.tracks[VIDEO]
    head, _ = iframe_parts(draft, draft.view_number(rows.facts.name), 0)
    lengths = [len(head) + sample_bytes(rows, sample) for sample in draft.iframes.sample]
    seconds = [duration_us / 1e6 for duration_us in draft.iframe_durations_us()]
    return IFrameFacts(bandwidth.peak_bps(lengths, seconds), bandwidth.average_bps(lengths, seconds))


def _figures(
    view: ViewFacts, arranged: Sequence[_Arranged], seconds: Sequence[float], slop: float
) -> tuple[array[int], ViewFacts]:
    wanted_bytes = sum(segment.payload_bytes for segment in arranged)
    gaps = chain.from_iterable(segment.gaps for segment in arranged)
    merge_bytes = choose_merge_bytes(gaps, int(slop * wanted_bytes))
    if merge_bytes:
        arranged = [segment.with_holes for segment in arranged]
    merged = [[gap for gap in segment.gaps if 0 < gap <= merge_bytes] for segment in arranged]
    lengths = array("Q")
    for segment, sent_gaps in zip(arranged, merged, strict=True):
        lengths.append(segment.head_bytes + segment.payload_bytes + sum(sent_gaps))
    _check_lengths(lengths)
    figures = replace(
        view,
        merge_bytes=merge_bytes,
        peak_bps=bandwidth.peak_bps(lengths, seconds),
        average_bps=bandwidth.average_bps(lengths, seconds),
        range_count=sum(segment.range_count for segment in arranged) - sum(map(len, merged)),
        slop_bytes=sum(map(sum, merged)),
        head_bytes=sum(segment.head_bytes for segment in arranged),
    )
    return lengths, figures


def _check_lengths(lengths: array[int]) -> None:
    for number, length in enumerate(lengths, start=1):
        if length > MAX_SEGMENT_BYTES:
            raise LimitExceeded(
                f"segment {number} would be {length} bytes, more than {MAX_SEGMENT_BYTES}",
                remedy="choose a shorter --segment-duration, or encode keyframes more often",
            )
