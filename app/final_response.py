"""A Response whose headers go to the server as they are.

Werkzeug searches every header value for line breaks when it is set and again when it is sent. What is handed
over here was made by us of numbers, tags and percent-quoted names, and gunicorn checks it once more.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Response

from app.http_answer import Headers


class FinalResponse(Response):
    """`headers` of the base class are added to `final`; `body` is sent as it is, and closed by the server."""

    default_mimetype = None

    def __init__(self, body: Iterable[bytes], status: str, final: Headers) -> None:
        super().__init__(body, status, direct_passthrough=True)
        self.final = final

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:  # noqa: ARG002 - WSGI
        start_response(self.status, [*self.final, *self.headers.to_wsgi_list()])
        return self.response  # type: ignore[return-value]  # bytes, as given
