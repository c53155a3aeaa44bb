"""What the log and the metrics want to know of a request, noted while it is answered.

A `Note` travels in the WSGI environment, the one thing that router, delivery and server all see.
"""

from __future__ import annotations

import os
import re
from typing import Any

_KEY = "vodsplice.note"
_SAFE_ID = re.compile(r"[A-Za-z0-9._=+/-]{1,64}", re.ASCII)


class Note:
    """Of one request. `cause` is why it was refused or broken off; `sent_bytes` what went past the server."""

    __slots__ = ("archive_id", "cause", "delivery", "request_id", "route", "sent_bytes")

    def __init__(self, request_id: str) -> None:
        self.request_id = request_id
        self.route = "other"
        self.archive_id = ""
        self.delivery = ""
        self.cause = ""
        self.sent_bytes = 0


def note_of(environ: dict[str, Any]) -> Note:
    """The request's note; made on first use. A request id from in front is kept where it is harmless."""
    note: Note | None = environ.get(_KEY)
    if note is None:
        given = environ.get("HTTP_X_REQUEST_ID", "")
        note = environ[_KEY] = Note(given if _SAFE_ID.fullmatch(given) else os.urandom(8).hex())
    return note
