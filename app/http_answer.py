"""Plan and request headers ─▶ status, headers and the bytes to send, by arithmetic alone.

Conditions and ranges (RFC 9110 §13, §14) are decided as nginx decides them for its own static files, so that
an archive behaves alike whoever delivers it:

- If-Unmodified-Since, then If-Match: 412.
- If-Modified-Since holds for the very date of the Plan only, and where If-None-Match is there too, both must
  hold for a 304.
- Then Range, if If-Range agrees: 206 or 416.

Dates are whole seconds of Unix time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote

from werkzeug.http import http_date, parse_date

from app import http_range
from app.errors import PreconditionFailed
from app.plan import Piece, Plan

Headers = list[tuple[str, str]]

_LAST_DATE_S = 253_402_300_799
"""The end of the year 9999, the last that an HTTP date can write."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes on the wire for a Plan. `pieces` is empty where there is no body."""

    status: str
    headers: Headers
    pieces: tuple[Piece, ...] = ()


def answer_to(plan: Plan, environ: Mapping[str, str]) -> Answer:
    """`environ` is a WSGI environment; the method is GET or HEAD.

    Raises `PreconditionFailed` or `RangeNotSatisfiable`.
    """
    if not _holds_if_unmodified(plan, environ) or not _holds_if_match(plan, environ):
        raise PreconditionFailed("This resource is not the one that the request's condition names.")
    if _is_not_modified(plan, environ):
        return Answer("304 Not Modified", _validators(plan))
    length, part = plan.length, None
    if "HTTP_RANGE" in environ and _holds_if_range(plan, environ):
        part = http_range.asked_for(environ["HTTP_RANGE"], length, plan.etag)
    start, stop = part or (0, length)
    headers = [
        ("Content-Type", plan.content_type),
        ("Content-Length", str(stop - start)),
        ("Accept-Ranges", "bytes"),
        *_validators(plan),
    ]
    if plan.filename:
        headers.append(("Content-Disposition", _attachment(plan.filename)))
        headers.append(("X-Accel-Buffering", "no"))  # to nginx: it may be longer than your disk
    if part:
        headers.append(("Content-Range", f"bytes {start}-{stop - 1}/{length}"))
    if environ["REQUEST_METHOD"] == "HEAD":
        pieces: tuple[Piece, ...] = ()
    else:
        is_whole = stop - start == length  # players ask for bytes=0- where they want everything
        pieces = plan.pieces if is_whole else plan.cut(start, stop)
    return Answer("206 Partial Content" if part else "200 OK", headers, pieces)


def _attachment(filename: str) -> str:
    """For whoever saves it; players do not mind (RFC 6266 §4.3, RFC 8187). The plain form is for old ones."""
    plain = "".join(each if each.isascii() and each.isprintable() else "_" for each in filename)
    escaped = plain.replace("\\", "_").replace('"', "_").replace("%", "_")
    return f"attachment; filename=\"{escaped}\"; filename*=UTF-8''{quote(filename, safe='')}"


def _validators(plan: Plan) -> Headers:
    return [
        ("ETag", f'"{plan.etag}"'),
        ("Last-Modified", date(plan.last_modified_s)),
        ("Cache-Control", plan.cache_control),
    ]


def _holds_if_unmodified(plan: Plan, environ: Mapping[str, str]) -> bool:
    since = environ.get("HTTP_IF_UNMODIFIED_SINCE")
    return since is None or _seconds(since) >= plan.last_modified_s


def _holds_if_match(plan: Plan, environ: Mapping[str, str]) -> bool:
    tags = environ.get("HTTP_IF_MATCH")
    return tags is None or _lists(tags, plan.etag)


def _is_not_modified(plan: Plan, environ: Mapping[str, str]) -> bool:
    since, tags = environ.get("HTTP_IF_MODIFIED_SINCE"), environ.get("HTTP_IF_NONE_MATCH")
    if since is None and tags is None:
        return False
    if since is not None and _seconds(since) != plan.last_modified_s:
        return False
    return tags is None or _lists(tags, plan.etag, weakly=True)


def _holds_if_range(plan: Plan, environ: Mapping[str, str]) -> bool:
    condition = environ.get("HTTP_IF_RANGE")
    if condition is None:
        return True
    if condition.endswith('"') and len(condition) > 1:
        return condition == f'"{plan.etag}"'
    return _seconds(condition) == plan.last_modified_s


def _lists(tags: str, etag: str, *, weakly: bool = False) -> bool:
    """Whether a list of tags names `etag`. Werkzeug's reading is wider than nginx's: tags without quotes."""
    each = (tag.strip(" \t") for tag in tags.split(","))
    return tags == "*" or f'"{etag}"' in ((tag.removeprefix("W/") for tag in each) if weakly else each)


def _seconds(text: str) -> int:
    """Unix time of an HTTP date, -1 for what is none, as nginx has it."""
    parsed = parse_date(text)
    return int(parsed.timestamp()) if parsed else -1


@lru_cache(maxsize=1024)
def date(seconds: int) -> str:
    return http_date(min(max(seconds, 0), _LAST_DATE_S))
