"""The page at `/`, its files, and the list of archives it asks for.

    /                                   the page
    /page/{version}/{name}              its files; the version is theirs, so caches keep them for ever
    /api/archives?q=words&cursor=       ids that hold every word, in order, a hundred at a time

What the page shows of one archive is `/v/{id}/info.json`, a Plan like all else below `/v/` (`app.routes`).
"""

from __future__ import annotations

from bisect import bisect_right

from flask import Blueprint, Response, jsonify, request

from app.errors import Malformed, NotFound
from app.listing import Listing
from app.page_assets import Asset, Page
from app.request_note import note_of

PAGE_OF_IDS = 100
MAX_QUERY_CHARACTERS = 200
LIST_MAX_AGE_S = 2
FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"


def blueprint(page: Page, listing: Listing) -> Blueprint:
    """The routes over one reading of the page's files and one list of archives."""
    routes = Blueprint("page", __name__)

    @routes.get("/")
    def index() -> Response:
        response = _asset(page.index, ASK_AGAIN)
        response.headers["Content-Security-Policy"] = page.content_security_policy
        response.headers["Referrer-Policy"] = "same-origin"
        return response

    @routes.get("/page/<version>/<name>")
    def file(version: str, name: str) -> Response:
        if name not in page.files:
            raise NotFound("The page has no such file.")
        return _asset(page.files[name], FOR_EVER if version == page.version else ASK_AGAIN)

    @routes.get("/api/archives")
    def archives() -> Response:
        note_of(request.environ).route = "list"
        words = request.args.get("q", "")
        if len(words) > MAX_QUERY_CHARACTERS:
            raise Malformed(f"A search has at most {MAX_QUERY_CHARACTERS} characters.")
        listed = listing.now()
        found = matching(listed.ids, words)
        start = bisect_right(found, request.args.get("cursor", ""))
        ids = found[start : start + PAGE_OF_IDS]
        more = start + PAGE_OF_IDS < len(found)
        response = jsonify(
            ids=ids, next=ids[-1] if more else None, count=len(found), is_complete=listed.is_complete
        )
        response.headers["Cache-Control"] = f"public, max-age={LIST_MAX_AGE_S}"
        return response

    return routes


def matching(ids: tuple[str, ...], query: str) -> tuple[str, ...]:
    """Those of `ids` that hold every word of `query`, whatever the case."""
    words = query.casefold().split()
    if not words:
        return ids
    return tuple(each for each in ids if all(word in each.casefold() for word in words))


def _asset(asset: Asset, cache_control: str) -> Response:
    note_of(request.environ).route = "page"
    response = asset.response(request)
    response.headers["Cache-Control"] = cache_control
    return response
