"""WebVTT as a stranger reads it: webvtt-py, which knows nothing of how ours is written."""

from __future__ import annotations

import html
import re
from io import StringIO

import webvtt

Seen = tuple[int, int, str]
"""Start and end in ms, the text as a viewer sees it."""


def read(content: str) -> list[Seen]:
    captions = webvtt.from_buffer(StringIO(content)).captions
    return [(in_ms(each.start), in_ms(each.end), plain(each.raw_text)) for each in captions]


def in_ms(clock: str) -> int:
    hours, minutes, seconds = clock.split(":")
    return (int(hours) * 60 + int(minutes)) * 60_000 + round(float(seconds) * 1000)


def plain(payload: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", payload))
