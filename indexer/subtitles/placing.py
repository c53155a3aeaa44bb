"""Edit lists ─▶ when the samples of a text track are shown (ISO/IEC 14496-12 §8.6.5–6).

A cue is no more than two times, so unlike media (`indexer.timeline`) a text track may be cut and joined at
will. As for media, what follows the end of the last edit is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from indexer.codecs.unserved import PUT_BESIDE
from indexer.errors import Unsupported
from indexer.limits import MAX_TEXT_EDITS
from indexer.timeline import NORMAL_RATE, rescale
from indexer.track import EMPTY, Track, entries_of


class Span(NamedTuple):
    """Media from `start` and before `stop` (None: all that follows) is shown `shift` later. Ticks."""

    start: int
    stop: int | None
    shift: int

    def place(self, start: int, stop: int) -> tuple[int, int]:
        """When media from `start` to `stop` is shown. Not at all where that does not rise."""
        cut = stop if self.stop is None else min(stop, self.stop)
        return max(start, self.start) + self.shift, cut + self.shift


def spans_of(track: Track, movie_timescale: int) -> list[Span]:
    """Raises `Unsupported` for an edit that plays at another rate, and for too many."""
    edits = list(track.edits)
    while edits and edits[-1].media_time_ticks == EMPTY:
        edits.pop()
    if not edits:
        delay = sum(edit.duration_movie_ticks for edit in track.edits)
        return [Span(0, None, rescale(delay, movie_timescale, track.timescale))]
    if any(edit.rate_16_16 != NORMAL_RATE for edit in edits) or len(edits) > MAX_TEXT_EDITS:
        raise Unsupported(
            f"an edit plays at a rate other than 1, or there are more than {MAX_TEXT_EDITS}",
            remedy=PUT_BESIDE,
        )
    spans, at_movie_ticks = [], 0
    for edit in edits:
        if edit.media_time_ticks != EMPTY:
            start = edit.media_time_ticks
            stop = start + rescale(edit.duration_movie_ticks, movie_timescale, track.timescale)
            shift = rescale(at_movie_ticks, movie_timescale, track.timescale) - start
            spans.append(Span(start, stop, shift))
        at_movie_ticks += edit.duration_movie_ticks
    spans[-1] = Span(spans[-1].start, None, spans[-1].shift)
    return spans


def media_times(track: Track) -> Iterator[tuple[int, int]]:
    """Start and end of each sample on the track's own timeline, in ticks."""
    samples = track.samples
    decode_ticks = samples.first_decode_ticks
    times = zip(entries_of(samples.duration_ticks), entries_of(samples.composition_ticks), strict=False)
    for duration, composition in islice(times, samples.count):
        yield decode_ticks + composition, decode_ticks + composition + duration
        decode_ticks += duration
