"""How all that is below an archive is named in URLs: the one place where numbers start at 1.

Names are relative to their playlist and carry the version of the archive (`?v=`), so that what they name
never changes and caches may keep it for ever.
"""

from __future__ import annotations

import re

_SEGMENT = re.compile(r"seg_(0\d{3}|[1-9]\d{3,8})\.(m4s|vtt)", re.ASCII)
_INIT = re.compile(r"init(?:_([2-9]|[1-9]\d{1,2}))?\.mp4", re.ASCII)
_SHEET = re.compile(r"storyboard_(0\d\d|[1-9]\d{2,5})\.jpg", re.ASCII)
_IFRAME = re.compile(r"iframe_(0\d{3}|[1-9]\d{3,8})\.m4s", re.ASCII)
_PLANNED_TOGETHER = re.compile(r"(seg|iframe)_(\d{3,8})\d(\.m4s|\.vtt)", re.ASCII)

PLAYLIST = "playlist.m3u8"
IFRAMES = "iframes.m3u8"
MULTIVARIANT = "master.m3u8"
DOWNLOAD = "download.mp4"
MPD = "manifest.mpd"
CHAPTERS = "chapters.json"
INFO = "info.json"

FIRST_SEGMENT = 1
SEGMENT_TEMPLATE = "seg_$Number%04d$.m4s"
"""`segment_name` as DASH spells it (ISO/IEC 23009-1 §5.3.9.4.4)."""
SUBTITLES = "subtitles.vtt"
STORYBOARD = "storyboard.vtt"
MEDIA, CUES = "m4s", "vtt"
"""The extensions of segments."""


def segment_name(number: int, extension: str = MEDIA) -> str:
    """The file name of segment `number`, counted from 0: seg_0001.m4s, …, seg_10000.m4s."""
    return f"seg_{number + 1:04d}.{extension}"


def init_name(number: int) -> str:
    """The file name of a view's init segment `number`, counted from 0: init.mp4, init_2.mp4, …"""
    return "init.mp4" if number == 0 else f"init_{number + 1}.mp4"


def iframe_name(number: int) -> str:
    """The file name of I-frame `number`, counted from 0: iframe_0001.m4s."""
    return f"iframe_{number + 1:04d}.m4s"


def segment_number(name: str, extension: str = MEDIA) -> int | None:
    """The inverse of `segment_name`; None for any other spelling."""
    match = _SEGMENT.fullmatch(name)
    return int(match[1]) - 1 if match and int(match[1]) and match[2] == extension else None


def iframe_number(name: str) -> int | None:
    """The inverse of `iframe_name`; None for any other spelling."""
    match = _IFRAME.fullmatch(name)
    return int(match[1]) - 1 if match and int(match[1]) else None


def sheet_name(number: int) -> str:
    """The file name of sheet `number` of a storyboard, counted from 0: storyboard_001.jpg."""
    return f"storyboard_{number + 1:03d}.jpg"


def sheet_number(name: str) -> int | None:
    """The inverse of `sheet_name`; None for any other spelling."""
    match = _SHEET.fullmatch(name)
    return int(match[1]) - 1 if match and int(match[1]) else None


def init_number(name: str) -> int | None:
    """The inverse of `init_name`; None for any other spelling."""
    match = _INIT.fullmatch(name)
    return int(match[1] or 1) - 1 if match else None


def planned_together(name: str) -> list[str]:
    """The names whose numbers differ from that of `name` in the last digit at most: a minute's, as a rule.

    They share a file of nginx's plan cache (nginx/plan_cache.conf). Empty for other names.
    """
    match = _PLANNED_TOGETHER.fullmatch(name)
    return [f"{match[1]}_{match[2]}{digit}{match[3]}" for digit in range(10)] if match else []


def planned_next(name: str) -> str:
    """The first name of those that are planned together after `name` and its like. Empty for other names."""
    match = _PLANNED_TOGETHER.fullmatch(name)
    return f"{match[1]}_{int(match[2]) + 1:03d}0{match[3]}" if match else ""


def versioned(name: str, version: str, query: str = "") -> str:
    """`query` is what else is asked of what is named, a clip or a target duration."""
    return f"{name}?v={version}&{query}" if query else f"{name}?v={version}"
