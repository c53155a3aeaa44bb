"""Which frames trick play and storyboards show: sync samples of the video, some 1 a second.

The rule: the first sync sample, then each that is shown at least so long after the one chosen before it
(`MIN_APART_S` for trick play). So a keyframe a second or less often is always chosen, and an archive of
keyframes alone gives a playlist no longer than others do. Of those shown at or before the start of the
presentation (an edit list may skip some) only the last counts. Times are ticks of the video's timescale.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import compress, repeat
from operator import add, sub
from typing import NamedTuple

from app.cmaf.fragment import NON_SYNC_BIT
from indexer.limits import MAX_DURATION_TICKS
from indexer.runs import ChunkMap
from indexer.segmentation import PlacedTrack
from indexer.track import Column, are_sync

MIN_APART_S = 0.75
"""Apple's authoring specification asks for one a second; encoders that mean a second may come to less."""


class IFrameTables(NamedTuple):
    """The columns `iframe.*`."""

    time: array[int]
    sample: array[int]
    offset: array[int]


def tabulate_iframes(video: PlacedTrack, chunks: ChunkMap, start: int, end: int) -> IFrameTables | None:
    """Of a presentation from `start` to `end`; None for fewer than two, which is nothing to choose from, and
    where one would last longer than a fragment can say: seven minutes at 10 MHz, as Smooth Streaming counts.
    """
    least = int(MIN_APART_S * video.track.timescale)
    chosen = spaced(_shown(video, end), start, least)
    if len(chosen) < 2:
        return None
    times, samples = zip(*chosen, strict=True)
    if max(map(sub, (*times[1:], end), times)) > MAX_DURATION_TICKS:
        return None
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
    """Sync samples that have bytes, with the times at which they are shown, before `end` and rising.

    In an archive of keyframes alone that is every sample: hence `map`.
    """
    track, latest = video.track.samples, None
    samples = _sync_samples(video)
    decoded = map(video.decode_ticks.__getitem__, samples)
    compositions = _of(track.composition_ticks, samples)
    shift = video.placement.presentation_ticks(0, 0)
    for sample, ticks, has_bytes in zip(
        samples, map(add, decoded, compositions), _of(track.size_bytes, samples), strict=False
    ):
        shown = ticks + shift
        if shown < end and has_bytes and (latest is None or shown > latest):
            yield shown, sample
            latest = shown


def _of(column: Column, samples: Iterable[int]) -> Iterable[int]:
    """A column's entries of some samples."""
    return repeat(column) if isinstance(column, int) else map(column.__getitem__, samples)


def _sync_samples(video: PlacedTrack) -> Sequence[int]:
    flags, samples = video.track.samples.flags, range(video.track.samples.count)
    if isinstance(flags, int):
        return () if flags & NON_SYNC_BIT else samples
    return list(compress(samples, are_sync(flags)))
