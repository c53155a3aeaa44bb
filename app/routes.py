"""URL ─▶ catalog ─▶ Plan ─▶ delivery, for all that is below `/v/`.

    /v/{id}/master.m3u8       multivariant playlist of the tracks
    /v/{id}/manifest.mpd      the same, for DASH players
    /v/{id}/playlist.m3u8     media playlist, muxed
    /v/{id}/init.mp4          its init segment
    /v/{id}/seg_0001.m4s      its segments, counted from 1 in URLs and from 0 behind `app.manifest.urls`
    /v/{id}/{track}/…         the same three for one track alone: video, audio-eng, …
    /v/{id}/{text}/…          playlist.m3u8 and seg_0001.vtt of subtitles: text-eng, …; whole: subtitles.vtt
    /v/{id}/video/iframes.m3u8, iframe_0001.m4s    keyframes alone, for scrubbing
    /v/{id}/chapters.json     its chapters, as Apple's players read them
    /v/{id}/storyboard.vtt, storyboard_001.jpg     small pictures of it, where its indexer was told to
    /v/{id}/info.json         what the page shows of it
    /v/{id}/download.mp4      all of its pictures and sound as one file
    /v/{title}/…              master.m3u8, manifest.mpd and info.json of a title (`app.titles`)

`app.resources` has a row for each.

`id` may hold slashes, so what follows the last one names the resource, and what stands before it may name
a track of the archive above, where no archive has that id itself or the version is that of the one above:
`film/video.mp4` takes no track from `film.mp4`. Each has one spelling; any other is 404.

The version, `?v=`: with the right one an answer never changes and says so; without one it is what the archive
is now, and caches may keep it for `UNVERSIONED_MAX_AGE_S`; a well-formed other one is 410, since it named an
archive that was replaced; anything else is 400. Playlists and download.mp4 are had in part, too: `app.clip`;
and playlists with the target duration of a title: `app.target_duration`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from time import perf_counter
from urllib.parse import parse_qs

from flask import Blueprint, Request, Response, request

from app import metrics
from app.catalog import Archive, Catalog
from app.download.plan import Heads
from app.errors import Gone, Malformed, NotFound, OriginError
from app.idx.header import MUXED
from app.idx.layout import VERSION_DIGITS
from app.manifest.presentation import Presentation
from app.manifest.urls import planned_next, planned_together
from app.plan import FileIdentity, Neighbours, NeighboursOf, Plan, no_neighbours
from app.request_note import note_of
from app.resources import ROUTES, Part, has_numbered, part_of, plan_resource, plan_title_resource, route_of
from app.titles import find_title

PlanOf = Callable[[str], Plan]
"""The answer to a request for the resource of that name."""
Absent = tuple[FileIdentity, ...]
Deliver = Callable[[Plan, Request, NeighboursOf], Response]

UNVERSIONED_MAX_AGE_S = 60
_TRACK = re.compile(r"(?:video|audio|text)(?:-[a-z0-9-]+)?", re.ASCII)
_VERSION = re.compile(f"[0-9a-f]{{{VERSION_DIGITS}}}", re.ASCII)
_OBSERVE = {route: metrics.PLAN_SECONDS.labels(route).observe for route in ROUTES}


def blueprint(catalog: Catalog, heads: Heads, deliver: Deliver) -> Blueprint:
    """The routes over one catalog, the heads of its downloads, and one way to deliver."""
    routes = Blueprint("media", __name__)

    @routes.get("/v/<path:resource>")
    def media(resource: str) -> Response:
        started_s = perf_counter()
        note = note_of(request.environ)
        path, slash, name = resource.rpartition("/")
        note.archive_id, note.route = path, route_of(name)
        if not slash:
            raise NotFound("Addresses of an archive end in a name, as /v/{id}/master.m3u8 does.")
        query = request.environ["QUERY_STRING"]
        absent = _absent_index(catalog, path)  # looked at before what is there, which may come meanwhile
        try:
            archive, part = _find(catalog, path, query)
        except NotFound as missing:
            shown = _find_title(catalog, path, missing)
            of_title = partial(plan_title_resource, shown, query=query)
            plan_of = _of_version(query, shown.version, of_title, absent)
            neighbours_of: NeighboursOf = no_neighbours
        else:
            note.archive_id, idx = archive.id, archive.idx
            of_archive = partial(plan_resource, idx, part, query=query, source=archive.source, heads=heads)
            plan_of = _of_version(query, idx.version, of_archive, absent)
            neighbours_of = partial(_neighbours, name, plan_of, partial(has_numbered, idx, part))
        plan = plan_of(name)
        _OBSERVE[note.route](perf_counter() - started_s)
        return deliver(plan, request, neighbours_of)

    return routes


def _of_version(query: str, version: str, plan_of: PlanOf, absent: Absent) -> PlanOf:
    """`plan_of`, if the query names that version. Where it names none, what lasts does so for a minute, and
    all is true only while what is `absent` is. Raises as `_check_version`.
    """
    return plan_of if _check_version(query, version) else partial(_plan_unversioned, plan_of, absent)


def _plan_unversioned(plan_of: PlanOf, absent: Absent, name: str) -> Plan:
    plan = plan_of(name)
    max_age_s = UNVERSIONED_MAX_AGE_S if plan.immutable else plan.max_age_s
    return replace(plan, max_age_s=max_age_s, immutable=False, guards=plan.guards + absent)


def _absent_index(catalog: Catalog, path: str) -> tuple[FileIdentity, ...]:
    """Where there is no index of the id `path`: it would be asked for by the same address."""
    return () if catalog.has_index(path) else (FileIdentity.absent(catalog.index_path(path)),)


def _neighbours(name: str, plan_of: PlanOf, has: Callable[[str], bool]) -> Neighbours:
    """Those that can be planned: what cannot will say why where it is asked for. None after the last one.

    They are wanted later, so who waits for this processor comes first: a Plan takes it a tenth of a
    millisecond, all of them hold up an nginx that has segments to send by two or three.
    """
    plans = {}
    for each in planned_together(name):
        if each != name:
            os.sched_yield()
            try:
                plans[each] = plan_of(each)
            except NotFound:
                if each > name:
                    break
            except OriginError:
                pass
    ahead = planned_next(name)
    return Neighbours(plans, ahead if has(ahead) else "")


def _find(catalog: Catalog, path: str, query: str) -> tuple[Archive, Part]:
    """The archive and part that `path` names: an id, or an id and a track. Raises as `Catalog.find`."""
    archive_id, _, track = path.rpartition("/")
    may_be_track = bool(archive_id) and _TRACK.fullmatch(track) is not None
    if not may_be_track or (catalog.has_index(path) and not _is_of(catalog, archive_id, query)):
        try:
            archive = catalog.find(path)
            return archive, part_of(archive.idx, MUXED)
        except NotFound:
            if not may_be_track:
                raise
    archive = catalog.find(archive_id)
    return archive, part_of(archive.idx, track)


def _is_of(catalog: Catalog, archive_id: str, query: str) -> bool:
    """Whether the query names the version of that archive, as its playlists do."""
    try:
        return f"v={catalog.find(archive_id).idx.version}" in query.split("&")
    except OriginError:
        return False


def _find_title(catalog: Catalog, path: str, missing: NotFound) -> Presentation:
    """The title of that id. Raises `missing` where there is none, else as `find_title`."""
    try:
        return find_title(catalog, path).presentation()
    except NotFound:
        raise missing from None


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
