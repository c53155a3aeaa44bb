"""The storyboard of an archive: its sheets, as ranges of one file, and which tile shows what time (WebVTT).

    storyboard.vtt        a cue a tile, whose text is a sheet and a place on it (Media Fragments, #xywh=)
    storyboard_001.jpg    the sheets

Players of many makes read this. The file lies beside the index (`app.idx.layout`), and is served while it is
as the index recorded it.
"""

from __future__ import annotations

import os
from itertools import accumulate

from app.errors import Mismatch, NotFound
from app.idx.header import StoryboardFacts
from app.idx.layout import STORYBOARD_SUFFIX
from app.idx.plans import made_plan
from app.idx.view import Idx
from app.manifest.urls import sheet_name, versioned
from app.plan import FileIdentity, Plan, one_range
from app.webvtt import CONTENT_TYPE, clock


def plan_storyboard(idx: Idx, view_number: int, archive: FileIdentity) -> Plan:
    """Raises `NotFound` where the archive has none."""
    facts = idx.header.storyboard
    if view_number or facts is None or idx.storyboard is None or idx.iframes is None:
        raise NotFound("This archive has no storyboard. vodsplice-index --storyboard makes one.")
    begin, end = idx.segment_time[0], idx.segment_time[-1]
    times = [begin, *(idx.iframes.time[number] for number in idx.storyboard[1:]), end]
    times_ms = [(ticks - begin) * 1000 // idx.header.timescale for ticks in times]
    cues = [
        f"{clock(times_ms[tile])} --> {clock(times_ms[tile + 1])}\n{_place(facts, tile, idx.version)}\n"
        for tile in range(len(idx.storyboard))
    ]
    content = "\n".join(("WEBVTT\n", *cues)).encode()
    return made_plan(idx, "storyboard", CONTENT_TYPE, archive, content)


def plan_sheet(idx: Idx, view_number: int, number: int, archive: FileIdentity) -> Plan:
    """Sheet `number`, from 0. Raises `Mismatch` where the file is not there as it was written."""
    facts = idx.header.storyboard
    if view_number or facts is None:
        raise IndexError("no storyboard")
    path = idx.identity.path + STORYBOARD_SUFFIX
    try:
        file = FileIdentity.of(path, os.stat(path))
    except OSError:
        file = None
    if file is None or (file.size, file.mtime_ns) != (facts.size, facts.mtime_ns):
        raise Mismatch("The storyboard is not as it was written. Run vodsplice-index on the archive again.")
    starts = list(accumulate(facts.sheets, initial=0))
    piece = one_range(file, starts[number], facts.sheets[number])
    return made_plan(idx, f"sheet-{number}", "image/jpeg", archive, piece)


def count_sheets(idx: Idx, view_number: int) -> int:
    """How many the archive has, which belong to its first view alone."""
    return len(idx.header.storyboard.sheets) if idx.header.storyboard and not view_number else 0


def _place(facts: StoryboardFacts, tile: int, version: str) -> str:
    sheet, on_sheet = divmod(tile, facts.columns * facts.rows)
    row, column = divmod(on_sheet, facts.columns)
    width, height = facts.tile_width, facts.tile_height
    return f"{versioned(sheet_name(sheet), version)}#xywh={column * width},{row * height},{width},{height}"
