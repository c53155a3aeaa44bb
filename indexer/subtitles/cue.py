"""What every reader of subtitles hands on: `Text`s of `Cue`s.

Times are milliseconds from the start of playback. What a cue shows is WebVTT already (`markup`).
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import NamedTuple


class Cue(NamedTuple):
    """`settings` as they stand behind a cue's times in WebVTT; `payload` is lines, none of them empty."""

    start_ms: int
    end_ms: int
    settings: str
    payload: str


class Text(NamedTuple):
    """One track of subtitles. It is of the track `source_track_id` or, where that is 0, of `file`."""

    codec_name: str
    cues: tuple[Cue, ...]
    language: str = "und"
    title: str = ""
    roles: tuple[str, ...] = ()
    forced: bool = False
    hearing_impaired: bool = False
    source_track_id: int = 0
    file: str = ""
    codec: str = ""  # RFC 6381, where payloads are documents of TTML and no WebVTT
    init: bytes = b""  # init segment of these


def shown(cues: Iterable[Cue], duration_ms: int) -> tuple[Cue, ...]:
    """Those that are seen during playback, each once; what is before its start is cut off.

    By start, as WebVTT files are (§4.1), and those that start together as `cues` has them: players stack what
    is shown at one time in the order of the file, the first nearest to the edge. Cues keep their order in
    every segment and in every part, since these take them by number.
    """
    by_start = sorted(cues, key=attrgetter("start_ms"))
    clipped = (cue if cue.start_ms >= 0 else cue._replace(start_ms=0) for cue in by_start)
    return tuple(dict.fromkeys(cue for cue in clipped if cue.start_ms < min(cue.end_ms, duration_ms)))
