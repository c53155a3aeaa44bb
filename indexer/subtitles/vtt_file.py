"""WebVTT files (W3C WebVTT §6.1). Read here, since libraries drop the settings of cues.

Comments, styles, regions and names of cues are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from indexer.errors import Malformed
from indexer.subtitles.markup import payload_of_webvtt, settings_of_webvtt

_TIME = r"(?:(\d{2,4}):)?([0-5]\d):([0-5]\d)\.(\d{3})"
_TIMES = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?:\s(.*))?", re.ASCII)
ARROW = "-->"


def read_vtt(text: str) -> Iterator[tuple[int, int, str, str]]:
    """Start and end in ms, settings and payload of each cue. `text` has line feeds alone.

    Raises `Malformed` where it is no WebVTT; a cue that cannot be read is passed over.
    """
    if not re.match(r"WEBVTT(?:[ \t\n]|$)", text):
        raise Malformed("does not begin with WEBVTT", remedy="write it anew, or rename it")
    times, lines = None, list[str]()
    for line in (*text.split("\n"), ""):
        if line and ARROW not in line:
            lines.append(line)
            continue
        if times and (payload := payload_of_webvtt("\n".join(lines))):
            yield (*_ms(times), settings_of_webvtt(times[9] or ""), payload)
        times, lines = _TIMES.fullmatch(line), []


def _ms(times: re.Match[str]) -> tuple[int, int]:
    start, end = (
        ((int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)) * 1000 + int(ms)
        for hours, minutes, seconds, ms in (times.group(1, 2, 3, 4), times.group(5, 6, 7, 8))
    )
    return start, end
