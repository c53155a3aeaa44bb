"""Plan ─▶ instructions for nginx, which sends the body itself: `nginx/splice.pm` reads what this writes.

nginx asks for instructions with `X-Splice-Format: 1`. The answer is a 200 of type `PLAN_TYPE`, which nginx
keeps in a file (the plan cache) and acts on as often as it likes, each time only if the files still are what
they were. Its body is ten lines, then the inline bytes of the Plan in order, as they are:

    splice 1                                                  the format
    1795210390                                                Until
    video/mp4
    "0123456789-muxed-7"                                      ETag
    Fri, 20 Nov 2026 20:33:00 GMT                             Last-Modified
    public, max-age=31536000, immutable                       Cache-Control
    /index/a.idx 8:1 977 412000 1795206790000000000           Guards
    /films/a.mp4 8:1 131 734003200 1795206780123456789        Files
    113934                                                    the length of the body
    -1 0 1423, 0 48 104211 150000 9000                        Pieces

Until
    Unix time: from then on nginx asks for a new one first, and acts on this one only while there is none.
Files
    those that are sent, separated by `, `; the first is file 0. Path, percent-quoted; device (major:minor),
    inode, size, mtime in ns. Each must still be that file.
Guards
    so must these, which are not sent.
Pieces
    the body in order, separated by `, `: the number of a file, -1 for the inline bytes; then an offset there
    and a length, for each range.

An error has its status and text in `X-Splice-Refusal` as well: of an answer that is not kept, nginx sees the
headers alone. Where it has more to say, nginx asks again, without X-Splice-Format, and passes the answer on.
So it does with a Plan of more than `MAX_RANGES`, and with one that has a file name, whose head is megabytes:
of these the first two lines are all.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from urllib.parse import quote_from_bytes

from flask import Request, Response

from app import metrics
from app.final_response import FinalResponse
from app.http_answer import date
from app.plan import FileIdentity, Piece, Plan
from app.request_note import note_of

NAME = "splice"
FORMAT = "1"
FIRST_LINE = f"splice {FORMAT}"
REFUSAL = "X-Splice-Refusal"
PLAN_TYPE = "application/vnd.vodsplice.plan"
ASKED = "HTTP_X_SPLICE_FORMAT"
RETRIED = "HTTP_X_SPLICE_RETRY"
"""Keys of a WSGI environment. nginx sets the second where files had changed under an earlier plan."""

KEPT_S = 3600
"""How long nginx may act on a plan without asking for a new one. Changed files end it at once."""

MAX_RANGES = 4096
"""nginx holds some 400 bytes for each while a client takes its time."""


class Splice:
    """`direct` delivers what nginx wants no instructions for."""

    def __init__(self, direct: Callable[[Plan, Request], Response]) -> None:
        self._direct = direct

    def deliver(self, plan: Plan, request: Request) -> Response:
        if request.environ.get(ASKED) != FORMAT:
            return self._direct(plan, request)
        note_of(request.environ).delivery = NAME
        if RETRIED in request.environ:
            metrics.IDENTITY_MISMATCHES.inc()
        is_direct = plan.filename or sum(map(_range_count, plan.pieces)) > MAX_RANGES
        until_s = int(time.time()) + KEPT_S
        body = f"{FIRST_LINE}\n{until_s}\n".encode() if is_direct else instructions(plan, until_s)
        headers = [
            ("Content-Type", PLAN_TYPE),
            ("Content-Length", str(len(body))),
            ("X-Accel-Expires", str(KEPT_S)),
        ]
        return FinalResponse((body,), "200 OK", headers)


def instructions(plan: Plan, until_s: int) -> bytes:
    """The body above."""
    files: list[FileIdentity] = []
    pieces = ", ".join(_pieces(plan.pieces, files))
    lines = (
        FIRST_LINE,
        str(until_s),
        plan.content_type,
        f'"{plan.etag}"',
        date(plan.last_modified_s),
        plan.cache_control,
        ", ".join(map(_row, plan.guards)),
        ", ".join(map(_row, files)),
        str(plan.length),
        pieces,
        "",
    )
    inline = (piece for piece in plan.pieces if isinstance(piece, bytes))
    return b"".join(("\n".join(lines).encode(), *inline))


def _pieces(pieces: Iterable[Piece], files: list[FileIdentity]) -> Iterator[str]:
    """A text a piece. `files` is filled with those met, each once."""
    inline_at = 0
    for piece in pieces:
        if isinstance(piece, bytes):
            yield f"-1 {inline_at} {len(piece)}"
            inline_at += len(piece)
            continue
        if piece.file not in files:
            files.append(piece.file)
        numbers = [files.index(piece.file)] * (1 + 2 * len(piece.offsets))
        numbers[1::2], numbers[2::2] = piece.offsets, piece.lengths
        yield " ".join(map(str, numbers))


def _range_count(piece: Piece) -> int:
    return 1 if isinstance(piece, bytes) else len(piece.offsets)


@lru_cache(maxsize=1024)
def _row(file: FileIdentity) -> str:
    path = quote_from_bytes(os.fsencode(file.path))
    return f"{path} {os.major(file.dev)}:{os.minor(file.dev)} {file.ino} {file.size} {file.mtime_ns}"
