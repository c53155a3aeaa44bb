"""Edit lists ─▶ the samples that they show (ISO/IEC 14496-12 §8.6.5–6).

What an init segment and `tfdt` can express is one offset a track (`indexer.timeline`). An edit list that
cuts, repeats or pauses is brought down to that here, by taking the samples of each edit and joining them:
decode times go on where the edit before ended, so that every sample is shown when the edit list says, and the
bytes stay where they are. That is exact where an edit begins with a sync sample and ends with all that were
decoded for it; where not, there is no single timeline that fragments could carry: refused by name.

What a single run of edits hides at either end is served as it stands: priming, the frames between a keyframe
and the start, padding at the end, and what somebody cut off. All samples then have one place in time. Only a
head too large for the first segment is left out, and the end with it. Times are ticks of the track unless a
name says otherwise.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import accumulate, compress, islice, pairwise, takewhile
from operator import add
from typing import NamedTuple

from app.cmaf.fragment import NON_SYNC_BIT
from indexer.demux.columns import total
from indexer.errors import LimitExceeded, Unsupported
from indexer.limits import (
    MAX_DURATION_TICKS,
    MAX_EDITED_SAMPLES,
    MAX_HIDDEN_HEAD_BYTES,
    MAX_REFERENCED_SHARE,
    MAX_REPLAYED_SHARE,
)
from indexer.sample_cuts import cut, joined
from indexer.timeline import (
    NORMAL_RATE,
    WRITE_THE_CUT_OUT,
    one_edit,
    refusal,
    rescale,
    tolerance_ticks,
)
from indexer.track import EMPTY, Edit, Movie, Samples, Track, entries_of

WARM_UP_S = 1
"""What a decoder of sound gets ahead of an edit that begins within the media."""


class _Shown(NamedTuple):
    """Media from `start` to `stop` (None: to its end), shown from `at_movie_ticks` on."""

    at_movie_ticks: int
    start: int
    stop: int | None


def shown(movie: Movie, track: Track) -> Track:
    """The track with the samples that its edit list shows, and an edit list of one offset.

    In a fragmented archive edits tell where media begins, not which part of it. Raises `Unplaceable`.
    """
    shows = [edit for edit in track.edits if edit.media_time_ticks != EMPTY]
    if not shows:
        return track
    if any(edit.rate_16_16 != NORMAL_RATE for edit in shows):
        raise refusal(track, "an edit plays at a rate other than 1")
    if movie.fragmented:
        one_edit(movie, track)
        return track
    parts = _parts(movie, track)
    if len(parts) == 1 and _head_bytes(track, parts[0].start) <= MAX_HIDDEN_HEAD_BYTES:
        return track
    times = _Times(track)
    spans = [times.span(part, is_first=number == 0) for number, part in enumerate(parts)]
    if sum(stop - start for start, stop in spans) > MAX_REPLAYED_SHARE * track.samples.count:
        raise refusal(track, "its edits play the same media again and again")
    tolerance = tolerance_ticks(movie, track)
    for number, (part, span) in enumerate(zip(parts, spans, strict=True)):
        is_last = number == len(parts) - 1
        times.check(part, span, tolerance, begins=number > 0, ends=not is_last)
    return _joined(movie, track, parts, [cut(track.samples, *span) for span in spans])


def check_replayed(tracks: Iterable[Track], file_bytes: int) -> None:
    """Refuse edit lists that make more of a file than it is."""
    shown_bytes = sum(track.samples.byte_count for track in tracks)
    if shown_bytes > file_bytes * MAX_REFERENCED_SHARE:
        raise LimitExceeded(
            f"its edit lists play {shown_bytes} bytes of a file of {file_bytes}, some again and again",
            remedy=WRITE_THE_CUT_OUT,
        )


def _parts(movie: Movie, track: Track) -> list[_Shown]:
    """The edits that show something; those that go on where the one before ended are one."""
    tolerance = tolerance_ticks(movie, track)
    parts: list[_Shown] = []
    at, ended_at = 0, -1
    for edit in track.edits:
        start, lasts = edit.media_time_ticks, edit.duration_movie_ticks
        if start != EMPTY:
            if parts and parts[-1].stop is None:
                raise refusal(track, "an edit follows one that lasts to the end of the media")
            stop = start + rescale(lasts, movie.timescale, track.timescale) if lasts else None
            before = parts[-1].stop if parts else None
            if before is not None and ended_at == at and abs(start - before) <= tolerance:
                parts[-1] = parts[-1]._replace(stop=stop)
            else:
                parts.append(_Shown(at, start, stop))
            ended_at = at + lasts
        at += lasts
    return parts


def _head_bytes(track: Track, start: int) -> int:
    """Of what ends before an edit starts. Raises `Unsupported` where all does, by more than a second."""
    samples = track.samples
    durations, offsets, sizes = samples.duration_ticks, samples.composition_ticks, samples.size_bytes
    highest = offsets if isinstance(offsets, int) else max(offsets, default=0)
    passed = start - highest - samples.first_decode_ticks
    if passed > total(durations, samples.count) + track.timescale:
        raise _shows_nothing()
    if isinstance(durations, int):
        hidden = min(max(0, passed) // durations, samples.count) if durations else 0
    else:
        hidden = sum(1 for _ in takewhile(lambda end: end <= passed, accumulate(durations)))
    return total(sizes if isinstance(sizes, int) else sizes[:hidden], hidden)


def _shows_nothing() -> Unsupported:
    return Unsupported("its edit list shows nothing of it", remedy="take it out, or the track")


class _Times:
    """When the samples of a track are presented, and at which of them an edit may begin."""

    def __init__(self, track: Track) -> None:
        samples, flags = track.samples, track.samples.flags
        all_sync = isinstance(flags, int) and not flags & NON_SYNC_BIT
        self._track = track
        self._ticks = _presentation_ticks(samples)
        self._any_order = not isinstance(samples.composition_ticks, int)
        self._anywhere = not self._any_order and (all_sync or track.handler == "soun")
        self._warm_up = WARM_UP_S * track.timescale if track.handler == "soun" else 0
        if not self._anywhere:
            self._starts = _starts(samples, self._ticks)
            self._start_ticks = array("q", (self._ticks[sample] for sample in self._starts))
        if self._any_order:  # the earliest time from each sample on
            self._rest = array("q", accumulate(reversed(self._ticks), min))[::-1]

    def span(self, part: _Shown, *, is_first: bool) -> tuple[int, int]:
        """The samples to take for an edit: from where a decoder can start to the last one shown."""
        if self._anywhere and not is_first:
            start = bisect_left(self._ticks, part.start)
        elif self._anywhere:
            start = max(0, bisect_right(self._ticks, part.start - self._warm_up) - 1)
        else:
            start = self._starts[max(0, bisect_right(self._start_ticks, part.start) - 1)]
        by_time = self._rest if self._any_order else self._ticks
        stop = len(self._ticks) if part.stop is None else bisect_left(by_time, part.stop)
        return start, max(start, stop)

    def check(self, part: _Shown, span: tuple[int, int], tolerance: int, *, begins: bool, ends: bool) -> None:
        """Refuse a span that shows nothing, or more than the edit where that is between two edits."""
        ticks = self._ticks[slice(*span)]
        if not self._any_order:
            ticks = [*ticks[:1], *ticks[-1:]]
        if not ticks or max(ticks) < part.start:
            raise _shows_nothing()
        if begins and min(ticks) < part.start - tolerance:
            raise refusal(self._track, f"an edit begins at tick {part.start}, which is no sync sample")
        if ends and part.stop is not None and max(ticks) >= part.stop:
            what = f"an edit ends at tick {part.stop}, before a frame that those ahead of it were made from"
            raise refusal(self._track, what)


def _presentation_ticks(samples: Samples) -> Sequence[int]:
    """Of every sample; arithmetic where that is regular."""
    first, durations, offsets = samples.first_decode_ticks, samples.duration_ticks, samples.composition_ticks
    if isinstance(durations, int) and isinstance(offsets, int) and durations:
        return range(first + offsets, first + offsets + durations * samples.count, durations)
    if samples.count > MAX_EDITED_SAMPLES:
        raise LimitExceeded(
            f"an edit list cuts a track of {samples.count} samples; it may have {MAX_EDITED_SAMPLES}",
            remedy=WRITE_THE_CUT_OUT, where="moov/trak/edts/elst",
        )
    decoded = accumulate(islice(entries_of(durations), samples.count - 1), initial=first)
    return array("q", map(add, decoded, entries_of(offsets)))


def _starts(samples: Samples, ticks: Sequence[int]) -> array[int]:
    """The first sample, and every sync sample that all before it are shown ahead of."""
    syncs = (not value & NON_SYNC_BIT for value in entries_of(samples.flags))
    latest = accumulate(ticks, max)
    found = array("Q", (n for n, highest in compress(enumerate(latest), syncs) if highest == ticks[n]))
    return found if found and found[0] == 0 else array("Q", [0]) + found


def _until_last(samples: Samples) -> int:
    """From the decode time of the first sample to that of the last."""
    durations = samples.duration_ticks
    return total(durations, samples.count) - (durations if isinstance(durations, int) else durations[-1])


def _joined(movie: Movie, track: Track, parts: Sequence[_Shown], cuts: Sequence[Samples]) -> Track:
    """The track of the cuts, each shown when its part says; media times count from the first one."""
    origin = cuts[0].first_decode_ticks
    media_time = parts[0].start - origin
    begins = [
        taken.first_decode_ticks - part.start + media_time
        + rescale(part.at_movie_ticks - parts[0].at_movie_ticks, movie.timescale, track.timescale)
        for part, taken in zip(parts, cuts, strict=True)
    ]  # fmt: skip
    last_durations = []
    for (begin, taken), (following, _) in pairwise(zip(begins, cuts, strict=True)):
        lasts = following - begin - _until_last(taken)
        if not 0 < lasts <= MAX_DURATION_TICKS:
            raise refusal(track, "an edit begins before the one ahead of it is decoded")
        last_durations.append(lasts)
    samples = replace(joined(cuts, last_durations), first_decode_ticks=0)
    delay = parts[0].at_movie_ticks
    edits = (*([Edit(delay, EMPTY)] if delay else []), Edit(0, media_time))
    return replace(track, samples=samples, edits=edits)
