"""The MPD (ISO/IEC 23009-1:2022): the segments of the playlists, described to DASH players.

URLs and bytes are those of each track's HLS playlist, so both share caches. The timeline is that of the cuts,
in the ticks they were made in, for every track: a sample of audio joins the segment in which it starts, so
the first of a segment may follow the cut by less than a frame. Times in segments are presentation times once
the edit list of the init segment is applied; `presentationTimeOffset` takes off what the archive begins at,
the same for all tracks, so that they stay together as they are in the archive.

Renditions of a title may end a frame apart. The last segment of each is said to end when the longest does, as
it is said of sound that ends before the picture.

A change of codec parameters begins a Period (an HLS discontinuity), with an init segment of its own. A
clip begins where its first segment does, as browsers decode nothing from the midst of one, and ends where it
was told to: what lies behind the last Period is not appended.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate, groupby
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from app.clip import WHOLE, Clip
from app.idx.view import Idx
from app.manifest.dash_tracks import bandwidth_bps, write_texts, write_tracks, xml_text
from app.manifest.presentation import Presentation, Rendition
from app.plan import Plan

CONTENT_TYPE = "application/dash+xml"
PROFILE = "urn:mpeg:dash:profile:isoff-live:2011"


def plan_dash(shown: Presentation, clip: Clip = WHOLE) -> Plan:
    """Raises `Malformed` for a clip of nothing."""
    return shown.plan(CONTENT_TYPE, write_mpd(shown.clipped(clip)))


def write_mpd(shown: Presentation) -> bytes:
    """The document, UTF-8."""
    durations_us = [each.differences_us(shown.timeline(each)) for each in shown.indexes]
    starts_us = list(accumulate(durations_us[0], initial=0))
    listed = shown.clip.segments(shown.lead)
    begin_us, end_us = starts_us[listed.start], _end_us(shown.clip, starts_us[-1])
    mpd = Element("MPD", {
        "xmlns": "urn:mpeg:dash:schema:mpd:2011",
        "xmlns:scte214": "urn:scte:dash:scte214-extensions",
        "profiles": PROFILE,
        "type": "static",
        "mediaPresentationDuration": _seconds(_up(end_us - begin_us)),
        "maxSegmentDuration": _seconds(max(map(max, durations_us))),
        "minBufferTime": _seconds(max(map(buffer_us, shown.renditions))),
    })  # fmt: skip
    if shown.title:
        SubElement(SubElement(mpd, "ProgramInformation"), "Title").text = xml_text(shown.title)
    for segments in _periods(shown.lead, listed):
        start_us = starts_us[segments.start]
        period = SubElement(mpd, "Period", id=f"p{segments.start + 1}", start=_seconds(start_us - begin_us))
        write_tracks(period, shown, segments)
        is_last = segments.stop == shown.lead.segment_count
        end_ms = None if is_last else round(starts_us[segments.stop] / 1000)
        write_texts(period, shown, segments, Clip(round(start_us / 1000), end_ms))
    indent(mpd)
    text: bytes = tostring(mpd, encoding="utf-8", xml_declaration=True)
    return text


def buffer_us(rendition: Rendition) -> int:
    """`minBufferTime` of a track (§5.3.5.4): how much must be there before it plays, wherever that begins,
    for the rest to arrive in time at no more than the track's `bandwidth`; in microseconds.
    """
    bps = bandwidth_bps(rendition)
    starts_us = accumulate(rendition.idx.durations_us(), initial=0)
    sent_us, earliest_us, needed_us = 0, 0, 0
    for start_us, length in zip(starts_us, rendition.segment_bytes, strict=False):
        earliest_us = min(earliest_us, sent_us - start_us)
        sent_us += -(-8_000_000 * length // bps)
        needed_us = max(needed_us, sent_us - start_us - earliest_us)
    return needed_us


def _end_us(clip: Clip, whole_us: int) -> int:
    return whole_us if clip.end_ms is None else min(whole_us, clip.end_ms * 1000)


def _periods(idx: Idx, segments: range) -> Iterator[range]:
    """`segments`, grouped by the init segment that applies to them."""
    inits = idx.segment_init or bytes(idx.segment_count)
    first = segments.start
    for _, alike in groupby(inits[segments.start : segments.stop]):
        stop = first + sum(1 for _ in alike)
        yield range(first, stop)
        first = stop


def _seconds(microseconds: int) -> str:
    """An xs:duration."""
    return f"PT{microseconds // 1_000_000}.{microseconds % 1_000_000:06d}S"


def _up(microseconds: int) -> int:
    """To five digits of a second, as dash.js rounds the end, which must not lie before that of the media."""
    return -(-microseconds // 10) * 10
