"""Media playlists (RFC 8216 §4.3, with the names of RFC 8216bis), one function a group of tags.

Every fact is exact: durations are differences of cut times, rounded to the microsecond as running totals,
so that their sum is the presentation's duration.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import islice
from typing import NamedTuple

from app.clip import WHOLE, Clip
from app.cmaf.iframes import VIDEO, iframes_of
from app.errors import NotFound
from app.idx.cues import TextRows
from app.idx.view import Idx, IFrames
from app.manifest.chapters import date_tags
from app.manifest.urls import CUES, MEDIA, iframe_name, init_name, segment_name, versioned
from app.plan import FileIdentity, Plan, passing_plan
from app.target_duration import target_duration_s

CONTENT_TYPE = "application/vnd.apple.mpegurl"
VERSION = 7
"""EXT-X-MAP in a playlist that is not I-frames only needs 6 (§7); fMP4 is commonly marked 7."""


class Entry(NamedTuple):
    """A segment: its name, and which init segment is before it. One of cues has none, but changes with it."""

    name: str
    duration_us: int
    init: int


def plan_media_playlist(
    idx: Idx, view_number: int, archive: FileIdentity, clip: Clip = WHOLE, target_s: int = 0
) -> Plan:
    """The playlist of one view of an archive, of the segments that hold the clip; its target duration is at
    least `target_s`. Raises `Malformed`.
    """
    view = idx.view(view_number)
    tags = ["#EXT-X-INDEPENDENT-SEGMENTS"] if view.independent else []
    return _plan(idx, archive, tags, _segments(idx, MEDIA, clip), clip, target_s)


def plan_text_playlist(idx: Idx, _: TextRows, archive: FileIdentity, clip: Clip = WHOLE) -> Plan:
    """The playlist of one text track, in the segments that all views have (§3.5). Raises `Malformed`."""
    return _plan(idx, archive, [], _segments(idx, CUES, clip), clip)


def plan_iframe_playlist(
    idx: Idx, view_number: int, archive: FileIdentity, clip: Clip = WHOLE, target_s: int = 0
) -> Plan:
    """The I-frames of a video (RFC 8216bis §4.4.3.6) that are shown in the segments that hold the clip.

    `target_s` as above. Raises `NotFound` for a view that has none, or `Malformed`.
    """
    iframes = iframes_of(idx, view_number)
    if iframes is None:
        raise NotFound("Here is nothing to play by I-frames: no video, or but one keyframe.")
    entries = _iframes(idx, iframes, clip)
    return _plan(idx, archive, ["#EXT-X-I-FRAMES-ONLY"], entries, clip, target_s)


def _iframes(idx: Idx, iframes: IFrames, clip: Clip) -> list[Entry]:
    """The first may be from before the clip; it and the last stand for no more than is in its segments."""
    of_segment, shown = idx.segment_init or bytes(idx.segment_count), clip.segments(idx)
    start, begin, end = (idx.segment_time[number] for number in (0, shown.start, shown.stop))
    times, count = (start, *iframes.time[1:]), len(iframes.sample)
    numbers = range(bisect_right(times, begin, 0, count) - 1, bisect_left(times, end, 0, count))
    _, *durations_us = idx.differences_us((start, begin, *times[numbers.start + 1 : numbers.stop], end))
    inits = (of_segment[idx.tracks[VIDEO].segment_of(iframes.sample[number])] for number in numbers)
    return list(map(Entry, map(iframe_name, numbers), durations_us, inits))


def _segments(idx: Idx, extension: str, clip: Clip) -> list[Entry]:
    names = (segment_name(number, extension) for number in range(idx.segment_count))
    entries = map(Entry, names, idx.durations_us(), idx.segment_init or bytes(idx.segment_count))
    shown = clip.segments(idx)
    return list(islice(entries, shown.start, shown.stop))


def _plan(
    idx: Idx,
    archive: FileIdentity,
    tags: Sequence[str],
    entries: Sequence[Entry],
    clip: Clip,
    target_s: int = 0,
) -> Plan:
    own_s = target_duration_s(entry.duration_us for entry in entries)
    listed, durations_us = clip.segments(idx), idx.durations_us()
    begin_ms, end_ms = (sum(durations_us[:number]) // 1000 for number in (listed.start, listed.stop))
    shown = (*_start(idx, clip), *date_tags(idx, begin_ms, end_ms), *_media(entries, idx.version))
    lines = (*_head(tags, max(own_s, target_s)), *shown, "#EXT-X-ENDLIST", "")
    content = "\n".join(lines).encode()
    return passing_plan(CONTENT_TYPE, archive.modified_s, content, (idx.identity, archive))


def _head(tags: Sequence[str], target_s: int) -> Iterator[str]:
    yield "#EXTM3U"
    yield f"#EXT-X-VERSION:{VERSION}"
    yield f"#EXT-X-TARGETDURATION:{target_s}"
    yield "#EXT-X-PLAYLIST-TYPE:VOD"
    yield from tags


def _start(idx: Idx, clip: Clip) -> Iterator[str]:
    """Where in its first segment a clip begins (§4.3.5.2)."""
    first_s = Fraction(idx.segment_time[clip.segments(idx).start], idx.header.timescale)
    if offset_s := clip.times_s(idx)[0] - first_s:
        yield f"#EXT-X-START:TIME-OFFSET={float(offset_s):.6f},PRECISE=YES"


def _media(entries: Sequence[Entry], version: str) -> Iterator[str]:
    current = None
    for name, duration_us, init in entries:
        if init != current:
            if current is not None:
                yield "#EXT-X-DISCONTINUITY"
            if not name.endswith(CUES):
                yield f'#EXT-X-MAP:URI="{versioned(init_name(init), version)}"'
            current = init
        yield f"#EXTINF:{duration_us // 1_000_000}.{duration_us % 1_000_000:06d},"
        yield versioned(name, version)
