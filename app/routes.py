"""URL ─▶ catalog ─▶ Plan ─▶ delivery, for all that is below `/v/`.

    /v/{id}/master.m3u8       multivariant playlist of the tracks
    /v/{id}/playlist.m3u8     media playlist, muxed
    /v/{id}/init.mp4          its init segment
    /v/{id}/seg_0001.m4s      its segments, counted from 1 in URLs and from 0 behind `app.manifest.urls`
    /v/{id}/{track}/…         the same three for one track alone: video, audio-eng, …
    /v/{id}/info.json         what the page shows of it

`id` may hold slashes, so what follows the last one names the resource, and what stands before it may name
a track of the archive above, where no archive has that id itself. Each has one spelling; any other is 404.

The version, `?v=`: with the right one an answer never changes and says so; without one it is what the archive
is now, and caches may keep it for `UNVERSIONED_MAX_AGE_S`; a well-formed other one is 410, since it named an
archive that was replaced; anything else is 400.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from time import perf_counter
from urllib.parse import parse_qs

from flask import Blueprint, Request, Response, request

from app import metrics
from app.catalog import Archive, Catalog
from app.cmaf.segments import plan_init, plan_segment
from app.errors import Gone, Malformed, NotFound
from app.idx.layout import VERSION_DIGITS
from app.manifest.hls import plan_media_playlist
from app.manifest.info import INFO, plan_info
from app.manifest.multivariant import plan_multivariant
from app.manifest.urls import MULTIVARIANT, PLAYLIST, init_number, segment_number
from app.plan import Plan
from app.request_note import note_of

Deliver = Callable[[Plan, Request], Response]

UNVERSIONED_MAX_AGE_S = 60
MUXED = "muxed"
_TRACK = re.compile(r"(?:video|audio)(?:-[a-z0-9-]+)?", re.ASCII)
_ROUTES = {PLAYLIST: "playlist", MULTIVARIANT: "multivariant", INFO: "info"}
_VERSION = re.compile(f"[0-9a-f]{{{VERSION_DIGITS}}}", re.ASCII)
_PLANNED = ("segment", "init", *_ROUTES.values())
_OBSERVE = {route: metrics.PLAN_SECONDS.labels(route).observe for route in _PLANNED}


def blueprint(catalog: Catalog, deliver: Deliver) -> Blueprint:
    """The routes over one catalog and one way to deliver."""
    routes = Blueprint("media", __name__)

    @routes.get("/v/<path:resource>")
    def media(resource: str) -> Response:
        started_s = perf_counter()
        note = note_of(request.environ)
        path, _, name = resource.rpartition("/")
        note.archive_id, note.route = path, _route(name)
        archive, view = _find(catalog, path)
        note.archive_id = archive.id
        is_versioned = _check_version(request.environ["QUERY_STRING"], archive.idx.version)
        plan = _plan(archive, view, name)
        if plan.immutable and not is_versioned:
            plan = replace(plan, max_age_s=UNVERSIONED_MAX_AGE_S, immutable=False)
        _OBSERVE[note.route](perf_counter() - started_s)
        return deliver(plan, request)

    return routes


def _route(name: str) -> str:
    """What is asked for, as metrics call it."""
    return "segment" if name.startswith("seg_") else _ROUTES.get(name, "init")


def _find(catalog: Catalog, path: str) -> tuple[Archive, int]:
    """The archive and view that `path` names: an id, or an id and a track. Raises as `Catalog.find`."""
    try:
        archive = catalog.find(path)
        return archive, archive.idx.view_number(MUXED)
    except NotFound:
        archive_id, _, track = path.rpartition("/")
        if not archive_id or not _TRACK.fullmatch(track):
            raise
    archive = catalog.find(archive_id)
    return archive, _view_number(archive, track)


def _view_number(archive: Archive, name: str) -> int:
    try:
        return archive.idx.view_number(name)
    except KeyError as error:
        raise NotFound("This archive has no such track.") from error


def _plan(archive: Archive, view: int, name: str) -> Plan:
    """The answer to a request for resource `name` of a view. Raises `NotFound`."""
    idx, source = archive.idx, archive.source
    segment = segment_number(name)
    if segment is not None and segment < idx.segment_count:
        return plan_segment(idx, view, segment, source)
    if name == PLAYLIST:
        return plan_media_playlist(idx, view, source)
    if name == INFO:
        return plan_info(idx, view, source)
    if name == MULTIVARIANT and idx.view(view).name == MUXED:
        return plan_multivariant(idx, source)
    init = init_number(name)
    if init is not None and init < len(idx.view(view).inits):
        return plan_init(idx, view, init, source)
    raise NotFound(f"This archive has {MULTIVARIANT} and {PLAYLIST}, which name all else.")


def _check_version(query: str, version: str) -> bool:
    """Whether the query names `version`; False where it names none. Raises `Malformed` or `Gone`."""
    if query == f"v={version}":
        return True
    named = parse_qs(query, keep_blank_values=True).get("v", [])
    if not named:
        return False
    if len(named) > 1 or not _VERSION.fullmatch(named[0]):
        raise Malformed(f"v is the version of an archive, {VERSION_DIGITS} hex digits, as in its playlist.")
    if named[0] != version:
        raise Gone("This version of the archive is no longer served. Load the playlist again.")
    return True
