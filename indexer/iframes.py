"""Which frames trick play and storyboards show: sync samples of the video, some 1 a second.

The rule: the first sync sample, then each that is shown at least so long after the one chosen before it
(`MIN_APART_S` for trick play). So a keyframe a second or less often is always chosen, and an archive of
keyframes alone gives a playlist no longer than others do. Of those shown at or before the start of the
presentation (an edit list may skip some) only the last counts. Times are ticks of the video's timescale.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import compress

from indexer.runs import ChunkMap
from indexer.segmentation import PlacedTrack
from indexer.track import NON_SYNC_BIT

MIN_APART_S = 0.75
"""Apple's authoring specification asks for one a second; encoders that mean a second may come to less."""


@dataclass(frozen=True, slots=True)
class IFrameTables:
    """The columns `iframe.*`."""

    time: array[int]
    sample: array[int]
    offset: array[int]


def tabulate_iframes(video: PlacedTrack, chunks: ChunkMap, start: int, end: int) -> IFrameTables | None:
    """Of a presentation from `start` to `end`; None for fewer than two: nothing to choose from."""
    least = int(MIN_APART_S * video.track.timescale)
    chosen = spaced(_shown(video, end), start, least)
    if len(chosen) < 2:
        return None
    times, samples = zip(*chosen, strict=True)
    offsets = map(chunks.offset_of, samples)
    return IFrameTables(array("q", (*times, end)), array("I", samples), array("Q", offsets))


def spaced(shown: Iterable[tuple[int, int]], start: int, least: int) -> list[tuple[int, int]]:
    """Of (time, what), those at least `least` apart; of those at or before `start` the last one only."""
    chosen: list[tuple[int, int]] = []
    for ticks, what in shown:
        if ticks <= start:
            chosen = [(ticks, what)]
        elif not chosen or ticks - max(start, chosen[-1][0]) >= least:
            chosen.append((ticks, what))
    return chosen


def _shown(video: PlacedTrack, end: int) -> Iterator[tuple[int, int]]:
    """Sync samples that have bytes, with the times at which they are shown, before `end` and rising."""
    size, latest = video.track.samples.size_bytes, None
    for sample in _sync_samples(video):
        ticks = video.presentation_ticks(sample)
        has_bytes = size if isinstance(size, int) else size[sample]
        if ticks < end and has_bytes and (latest is None or ticks > latest):
            yield ticks, sample
            latest = ticks


def _sync_samples(video: PlacedTrack) -> Sequence[int]:
    flags, samples = video.track.samples.flags, range(video.track.samples.count)
    if isinstance(flags, int):
        return () if flags & NON_SYNC_BIT else samples
    return list(compress(samples, (not value & NON_SYNC_BIT for value in flags)))
