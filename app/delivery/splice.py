"""Plan ─▶ instructions for nginx, which sends the body itself: `nginx/splice.pm` reads what this writes.

nginx asks for instructions with `X-Splice-Accept: N`, where N is how many bytes of them its buffers hold. The
answer is a 200 without a body. nginx keeps it (the plan cache) and acts on it as often as it likes, each time
only if the files still are what they were:

    X-Accel-Redirect: @splice
    X-Accel-Expires: 3600
    ETag: "0123456789-muxed-7"                    conditions are decided on these two
    Last-Modified: Fri, 20 Nov 2026 20:33:00 GMT
    X-Splice-Type: video/mp4
    X-Splice-Cache-Control: public, max-age=31536000, immutable
    X-Splice-Files: /films/a.mp4 8:1 131 734003200 1795206780123456789
    X-Splice-Guards: /index/a.idx 8:1 977 412000 1795206790000000000
    X-Splice-Inline: AAAAGHN0eXA…
    X-Splice-Pieces: 1423 48+104211 0+9000 -300+300

Files
    those that are sent; the first is file 0. Path, percent-quoted; device (major:minor), inode, size, mtime
    in ns. Each must still be that file.
Guards
    so must these, which are not sent.
Inline
    all inline bytes of the body in order, in base64; a leading `~` says that they were deflated before
    (RFC 1950).
Pieces
    the body in order. `N`: the next N inline bytes. `GAP+N`: N bytes of the file, GAP bytes after the end of
    the range before it, which may be negative; before the first range is offset 0. `#N`: from here on file N,
    from its offset 0. It begins with file 0.

What is empty is left out. Type and Cache-Control hide behind other names because nginx copies the real ones
onto whatever it sends in the end, an error page included. A Plan whose instructions are longer than N is
`X-Accel-Redirect: @direct`: nginx asks again, without X-Splice-Accept, and passes on what `sendfile` sends.
So is one with a file name, whose head is megabytes.
"""

from __future__ import annotations

import os
import zlib
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from urllib.parse import quote_from_bytes

from flask import Request, Response

from app import metrics
from app.final_response import FinalResponse
from app.http_answer import Headers, date
from app.plan import FileIdentity, Piece, Plan
from app.request_note import note_of

NAME = "splice"
INLINE = "X-Splice-Inline"
ASKED = "HTTP_X_SPLICE_ACCEPT"
RETRIED = "HTTP_X_SPLICE_RETRY"
"""Keys of a WSGI environment. nginx sets the second where files had changed under an earlier plan."""

KEPT_S = 3600
"""How long nginx may act on a plan without asking for a new one. Changed files end it at once."""

DEFLATED_FROM_BYTES = 24 * 1024
"""Inline bytes from here on are deflated: long playlists, heads of very many runs."""


class Splice:
    """`direct` delivers what nginx wants no instructions for."""

    def __init__(self, direct: Callable[[Plan, Request], Response]) -> None:
        self._direct = direct

    def deliver(self, plan: Plan, request: Request) -> Response:
        asked = request.environ.get(ASKED)
        if asked is None:
            return self._direct(plan, request)
        note_of(request.environ).delivery = NAME
        if RETRIED in request.environ:
            metrics.IDENTITY_MISMATCHES.inc()
        headers = [("X-Accel-Redirect", "@direct")]
        if not plan.filename:
            wanted = instructions(plan)
            if sum(len(name) + len(value) + len(": \r\n") for name, value in wanted) <= int(asked):
                headers = wanted
        kept = ("X-Accel-Expires", str(KEPT_S)), ("Content-Length", "0")
        return FinalResponse((), "200 OK", [*headers, *kept])


def instructions(plan: Plan) -> Headers:
    """The headers above, without X-Accel-Expires."""
    files: list[FileIdentity] = []
    pieces = " ".join(_tokens(plan.pieces, files))
    inline = b"".join(piece for piece in plan.pieces if isinstance(piece, bytes))
    headers = [
        ("X-Accel-Redirect", "@splice"),
        ("ETag", f'"{plan.etag}"'),
        ("Last-Modified", date(plan.last_modified_s)),
        ("X-Splice-Type", plan.content_type),
        ("X-Splice-Cache-Control", plan.cache_control),
        ("X-Splice-Files", ", ".join(map(_row, files))),
        ("X-Splice-Guards", ", ".join(map(_row, plan.guards))),
        (INLINE, _text(inline)),
        ("X-Splice-Pieces", pieces),
    ]
    return [(name, value) for name, value in headers if value]


def _tokens(pieces: Iterable[Piece], files: list[FileIdentity]) -> Iterator[str]:
    """One word a piece, and one where the file changes. `files` is filled with those met, each once."""
    current, at = None, 0
    for piece in pieces:
        if isinstance(piece, bytes):
            yield str(len(piece))
            continue
        if piece.file is not current:
            current, at = piece.file, 0
            if current not in files:
                files.append(current)
            if len(files) > 1:
                yield f"#{files.index(current)}"
        yield f"{piece.offset - at}+{piece.length}"
        at = piece.offset + piece.length


def _text(inline: bytes) -> str:
    if len(inline) < DEFLATED_FROM_BYTES:
        return b64encode(inline).decode()
    return "~" + b64encode(zlib.compress(inline, level=1)).decode()


@lru_cache(maxsize=1024)
def _row(file: FileIdentity) -> str:
    path = quote_from_bytes(os.fsencode(file.path))
    return f"{path} {os.major(file.dev)}:{os.minor(file.dev)} {file.ino} {file.size} {file.mtime_ns}"
