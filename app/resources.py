"""What can be asked of an archive, and who plans it: a row a resource.

A resource is named by the last part of its URL, either by a fixed name or by one that holds a number
(`app.manifest.urls`). Its planner gets the index, the view's number or the text, the number of the name where
it holds one, and the archive as found on disk. What is of all tracks gets their `Presentation` instead, of an
archive or of a title. Downloads get the process's `Heads` first. What can be had in part gets an
`app.clip.Clip` as well, and playlists that may be of a title its target duration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from app.clip import clip_of
from app.cmaf.iframes import count_iframes, plan_iframe
from app.cmaf.segments import plan_init, plan_segment
from app.download.plan import Heads, plan_download
from app.errors import NotFound
from app.idx.cues import TextRows
from app.idx.header import MUXED
from app.idx.view import Idx
from app.manifest.dash import plan_dash
from app.manifest.hls import plan_iframe_playlist, plan_media_playlist, plan_text_playlist
from app.manifest.info import plan_info, plan_title_info
from app.manifest.multivariant import plan_multivariant
from app.manifest.presentation import Presentation, of_archive
from app.manifest.session import plan_chapters
from app.manifest.urls import (
    CHAPTERS,
    CUES,
    DOWNLOAD,
    IFRAMES,
    INFO,
    MPD,
    MULTIVARIANT,
    PLAYLIST,
    STORYBOARD,
    SUBTITLES,
    iframe_number,
    init_number,
    segment_number,
    sheet_number,
)
from app.plan import FileIdentity, Plan
from app.storyboard import count_sheets, plan_sheet, plan_storyboard
from app.target_duration import target_of
from app.ttml import plan_ttml, plan_ttml_init
from app.webvtt import plan_cues, plan_subtitles

Part: TypeAlias = int | TextRows
"""What resources are of: a view, by its number, or a text."""


@dataclass(frozen=True, slots=True)
class Resource:
    """`route` is what logs and metrics call it."""

    route: str
    plan: Callable[..., Plan]
    takes_clip: bool = False
    takes_target: bool = False

    def planned(self, query: str, *of: Any) -> Plan:
        """The answer to a request with that query."""
        clip = [clip_of(query)] if self.takes_clip else []
        target_s = [target_of(query)] if self.takes_target else []
        return self.plan(*of, *clip, *target_s)


@dataclass(frozen=True, slots=True)
class Family:
    """Resources whose names hold a number: `number` reads a name, `count` says how many a part has."""

    resource: Resource
    number: Callable[[str], int | None]
    count: Callable[..., int]


_OF_PRESENTATION = {
    MULTIVARIANT: Resource("multivariant", plan_multivariant, takes_clip=True),
    MPD: Resource("mpd", plan_dash, takes_clip=True),
    CHAPTERS: Resource("chapters", plan_chapters),
}
_OF_ARCHIVE = {DOWNLOAD: Resource("download", plan_download, takes_clip=True)}
_OF_TITLE = _OF_PRESENTATION | {INFO: Resource("info", plan_title_info)}
_OF_VIEW = {
    PLAYLIST: Resource("playlist", plan_media_playlist, takes_clip=True, takes_target=True),
    IFRAMES: Resource("iframes", plan_iframe_playlist, takes_clip=True, takes_target=True),
    INFO: Resource("info", plan_info),
    STORYBOARD: Resource("storyboard", plan_storyboard),
}
_OF_TEXT = {
    PLAYLIST: Resource("playlist", plan_text_playlist, takes_clip=True),
    SUBTITLES: Resource("subtitles", plan_subtitles, takes_clip=True),
}
_FAMILIES_OF_VIEW = (
    Family(Resource("segment", plan_segment), segment_number, lambda idx, _: idx.segment_count),
    Family(Resource("iframe", plan_iframe), iframe_number, count_iframes),
    Family(Resource("sheet", plan_sheet), sheet_number, count_sheets),
    Family(Resource("init", plan_init), init_number, lambda idx, view: len(idx.view(view).inits)),
)
_FAMILIES_OF_TEXT = (
    Family(
        Resource("cues", plan_cues),
        partial(segment_number, extension=CUES),
        lambda idx, _: idx.segment_count,
    ),
)
_FAMILIES_OF_TTML = (
    Family(Resource("segment", plan_ttml), segment_number, lambda idx, _: idx.segment_count),
    Family(Resource("init", plan_ttml_init), init_number, lambda _, __: 1),
)
_NAMED = _OF_PRESENTATION | _OF_ARCHIVE | _OF_TEXT | _OF_VIEW
_FAMILIES = (*_FAMILIES_OF_VIEW, *_FAMILIES_OF_TEXT)
IN_PARTS = frozenset(name for name, each in _NAMED.items() if each.takes_clip)
"""Names of what can be had in part; nginx/plan_cache.conf knows them, too."""
UNKNOWN = "unknown"
ROUTES = (*(each.route for each in _NAMED.values()), *(each.resource.route for each in _FAMILIES))
"""Every `route`; what is asked for by a name of none is `UNKNOWN`."""


def route_of(name: str) -> str:
    """What `name` asks for, as logs and metrics call it."""
    if name in _NAMED:
        return _NAMED[name].route
    return next((each.resource.route for each in _FAMILIES if each.number(name) is not None), UNKNOWN)


def part_of(idx: Idx, track: str) -> Part:
    """The view or text that a name in a URL means. Raises `NotFound`."""
    try:
        return idx.view_number(track)
    except KeyError:
        pass
    try:
        return idx.text(track)
    except KeyError as error:
        raise NotFound("This archive has no such track.") from error


def plan_resource(
    idx: Idx, part: Part, name: str, query: str, source: FileIdentity, heads: Heads
) -> Plan:
    """The answer to a request for `name` of a view or text. Raises an `OriginError`."""
    if isinstance(part, int) and idx.view(part).name == MUXED:
        if name in _OF_PRESENTATION:
            return _OF_PRESENTATION[name].planned(query, of_archive(idx, source))
        if name in _OF_ARCHIVE:
            return _OF_ARCHIVE[name].planned(query, heads, idx, source)
    named, families = _of_part(part)
    if name in named:
        return named[name].planned(query, idx, part, source)
    for family, number in _numbered(families, idx, part, name):
        return family.resource.plan(idx, part, number, source)
    raise NotFound(f"This archive has {MULTIVARIANT}, {MPD} and {PLAYLIST}, which name all else.")


def has_numbered(idx: Idx, part: Part, name: str) -> bool:
    """Whether `name` holds a number and is of a resource that the view or text has."""
    return any(_numbered(_of_part(part)[1], idx, part, name))


def _numbered(families: Iterable[Family], idx: Idx, part: Part, name: str) -> Iterator[tuple[Family, int]]:
    """What `name` is of, and its number there; nothing, or one."""
    for family in families:
        number = family.number(name)
        if number is not None and number < family.count(idx, part):
            yield family, number


def _of_part(part: Part) -> tuple[dict[str, Resource], tuple[Family, ...]]:
    if isinstance(part, int):
        return _OF_VIEW, _FAMILIES_OF_VIEW
    return ({}, _FAMILIES_OF_TTML) if part.facts.codec else (_OF_TEXT, _FAMILIES_OF_TEXT)


def plan_title_resource(shown: Presentation, name: str, query: str) -> Plan:
    """The answer to a request for `name` of a title. Raises an `OriginError`."""
    if name not in _OF_TITLE:
        raise NotFound(f"This title has {MULTIVARIANT} and {MPD}; its renditions have all else.")
    return _OF_TITLE[name].planned(query, shown)
