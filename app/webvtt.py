"""Subtitles as WebVTT (W3C WebVTT; RFC 8216 §3.5): a segment of a text track, and the track as a whole.

Cue times count from the start of playback, in a segment too, and say when a cue begins and ends as a whole:
one that spans several segments is in each of them, so that a seek shows it. `X-TIMESTAMP-MAP` ties them to
the timeline of the media segments, their `tfdt` in units of 90 kHz.
"""

from __future__ import annotations

from app.clip import WHOLE, Clip
from app.idx.cues import TextRows
from app.idx.plans import made_plan
from app.idx.view import Idx
from app.plan import FileIdentity, Plan

CONTENT_TYPE = "text/vtt"
MPEG_HZ = 90_000
MPEG_WRAP = 1 << 33

MAP_LOCAL_S = 10
"""The instant that the map names. Not the start: hls.js takes an `MPEGTS` that is just where its media starts
for none at all, and then shifts what follows a discontinuity."""


def plan_cues(idx: Idx, text: TextRows, number: int, archive: FileIdentity) -> Plan:
    """Segment `number`, from 0: what is shown while it lasts; perhaps nothing."""
    start_ticks = idx.segment_time[0] * MPEG_HZ // idx.header.timescale
    mapped_ticks = (start_ticks + MAP_LOCAL_S * MPEG_HZ) % MPEG_WRAP
    head = f"WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:{mapped_ticks},LOCAL:{clock(1000 * MAP_LOCAL_S)}\n\n"
    blocks = (_block(text, cue) for cue in text.cue[text.first[number] : text.first[number + 1]])
    content = b"".join((head.encode(), *blocks))
    return made_plan(idx, f"{text.facts.name}-{number}", CONTENT_TYPE, archive, content)


def plan_subtitles(idx: Idx, text: TextRows, archive: FileIdentity, clip: Clip = WHOLE) -> Plan:
    """All cues in one file, as `<track>` and DASH take them; of a clip, those shown in it, from its start on.

    Raises `Malformed` for a clip of nothing.
    """
    clip.times_s(idx)
    blocks = (_block(text, cue, clip) for cue in range(text.facts.cue_count))
    content = b"".join((b"WEBVTT\n\n", *blocks))
    return made_plan(idx, clip.tagged(f"{text.facts.name}-whole"), CONTENT_TYPE, archive, content)


def _block(text: TextRows, cue: int, clip: Clip = WHOLE) -> bytes:
    """What of a cue is in the clip."""
    start_ms, end_ms = max(text.start_ms[cue], clip.start_ms), text.end_ms[cue]
    if clip.end_ms is not None:
        end_ms = min(end_ms, clip.end_ms)
    if start_ms >= end_ms:
        return b""
    times = f"{clock(start_ms - clip.start_ms)} --> {clock(end_ms - clip.start_ms)}"
    return b"%s%s\n\n" % (times.encode(), text.content[text.offset[cue] : text.offset[cue + 1]])


def clock(time_ms: int) -> str:
    seconds, ms = divmod(time_ms, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{ms:03d}"
