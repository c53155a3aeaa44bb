"""Served tracks ─▶ segments: when each begins, and which samples of each track it holds.

Cuts fall on sync samples of the leading track (the video, or the first audio where there is none). A
sample of another track belongs to the segment in which its presentation starts; what starts before the
first segment or after the last joins these, so that no sample is lost and a short, late or missing audio
never matters. Where the others begin long before the leading track or go on long after it, segments a
target long cover that time. Times are ticks of the leading track's timescale.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, compress, pairwise
from typing import NamedTuple

from app.cmaf.fragment import NON_SYNC_BIT
from indexer.cuts import choose_cuts
from indexer.errors import LimitExceeded
from indexer.limits import MAX_BARE_PARTS, MAX_TICKS, MAX_TIMELESS_SAMPLES, SAMPLES_A_PART
from indexer.select import Change
from indexer.timeline import Placement, rescale
from indexer.track import Samples, Track, are_sync

ENDS_TOGETHER = 10
"""Tracks whose ends are apart by less than a target divided by this end together."""


class PlacedTrack(NamedTuple):
    """A served track on the timeline. `decode_ticks`: the archive's time of each sample, and the end."""

    track: Track
    placement: Placement
    decode_ticks: Sequence[int]

    @property
    def start_ticks(self) -> int:
        return self.presentation_ticks(0)

    @property
    def end_ticks(self) -> int:
        """Where the presentation ends: the durations of all samples after the first one's start."""
        return self.start_ticks + self.decode_ticks[-1] - self.decode_ticks[0]

    def presentation_ticks(self, sample: int) -> int:
        column = self.track.samples.composition_ticks
        composition = column if isinstance(column, int) else column[sample]
        return self.placement.presentation_ticks(self.decode_ticks[sample], composition)

    def first_sample_from(self, ticks: int, timescale: int) -> int:
        """The first sample that starts at or after `ticks`, where decode order is presentation order."""
        wanted = -(-ticks * self.track.timescale // timescale)
        shift = self.start_ticks - self.decode_ticks[0]
        return bisect_left(self.decode_ticks, wanted - shift, 0, self.track.samples.count)


class Cut(NamedTuple):
    """Where a segment begins: in presentation time, and in the samples and formats of the leading track."""

    ticks: int
    lead_sample: int
    format_number: int


@dataclass(frozen=True, slots=True)
class Segmentation:
    """`start_ticks` has S+1 entries, as has each of `first_samples`, one a track; `format_numbers` has S."""

    timescale: int
    start_ticks: list[int]
    first_samples: list[list[int]]
    format_numbers: list[int]  # of the leading track

    @property
    def count(self) -> int:
        return len(self.start_ticks) - 1


def decode_times(samples: Samples) -> Sequence[int]:
    """The decode time of every sample and the end of the last; arithmetic where durations are constant."""
    first, duration = samples.first_decode_ticks, samples.duration_ticks
    if not isinstance(duration, int):
        return array("q", accumulate(duration, initial=first))
    if duration:
        return range(first, first + duration * (samples.count + 1), duration)
    if samples.count > MAX_TIMELESS_SAMPLES:
        raise LimitExceeded(
            f"a track has {samples.count} samples that all last no time; {MAX_TIMELESS_SAMPLES} are served",
            remedy="remux the archive with a tool that writes their durations",
        )
    return [first] * (samples.count + 1)


def segment(tracks: Sequence[PlacedTrack], changes: Sequence[Change], target_ms: int) -> Segmentation:
    """`tracks[0]` leads; `changes` are those of its format, each of which begins a segment.

    Raises `LimitExceeded` for times that 63 bits do not hold, or too many segments.
    """
    lead, timescale = tracks[0], tracks[0].track.timescale
    target = max(1, target_ms * timescale // 1000)
    _check_ticks(tracks)
    # What an edit list skips (priming, frames before the first shown) is served, and lasts no time.
    start = max(0, min(rescale(placed.start_ticks, placed.track.timescale, timescale) for placed in tracks))
    end = max(rescale(placed.end_ticks, placed.track.timescale, timescale) for placed in tracks)
    forced = _forced_cuts(lead, changes, start, end, target)
    cuts: list[Cut] = []
    for cut, following in pairwise(forced):
        cuts += [cut, *_cuts_between(lead, cut, _as_the_lead_ends(lead, following, target), target)]
    _check_parts(tracks, len(cuts))
    starts = [*(cut.ticks for cut in cuts), forced[-1].ticks]
    first_samples = [[*(cut.lead_sample for cut in cuts), lead.track.samples.count]]
    for other in tracks[1:]:
        inner = [other.first_sample_from(ticks, timescale) for ticks in starts[1:-1]]
        first_samples.append([0, *inner, other.track.samples.count])
    return Segmentation(timescale, starts, first_samples, [cut.format_number for cut in cuts])


def _check_parts(tracks: Sequence[PlacedTrack], segments: int) -> None:
    """Refuse segments by the ten thousand with nothing in them: a track may be silent for years."""
    samples = sum(placed.track.samples.count for placed in tracks)
    if segments * (len(tracks) + 1) > MAX_BARE_PARTS + samples // SAMPLES_A_PART:
        raise LimitExceeded(
            f"its {samples} samples would be spread over {segments} segments of {len(tracks)} tracks",
            remedy="choose a longer --segment-duration",
        )


def _check_ticks(tracks: Sequence[PlacedTrack]) -> None:
    for placed in tracks:
        own = placed.decode_ticks[-1] + placed.placement.decode_shift_ticks, placed.placement.media_time_ticks
        latest = max(*own, rescale(placed.end_ticks, placed.track.timescale, tracks[0].track.timescale))
        if latest > MAX_TICKS:
            raise LimitExceeded(
                f"track {placed.track.track_id} lasts until tick {latest}, more than 63 bits hold",
                remedy="remux the archive with sane durations and timescales",
            )


def _forced_cuts(
    lead: PlacedTrack, changes: Sequence[Change], start: int, end: int, target: int
) -> list[Cut]:
    """Cuts that have to be: at both ends, where the format changes, and where a leading track that begins
    late or ends early leaves half a target or more to the others.

    Each is later than the one before, whatever the archive says.
    """
    cuts = [Cut(start, 0, changes[0].format_number)]

    def cut(ticks: int, lead_sample: int, format_number: int) -> None:
        cuts.append(Cut(max(ticks, cuts[-1].ticks + 1), lead_sample, format_number))

    if 2 * (lead.start_ticks - start) >= target:
        cut(lead.start_ticks, 0, changes[0].format_number)
    for change in changes[1:]:
        cut(lead.presentation_ticks(change.first_sample), change.first_sample, change.format_number)
    over = max(lead.end_ticks, cuts[-1].ticks + target)  # a cover picture does not make a segment of its own
    if 2 * (end - over) >= target:
        cut(over, lead.track.samples.count, changes[-1].format_number)
    cut(end, lead.track.samples.count, changes[-1].format_number)
    return cuts


def _as_the_lead_ends(lead: PlacedTrack, cut: Cut, target: int) -> Cut:
    """`cut`, moved to the leading track's end where it is close to that: what encoders of sound pad must not
    decide where renditions of one picture are cut.
    """
    is_close = abs(cut.ticks - lead.end_ticks) <= target // ENDS_TOGETHER
    return cut._replace(ticks=lead.end_ticks) if is_close else cut


def _cuts_between(lead: PlacedTrack, cut: Cut, following: Cut, target: int) -> list[Cut]:
    """Further cuts after `cut` and before `following`, a target or so apart."""
    times: Sequence[int]
    samples: Sequence[int]
    if cut.lead_sample == following.lead_sample:
        times = range(cut.ticks + target, following.ticks, target)
        chosen = choose_cuts(cut.ticks, times, following.ticks, target)
        return [Cut(times[position], cut.lead_sample, cut.format_number) for position in chosen]
    if _may_begin_anywhere(lead.track):
        first = lead.first_sample_from(cut.ticks + 1, lead.track.timescale)
        samples = range(max(first, cut.lead_sample + 1), following.lead_sample)
        times = _DecodeOrder(lead, samples)
    else:
        times, samples = _sync_samples(lead, cut, following)
    chosen = choose_cuts(cut.ticks, times, following.ticks, target)
    return [Cut(times[position], samples[position], cut.format_number) for position in chosen]


def _may_begin_anywhere(track: Track) -> bool:
    """Whether all samples are sync samples, shown in the order in which they are decoded."""
    flags, offsets = track.samples.flags, track.samples.composition_ticks
    all_sync = isinstance(flags, int) and not flags & NON_SYNC_BIT
    return track.handler == "soun" or (all_sync and isinstance(offsets, int))


class _DecodeOrder(Sequence[int]):
    """The presentation times of a run of samples, without a list of them."""

    def __init__(self, placed: PlacedTrack, samples: range) -> None:
        self._placed, self._samples = placed, samples
        self._shift = placed.start_ticks - placed.decode_ticks[0]

    def __len__(self) -> int:
        return len(self._samples)

    def __getitem__(self, position):  # type: ignore[no-untyped-def]
        return self._placed.decode_ticks[self._samples[position]] + self._shift


def _sync_samples(video: PlacedTrack, cut: Cut, following: Cut) -> tuple[array[int], array[int]]:
    """Presentation ticks and numbers of samples where a segment may begin, times rising above `cut.ticks`."""
    times, numbers = array("q"), array("Q")
    flags, latest = video.track.samples.flags, cut.ticks
    samples = range(cut.lead_sample, following.lead_sample)
    if isinstance(flags, int):
        selected: Iterable[int] = () if flags & NON_SYNC_BIT else samples
    else:
        selected = compress(samples, are_sync(flags[cut.lead_sample : following.lead_sample]))
    for sample in selected:
        ticks = video.presentation_ticks(sample)
        if ticks > latest:
            times.append(ticks)
            numbers.append(sample)
            latest = ticks
    return times, numbers
