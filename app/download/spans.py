"""A clip ─▶ which samples of each track are in it, and where in their media it begins and ends.

A picture can be shown once its keyframe is there, sound once what came just before it was decoded. So a span
begins earlier than its clip: on the sync sample at or before, or `PREROLL_S` of sound ahead; an edit list
starts playback at the exact time. It ends with the last sample that is shown before the clip's end, as
decoded. Ticks are of the track's timescale; media time 0 is the decode time of the span's first sample.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from math import ceil
from operator import add

from app.clip import WHOLE, Clip
from app.cmaf.fragment import NON_SYNC_BIT
from app.idx.track_rows import TrackRows
from app.idx.view import Idx

PREROLL_S = Fraction(80, 1000)
"""What Opus asks for (RFC 7845 §4.6); AAC needs one frame."""


@dataclass(frozen=True, slots=True)
class Span:
    """Samples `[first, stop)` of a track, shown from `media_time_ticks` to `media_end_ticks` of their media
    time, the first `delay_ticks` after playback has begun.
    """

    rows: TrackRows
    first: int
    stop: int
    delay_ticks: int
    media_time_ticks: int
    media_end_ticks: int


def spans_of(idx: Idx, clip: Clip) -> list[Span]:
    """Of every served track that has something in the clip. Raises `Malformed` where that is nothing."""
    if clip == WHOLE:
        return [_whole(idx, rows) for rows in idx.tracks if rows.facts.sample_count]
    start_s, end_s = clip.times_s(idx)
    spans = (_span(idx, rows, start_s, end_s) for rows in idx.tracks)
    return [span for span in spans if span]


def shift_ms(idx: Idx, clip: Clip) -> int:
    """What is added to a time from the start of playback for the time in a download. Playback of a whole one
    begins as late as the archive's does.
    """
    return idx.segment_time[0] * 1000 // idx.header.timescale if clip == WHOLE else -clip.start_ms


def _whole(idx: Idx, rows: TrackRows) -> Span:
    return _placed(idx, rows, 0, rows.facts.sample_count, 0, None)


def _span(idx: Idx, rows: TrackRows, start_s: Fraction, end_s: Fraction) -> Span | None:
    """None where nothing of the track is shown in that time."""
    find = _first_picture if rows.facts.kind == "video" else _first_sound
    first, stop = find(idx, rows, start_s), _stop(idx, rows, end_s)
    start, end = round(start_s * rows.facts.timescale), ceil(end_s * rows.facts.timescale)
    span = _placed(idx, rows, first, stop, start, end) if first < stop else None
    return span if span and span.media_time_ticks < span.media_end_ticks else None


def _placed(idx: Idx, rows: TrackRows, first: int, stop: int, start: int, end: int | None) -> Span:
    """The span of these samples, where playback lasts from `start` to `end` of the track's timeline.

    Players disagree on an edit that starts before or inside a picture, so playback is delayed to the next
    picture.
    """
    segment = rows.segment_of(first)
    offset = rows.facts.media_time_ticks - rows.decode_time_of(first)
    shown = _shown_ticks(rows, segment)[first - rows.first_sample[segment] :]
    begin = max(start, min(shown[: stop - first]))
    if rows.facts.kind == "video":
        begin = min((ticks for ticks in shown[: stop - first] if ticks >= start), default=begin)
    media_time = begin + offset
    media_end = _media_end(idx, rows, stop) - rows.decode_time_of(first)
    if end is not None:
        media_end = min(media_end, end + offset)
    return Span(rows, first, stop, media_time - start - offset, media_time, max(media_time, media_end))


def _first_picture(idx: Idx, rows: TrackRows, start_s: Fraction) -> int:
    segment = _segment_at(idx, start_s)
    wanted = start_s * rows.facts.timescale
    base, chosen = rows.first_sample[segment], rows.first_sample[segment]
    flags = _column(rows, segment, rows.kind_flags)
    for number, (ticks, flag) in enumerate(zip(_shown_ticks(rows, segment), flags, strict=True)):
        if ticks <= wanted and not flag & NON_SYNC_BIT:
            chosen = base + number
    return chosen


def _first_sound(idx: Idx, rows: TrackRows, start_s: Fraction) -> int:
    wanted_s = start_s - PREROLL_S
    segment = _segment_at(idx, wanted_s)
    later = bisect_right(_shown_ticks(rows, segment), wanted_s * rows.facts.timescale)
    return max(0, rows.first_sample[segment] + later - 1)


def _stop(idx: Idx, rows: TrackRows, end_s: Fraction) -> int:
    """After the last sample, as decoded, that is shown before `end_s`. The first ones of a segment may be
    shown before its keyframe, so the next segment is looked at, too.
    """
    at = end_s * rows.facts.timescale
    segment = max(0, bisect_left(idx.segment_time, end_s * idx.header.timescale) - 1)
    for number in range(min(segment + 1, idx.segment_count - 1), -1, -1):
        shown = _shown_ticks(rows, number)
        if isinstance(shown, range):
            count = bisect_left(shown, at)
        else:
            count = max((place for place, ticks in enumerate(shown, 1) if ticks < at), default=0)
        if count:
            return rows.first_sample[number] + count
    return 0


def _segment_at(idx: Idx, at_s: Fraction) -> int:
    return max(0, bisect_right(idx.segment_time, at_s * idx.header.timescale, 0, idx.segment_count) - 1)


def _shown_ticks(rows: TrackRows, segment: int) -> Sequence[int]:
    """When each sample of a segment is shown; a range where that is arithmetic."""
    start = rows.decode_time[segment] - rows.facts.media_time_ticks
    duration, composition = rows.default_duration, rows.default_composition
    if duration and composition is not None:
        count = rows.first_sample[segment + 1] - rows.first_sample[segment]
        return range(start + composition, start + composition + duration * count, duration)
    durations = _column(rows, segment, rows.kind_duration)
    return list(map(add, accumulate(durations, initial=start), _column(rows, segment, rows.kind_composition)))


def _media_end(idx: Idx, rows: TrackRows, stop: int) -> int:
    """When the last of the samples before `stop` has been shown, in decode time and composition offsets."""
    segment = bisect_left(rows.first_sample, stop, 1, idx.segment_count) - 1
    count = stop - rows.first_sample[segment]
    if rows.default_duration is not None and rows.default_composition is not None:
        return rows.decode_time[segment] + count * rows.default_duration + rows.default_composition
    durations = _column(rows, segment, rows.kind_duration)[:count]
    compositions = _column(rows, segment, rows.kind_composition)[:count]
    ends: Iterable[int] = accumulate(durations, initial=rows.decode_time[segment])
    return max(map(add, list(ends)[1:], compositions), default=rows.decode_time[segment])


def _column(rows: TrackRows, segment: int, table: Sequence[int]) -> list[int]:
    """A value a sample of a segment."""
    first, stop = rows.first_sample[segment], rows.first_sample[segment + 1]
    if rows.kind is None:
        return [table[0]] * (stop - first)
    return list(map(table.__getitem__, rows.kind[first:stop].tolist()))
