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
from itertools import accumulate

from indexer.cuts import choose_cuts
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
class Segmentation:
    """`start_ticks` has S+1 entries, as has each of `first_samples`, one a track."""

    timescale: int
    start_ticks: list[int]
    first_samples: list[list[int]]

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


def segment(tracks: Sequence[PlacedTrack], target_ms: int) -> Segmentation:
    """`tracks[0]` leads."""
    lead, timescale = tracks[0], tracks[0].track.timescale
    target = max(1, target_ms * timescale // 1000)
    # What an edit list skips (priming, frames before the first shown) is served, and lasts no time.
    start = max(0, min(_in(timescale, placed.start_ticks, placed) for placed in tracks))
    end = max(start + 1, *(_in(timescale, placed.end_ticks, placed) for placed in tracks))
    times: Sequence[int]
    lead_samples: Sequence[int]
    if lead.track.handler == "vide":
        candidates = list(_candidates(lead, start, end, target))
        times = [ticks for ticks, _ in candidates]
        lead_samples = [sample for _, sample in candidates]
    else:
        lead_samples = range(lead.first_sample_from(start + 1, timescale), lead.track.samples.count)
        times = _AudioTimes(lead, lead_samples)
    cuts = choose_cuts(start, times, end, target)
    starts = [start, *(times[cut] for cut in cuts), end]
    first_samples = [[0, *(lead_samples[cut] for cut in cuts), lead.track.samples.count]]
    for other in tracks[1:]:
        inner = [other.first_sample_from(ticks, timescale) for ticks in starts[1:-1]]
        first_samples.append([0, *inner, other.track.samples.count])
    return Segmentation(timescale, starts, first_samples)


class _AudioTimes(Sequence[int]):
    """The presentation times of a run of samples, without a list of them."""

    def __init__(self, placed: PlacedTrack, samples: range) -> None:
        self._placed, self._samples = placed, samples
        self._shift = placed.start_ticks - placed.decode_ticks[0]

    def __len__(self) -> int:
        return len(self._samples)

    def __getitem__(self, position):  # type: ignore[no-untyped-def]
        return self._placed.decode_ticks[self._samples[position]] + self._shift


def _candidates(video: PlacedTrack, start: int, end: int, target: int) -> Iterator[tuple[int, int]]:
    """(presentation ticks, sample) at which a segment may begin, times rising from above `start`."""
    latest, first = start, video.start_ticks
    for ticks in range(start + target, first - target // 2, target):
        yield ticks, 0
        latest = ticks
    for sample in _sync_samples(video.track.samples):
        ticks = video.presentation_ticks(sample)
        if ticks > latest:
            yield ticks, sample
            latest = ticks
    for ticks in range(max(latest + 1, video.end_ticks), end - target // 2, target):
        yield ticks, video.track.samples.count


def _sync_samples(samples: Samples) -> Iterator[int]:
    flags = samples.flags
    if isinstance(flags, int):
        return iter(range(samples.count) if not flags & NON_SYNC_BIT else ())
    return (number for number, value in enumerate(flags) if not value & NON_SYNC_BIT)


def _in(timescale: int, ticks: int, placed: PlacedTrack) -> int:
    """`ticks` of a track in another timescale, to the nearest."""
    return (2 * ticks * timescale + placed.track.timescale) // (2 * placed.track.timescale)
