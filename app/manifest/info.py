"""What is known of an archive, as JSON for the page: its tracks, texts and chapters, and each segment's size.

Times are seconds from the start of playback, sizes bytes, rates bits a second.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import accumulate
from typing import Any

from app.idx.header import TextFacts, TrackFacts
from app.idx.view import Idx
from app.manifest.chapters import Chapter, chapters_of
from app.manifest.presentation import Presentation
from app.manifest.urls import STORYBOARD, SUBTITLES, versioned
from app.plan import FileIdentity, Plan, passing_plan

CONTENT_TYPE = "application/json"
TRACK_FACTS = (
    "name", "kind", "codec_name", "width", "height", "video_range", "channels", "sample_rate_hz",
    "language", "title", "label", "default", "expected_players",
)  # fmt: skip
"""Fields of `TrackFacts` that are shown as they are."""

TEXT_FACTS = ("codec_name", "file", "language", "title", "label", "forced", "hearing_impaired", "cue_count")


def plan_info(idx: Idx, view_number: int, archive: FileIdentity) -> Plan:
    """The facts of one view of an archive."""
    content, guards = _json(_info(idx, view_number)), (idx.identity, archive)
    return passing_plan(CONTENT_TYPE, archive.modified_s, content, guards)


def plan_title_info(shown: Presentation) -> Plan:
    """The facts of a title: all of its tracks, the chapters and the storyboard of the best rendition that has
    any, and what else is known of the best.
    """
    best = shown.renditions[0]
    tracks = [_track(each.facts, True) | {"name": each.folder} for each in shown.renditions]
    texts = [_text(each.facts, each.folder, each.idx.version) for each in shown.webvtt]
    pictures = ((each.idx, each.folder.rpartition("/")[0] + "/") for each in shown.of_kind("video"))
    of_title = {
        "version": shown.version, "title": shown.title, "tracks": tracks, "texts": texts, "is_title": True,
        "chapters": [_chapter(chapter) for chapter in shown.chapters],
        "storyboard": next(filter(None, (_storyboard(*each) for each in pictures)), ""),
    }  # fmt: skip
    return shown.plan(CONTENT_TYPE, _json(_info(best.idx, best.view_number) | of_title))


def _json(facts: dict[str, Any]) -> bytes:
    return json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode()


def _info(idx: Idx, view_number: int) -> dict[str, Any]:
    header, view = idx.header, idx.view(view_number)
    starts_us = list(accumulate(idx.durations_us(), initial=0))
    return {
        "version": idx.version,
        "is_title": False,
        "title": header.title,
        "file": header.source.name,
        "size_bytes": header.source.size,
        "duration_s": starts_us[-1] / 1e6,
        "average_bps": view.average_bps,
        "peak_bps": view.peak_bps,
        "tracks": [_track(track, number in view.tracks) for number, track in enumerate(header.tracks)],
        "texts": [_text(each, each.name, idx.version) for each in header.texts if not each.codec],
        "chapters": [_chapter(chapter) for chapter in chapters_of(idx)],
        "storyboard": _storyboard(idx, ""),
        "notes": header.notes,
        "segments": {
            "start_s": [start_us / 1e6 for start_us in starts_us],
            "bytes": list(idx.view_bytes[view_number]),
        },
    }


def _track(track: TrackFacts, in_playlist: bool) -> dict[str, Any]:
    facts = asdict(track)
    derived = {
        "codecs": track.codecs,
        "frame_rate": track.frame_rate_milli / 1000,
        "in_playlist": in_playlist,
    }
    return {name: facts[name] for name in TRACK_FACTS} | derived


def _text(text: TextFacts, folder: str, version: str) -> dict[str, Any]:
    facts = asdict(text)
    return {name: facts[name] for name in TEXT_FACTS} | {"url": versioned(f"{folder}/{SUBTITLES}", version)}


def _storyboard(idx: Idx, folder: str) -> str:
    """Its URL, relative to that of the facts; "" where there is none."""
    return versioned(folder + STORYBOARD, idx.version) if idx.header.storyboard else ""


def _chapter(chapter: Chapter) -> dict[str, Any]:
    return {"start_s": chapter.start_ms / 1000, "title": chapter.title}
