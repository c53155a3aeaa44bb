"""Served tracks ─▶ segments: when each begins, and which samples of each track it holds.

Cuts fall on sync samples of the leading track (the video, or the first audio where there is none). A
sample of another track belongs to the segment in which its presentation starts; what starts before the
first segment or after the last joins these, so that no sample is lost and a short, late or missing audio
never matters. Where the others begin long before the video or go on long after it, further cuts a target
apart cover that time. Times are ticks of the leading track's timescale.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from indexer.cuts import choose_cuts
from indexer.select import Change
from indexer.timeline import Placement
from indexer.track import NON_SYNC_BIT, Samples, Track


@dataclass(frozen=True, slots=True)
class PlacedTrack:
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


@dataclass(frozen=True, slots=True)
class Cut:
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
    if isinstance(duration, int) and duration > 0:
        return range(first, first + duration * (samples.count + 1), duration)
    durations = [duration] * samples.count if isinstance(duration, int) else duration
    return list(accumulate(durations, initial=first))


def segment(tracks: Sequence[PlacedTrack], changes: Sequence[Change], target_ms: int) -> Segmentation:
    """`tracks[0]` leads; `changes` are those of its format, each of which begins a segment."""
    lead, timescale = tracks[0], tracks[0].track.timescale
    target = max(1, target_ms * timescale // 1000)
    # What an edit list skips (priming, frames before the first shown) is served, and lasts no time.
    start = max(0, min(_in(timescale, placed.start_ticks, placed) for placed in tracks))
    forced = [Cut(start, 0, changes[0].format_number)]
    for change in changes[1:]:
        forced.append(Cut(_change_ticks(lead, change, forced[-1]), change.first_sample, change.format_number))
    end = max(forced[-1].ticks + 1, *(_in(timescale, placed.end_ticks, placed) for placed in tracks))
    cuts: list[Cut] = []
    for cut, following in pairwise([*forced, Cut(end, lead.track.samples.count, 0)]):
        cuts += [cut, *_cuts_between(lead, cut, following, target)]
    starts = [*(cut.ticks for cut in cuts), end]
    first_samples = [[*(cut.lead_sample for cut in cuts), lead.track.samples.count]]
    for other in tracks[1:]:
        inner = [other.first_sample_from(ticks, timescale) for ticks in starts[1:-1]]
        first_samples.append([0, *inner, other.track.samples.count])
    return Segmentation(timescale, starts, first_samples, [cut.format_number for cut in cuts])


def _change_ticks(lead: PlacedTrack, change: Change, before: Cut) -> int:
    """Where a change of format shows; later than the cut before it, whatever the archive says."""
    return max(lead.presentation_ticks(change.first_sample), before.ticks + 1)


def _cuts_between(lead: PlacedTrack, cut: Cut, following: Cut, target: int) -> list[Cut]:
    """Further cuts after `cut` and before `following`, a target or so apart."""
    times: Sequence[int]
    samples: Sequence[int]
    if lead.track.handler == "vide":
        candidates = list(_candidates(lead, cut, following, target))
        times, samples = [ticks for ticks, _ in candidates], [sample for _, sample in candidates]
    else:
        first = lead.first_sample_from(cut.ticks + 1, lead.track.timescale)
        samples = range(max(first, cut.lead_sample + 1), following.lead_sample)
        times = _AudioTimes(lead, samples)
    chosen = choose_cuts(cut.ticks, times, following.ticks, target)
    return [Cut(times[position], samples[position], cut.format_number) for position in chosen]


class _AudioTimes(Sequence[int]):
    """The presentation times of a run of samples, without a list of them."""

    def __init__(self, placed: PlacedTrack, samples: range) -> None:
        self._placed, self._samples = placed, samples
        self._shift = placed.start_ticks - placed.decode_ticks[0]

    def __len__(self) -> int:
        return len(self._samples)

    def __getitem__(self, position):  # type: ignore[no-untyped-def]
        return self._placed.decode_ticks[self._samples[position]] + self._shift


def _candidates(video: PlacedTrack, cut: Cut, following: Cut, target: int) -> Iterator[tuple[int, int]]:
    """(presentation ticks, sample) at which a segment may begin, times rising from above `cut.ticks`."""
    latest, count = cut.ticks, video.track.samples.count
    if cut.lead_sample == 0:
        for ticks in range(cut.ticks + target, video.start_ticks - target // 2, target):
            yield ticks, 0
            latest = ticks
    for sample in _sync_samples(video.track.samples, cut.lead_sample, following.lead_sample):
        ticks = video.presentation_ticks(sample)
        if ticks > latest:
            yield ticks, sample
            latest = ticks
    if following.lead_sample == count:
        for ticks in range(max(latest + 1, video.end_ticks), following.ticks - target // 2, target):
            yield ticks, count


def _sync_samples(samples: Samples, first: int, last: int) -> Iterator[int]:
    flags = samples.flags
    if isinstance(flags, int):
        return iter(range(first, last) if not flags & NON_SYNC_BIT else ())
    return (first + place for place, value in enumerate(flags[first:last]) if not value & NON_SYNC_BIT)


def _in(timescale: int, ticks: int, placed: PlacedTrack) -> int:
    """`ticks` of a track in another timescale, to the nearest."""
    return (2 * ticks * timescale + placed.track.timescale) // (2 * placed.track.timescale)
