"""What can be asked of an archive, and who plans it: a row a resource.

A resource is named by the last part of its URL, either by a fixed name or by one that holds a number
(`app.manifest.urls`). Its planner gets the index, the number of the view but for what is of the archive as a
whole, the number of the name where it holds one, and the archive as found on disk.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.cmaf.segments import plan_init, plan_segment
from app.errors import NotFound
from app.idx.view import Idx
from app.manifest.dash import plan_dash
from app.manifest.hls import plan_media_playlist
from app.manifest.info import INFO, plan_info
from app.manifest.multivariant import plan_multivariant
from app.manifest.urls import MPD, MULTIVARIANT, PLAYLIST, init_number, segment_number
from app.plan import FileIdentity, Plan

MUXED = "muxed"


@dataclass(frozen=True, slots=True)
class Resource:
    """`route` is what logs and metrics call it."""

    route: str
    plan: Callable[..., Plan]


@dataclass(frozen=True, slots=True)
class Family:
    """Resources whose names hold a number: `number` reads a name, `count` says how many a view has."""

    resource: Resource
    number: Callable[[str], int | None]
    count: Callable[[Idx, int], int]


_OF_ARCHIVE = {
    MULTIVARIANT: Resource("multivariant", plan_multivariant),
    MPD: Resource("mpd", plan_dash),
}
_OF_VIEW = {
    PLAYLIST: Resource("playlist", plan_media_playlist),
    INFO: Resource("info", plan_info),
}
_FAMILIES = (
    Family(Resource("segment", plan_segment), segment_number, lambda idx, _: idx.segment_count),
    Family(Resource("init", plan_init), init_number, lambda idx, view: len(idx.view(view).inits)),
)
_NAMED = _OF_ARCHIVE | _OF_VIEW
UNKNOWN = "unknown"
ROUTES = (*(each.route for each in _NAMED.values()), *(each.resource.route for each in _FAMILIES))
"""Every `route`; what is asked for by a name of none is `UNKNOWN`."""


def route_of(name: str) -> str:
    """What `name` asks for, as logs and metrics call it."""
    if name in _NAMED:
        return _NAMED[name].route
    return next((each.resource.route for each in _FAMILIES if each.number(name) is not None), UNKNOWN)


def plan_resource(idx: Idx, view: int, name: str, source: FileIdentity) -> Plan:
    """The answer to a request for `name` of a view. Raises `NotFound`."""
    if name in _OF_ARCHIVE and idx.view(view).name == MUXED:
        return _OF_ARCHIVE[name].plan(idx, source)
    if name in _OF_VIEW:
        return _OF_VIEW[name].plan(idx, view, source)
    for family in _FAMILIES:
        number = family.number(name)
        if number is not None and number < family.count(idx, view):
            return family.resource.plan(idx, view, number, source)
    raise NotFound(f"This archive has {MULTIVARIANT}, {MPD} and {PLAYLIST}, which name all else.")
