"""Flask as an origin needs it: no session, no hooks, one answer for every error, CORS on everything.

What Flask offers around a view and nothing here uses (sessions, `before_request` and `after_request`,
automatic redirects) is left out on purpose: a cold plan's cost is mostly the framework's.
"""

from __future__ import annotations

import logging
from typing import Any

from flask import Flask, Request, Response, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter

from app import metrics
from app.delivery.splice import ASKED, REFUSAL
from app.errors import Malformed, MethodNotAllowed, NotFound, OriginError
from app.request_note import note_of

LOG = logging.getLogger("vodsplice.app")

CORS_EXPOSED = (
    "Accept-Ranges, Content-Length, Content-Range, Date, ETag, Last-Modified, Retry-After, X-Request-Id"
)
CORS_REQUESTED = "Range, If-Range, If-None-Match, If-Modified-Since, X-Request-Id"
PREFLIGHT_MAX_AGE_S = 86_400


class _NoSession(SecureCookieSessionInterface):
    def open_session(self, app: Flask, request: Request) -> Any:  # noqa: ARG002 - Flask's signature
        return _NULL_SESSION

    def is_null_session(self, obj: object) -> bool:  # noqa: ARG002 - Flask's signature
        return True


_NULL_SESSION: SessionMixin = _NoSession.null_session_class()


class OriginFlask(Flask):
    """`cors_origin` is the value of Access-Control-Allow-Origin; empty for none. `cors` are the headers that
    every answer has for it.
    """

    session_interface = _NoSession()

    def __init__(self, name: str, *, cors_origin: str) -> None:
        super().__init__(name, static_folder=None, template_folder=None)
        self.cors = (
            [
                ("Access-Control-Allow-Origin", cors_origin),
                ("Access-Control-Expose-Headers", CORS_EXPOSED),
            ]
            if cors_origin
            else []
        )
        self.url_map.merge_slashes = False
        self.url_map.strict_slashes = False
        self.register_error_handler(OriginError, _error)
        self.register_error_handler(HTTPException, _http_error)
        self.register_error_handler(Exception, _unexpected)

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Routes depend on the path alone, and no URL is built, so neither Host nor scheme is looked at."""
        if request is None:
            return None
        return MapAdapter(self.url_map, "", "/", "", "http", request.path, request.method)

    def preprocess_request(self) -> None:
        """No hooks run before a view."""

    def do_teardown_request(self, exc: BaseException | None = None) -> None:
        """Nor after its answer."""

    def do_teardown_appcontext(self, exc: BaseException | None = None) -> None:
        """Nor after that."""

    def process_response(self, response: Response) -> Response:
        """The last hand on every answer: CORS, and one count."""
        response.headers.extend(self.cors)
        note = note_of(request.environ)
        metrics.REQUESTS.labels(note.route, response.status_code).inc()
        return response

    def make_default_options_response(self) -> Response:
        """An answer to a CORS preflight; all that is served may be asked for with a Range."""
        response = Response(status=204)
        del response.headers["Content-Type"]
        response.headers.extend(
            [
                ("Allow", "GET, HEAD, OPTIONS"),
                ("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS"),
                ("Access-Control-Allow-Headers", CORS_REQUESTED),
                ("Access-Control-Max-Age", str(PREFLIGHT_MAX_AGE_S)),
            ]
        )
        return response


def _error(error: OriginError) -> Response:
    note = note_of(request.environ)
    note.cause = note.cause or error.cause
    metrics.REFUSALS.labels(note.cause).inc()
    response = Response(f"{error}\n", error.status, content_type="text/plain; charset=utf-8")
    response.headers.extend([("Cache-Control", "no-store"), ("X-Request-Id", note.request_id)])
    response.headers.extend(error.headers)
    if ASKED in request.environ and not error.headers:
        response.headers[REFUSAL] = f"{error.status} {error}"
    return response


def _http_error(error: HTTPException) -> Response:
    """What Werkzeug refuses on its own: no such route, no such method, a request it cannot read."""
    if error.code == 404:
        return _error(NotFound("There is nothing at this address. Media is below /v/."))
    if error.code == 405:
        return _error(MethodNotAllowed("Only GET and HEAD mean something here."))
    return _error(Malformed("This request cannot be read."))


def _unexpected(error: Exception) -> Response:
    note = note_of(request.environ)
    LOG.error("request %s of %s failed", note.request_id, note.archive_id or "no archive", exc_info=error)
    return _error(OriginError(f"Something went wrong here. The log has it as request {note.request_id}."))
