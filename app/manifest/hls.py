"""Media playlists (RFC 8216 §4.3, with the names of RFC 8216bis), one function a group of tags.

Every fact is exact: durations are differences of cut times, rounded to the microsecond as running totals,
so that their sum is the presentation's duration.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from app.idx.cues import TextRows
from app.idx.view import Idx
from app.manifest.urls import CUES, MEDIA, init_name, segment_name, versioned
from app.plan import FileIdentity, Plan

CONTENT_TYPE = "application/vnd.apple.mpegurl"
MAX_AGE_S = 300
VERSION = 7
"""EXT-X-MAP in a playlist that is not I-frames only needs 6 (§7); fMP4 is commonly marked 7."""


def plan_media_playlist(idx: Idx, view_number: int, archive: FileIdentity) -> Plan:
    """The playlist of one view of an archive."""
    view = idx.view(view_number)
    lines = (*_head(idx, independent=view.independent), *_segments(idx, MEDIA))
    return _plan(idx, view.name, archive, lines)


def plan_text_playlist(idx: Idx, text: TextRows, archive: FileIdentity) -> Plan:
    """The playlist of one text track, in the segments that all views have (§3.5)."""
    return _plan(idx, text.facts.name, archive, (*_head(idx), *_segments(idx, CUES)))


def _plan(idx: Idx, name: str, archive: FileIdentity, lines: Iterable[str]) -> Plan:
    return Plan(
        content_type=CONTENT_TYPE,
        etag=f"{idx.version}-{name}-playlist",
        last_modified_s=archive.mtime_ns // 1_000_000_000,
        max_age_s=MAX_AGE_S,
        immutable=False,
        pieces=("\n".join((*lines, "#EXT-X-ENDLIST", "")).encode(),),
        guards=(idx.identity, archive),
    )


def _head(idx: Idx, *, independent: bool = False) -> Iterator[str]:
    yield "#EXTM3U"
    yield f"#EXT-X-VERSION:{VERSION}"
    yield f"#EXT-X-TARGETDURATION:{_target_duration_s(idx)}"
    yield "#EXT-X-PLAYLIST-TYPE:VOD"
    if independent:
        yield "#EXT-X-INDEPENDENT-SEGMENTS"


def _target_duration_s(idx: Idx) -> int:
    """The longest EXTINF to the nearest second, halves up (§4.3.3.1); at least 1."""
    return max(1, (max(idx.durations_us()) + 500_000) // 1_000_000)


def _segments(idx: Idx, extension: str) -> Iterator[str]:
    inits = idx.segment_init or bytes(idx.segment_count)
    current = None
    for number, (duration_us, init) in enumerate(zip(idx.durations_us(), inits, strict=True)):
        if init != current:
            if current is not None:
                yield "#EXT-X-DISCONTINUITY"
            if extension == MEDIA:
                yield f'#EXT-X-MAP:URI="{versioned(init_name(init), idx.version)}"'
            current = init
        yield f"#EXTINF:{duration_us // 1_000_000}.{duration_us % 1_000_000:06d},"
        yield versioned(segment_name(number, extension), idx.version)
