"""Chapters, and how media playlists tell of them.

A chapter is a date range (EXT-X-DATERANGE, RFC 8216bis §4.4.5.1), and date ranges need a clock
(EXT-X-PROGRAM-DATE-TIME, §4.4.4.6). Where one playlist of several has a clock all need the same (§6.2.4), and
of a title's renditions one may have chapters and another none. So every media playlist of every archive has
it, and playback begins at `BEGIN`: a time on this clock is a time in the presentation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import inf

from app.idx.view import Idx
from app.manifest.attributes import listed, quoted

BEGIN = datetime(2000, 1, 1, tzinfo=UTC)
"""A round number, and not 1970, whose first second hls.js takes for no time at all."""
CLASS = "vodsplice.chapter"
MOST_MS = 100 * 366 * 86_400_000
"""Dates end with the year 9999, and what claims to last longer than a century has no chapters."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """From `start_ms` after playback begins, for `duration_ms`, which is not 0. `number` counts from 1."""

    number: int
    start_ms: int
    duration_ms: int
    title: str


def chapters_of(idx: Idx, begin_ms: int = 0, end_ms: float = inf) -> list[Chapter]:
    """In order of time, those of which something is in `[begin_ms, end_ms)`. Each lasts until the next, the
    last until the end; what lasts no time is left out.
    """
    timescale, begin, end = idx.header.timescale, idx.segment_time[0], idx.segment_time[-1]
    first_ms, length_ms = begin * 1000 // timescale, (end - begin) * 1000 // timescale
    if length_ms > MOST_MS:
        return []
    starts = [
        (min(max(0, each.start_ms - first_ms), length_ms), each.title)
        for each in sorted(idx.header.chapters, key=lambda each: each.start_ms)
    ]
    lasting = [
        (start_ms, following_ms - start_ms, title)
        for (start_ms, title), (following_ms, _) in pairwise([*starts, (length_ms, "")])
        if start_ms < following_ms
    ]
    chapters = [Chapter(number, *each) for number, each in enumerate(lasting, start=1)]
    return [
        each for each in chapters if each.start_ms < end_ms and each.start_ms + each.duration_ms > begin_ms
    ]


def date_tags(idx: Idx, begin_ms: int, end_ms: int) -> Iterator[str]:
    """The clock and the chapters of a media playlist whose segments are from `begin_ms` to `end_ms`."""
    yield f"#EXT-X-PROGRAM-DATE-TIME:{_date(begin_ms)}"
    for chapter in chapters_of(idx, begin_ms, end_ms):
        attributes = {
            "ID": quoted(f"chapter-{chapter.number}"),
            "CLASS": quoted(CLASS),
            "START-DATE": quoted(_date(chapter.start_ms)),
            "DURATION": _seconds(chapter.duration_ms),
            "X-VODSPLICE-TITLE": quoted(chapter.title),
        }
        yield "#EXT-X-DATERANGE:" + listed(attributes)


def _date(since_ms: int) -> str:
    at = BEGIN + timedelta(milliseconds=since_ms)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _seconds(duration_ms: int) -> str:
    return f"{duration_ms // 1000}.{duration_ms % 1000:03d}"
