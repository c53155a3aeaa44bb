"""Plan ─▶ instructions for nginx, which sends the body itself: `nginx/splice.pm` reads what this writes.

nginx asks for instructions with `X-Splice-Format: 2`. The answer is a 200 of type `PLAN_TYPE`, which nginx
keeps in a file (the plan cache) and acts on as often as it likes, each time only if the files still are what
they were. Who asks for a segment will ask for the next ones, and a Plan is the least part of what a request
costs here, so the Plans of a segment's neighbours come with it: a film that nobody has watched yet costs one
request for ten segments. The body:

    splice 2                                                  the format
    1795210390                                                Until
    seg_0010.m4s 0 271, seg_0011.m4s 1690 270                 Places
    seg_0020.m4s                                              Ahead

and a Plan after another, each of eight lines and its inline bytes in order, as they are:

    video/mp4
    "0123456789-muxed-9"                                      ETag
    Fri, 20 Nov 2026 20:33:00 GMT                             Last-Modified
    public, max-age=31536000, immutable                       Cache-Control
    /index/a.idx 8:1 977 412000 1795206790000000000           Guards
    /films/a.mp4 8:1 131 734003200 1795206780123456789        Files
    113934                                                    the length of the body
    -1 0 1419, 0 48 104211 150000 9000                        Pieces

Until
    Unix time: from then on nginx asks for new ones, and acts on these meanwhile.
Places
    the last part of the URL of each; where its lines begin, from the end of the next line; how long they are.
    For what would share the file and is not there, nginx asks without X-Splice-Format.
Ahead
    the last part of the URL of what comes after them; empty where nothing does. Who is in the second half of
    them will soon want that, so nginx asks for it meanwhile: who watches on waits for his first Plan alone.
Files
    those that are sent, separated by `, `; the first is file 0. Path, percent-quoted; device (major:minor),
    inode, size, mtime in ns. Each must still be that file.
Guards
    so must these, which are not sent. One of zeros alone is a file that must not be there.
Pieces
    the body in order, separated by `, `: the number of a file, -1 for the inline bytes; then an offset there
    and a length, for each range.

An error has its status and text in `X-Splice-Refusal` as well: of an answer that is not kept, nginx sees the
headers alone. Where it has more to say, nginx asks again, without X-Splice-Format, and passes the answer on.
So it does with a Plan of more than `MAX_RANGES`, and with one that has a file name, whose head is megabytes:
these have no lines. For downloads, which are such, nginx does not even ask (`nginx/plan_cache.conf`).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from urllib.parse import quote_from_bytes
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Request, Response

from app import metrics
from app.final_response import FinalResponse
from app.http_answer import date
from app.plan import FileIdentity, NeighboursOf, Piece, Plan, no_neighbours
from app.request_note import note_of

NAME = "splice"
FORMAT = "2"
FIRST_LINE = f"splice {FORMAT}"
REFUSAL = "X-Splice-Refusal"
PLAN_TYPE = "application/vnd.vodsplice.plan"
ASKED = "HTTP_X_SPLICE_FORMAT"
RETRIED = "HTTP_X_SPLICE_RETRY"
"""Keys of a WSGI environment. nginx sets the second where files had changed under an earlier plan."""

KEPT_S = 3600
"""How long nginx may act on a plan without asking for a new one. Changed files end it at once."""

SLACK_S = 2
"""nginx's cache counts from when it has the answer, in whole seconds: what is due is to be due there too."""

MAX_RANGES = 4096
"""nginx holds some 400 bytes for each while a client takes its time."""


class Splice:
    """`direct` delivers what nginx wants no instructions for."""

    def __init__(self, direct: Callable[[Plan, Request], Response]) -> None:
        self._direct = direct

    def deliver(self, plan: Plan, request: Request, neighbours_of: NeighboursOf = no_neighbours) -> Response:
        if request.environ.get(ASKED) != FORMAT:
            return self._direct(plan, request)
        note_of(request.environ).delivery = NAME
        name = request.path.rpartition("/")[2]
        neighbours = neighbours_of()
        until_s = int(time.time()) + KEPT_S
        body = instructions({name: plan, **neighbours.plans}, neighbours.ahead, until_s)
        headers = [
            ("Content-Type", PLAN_TYPE),
            ("Content-Length", str(len(body))),
            ("X-Accel-Expires", str(KEPT_S - SLACK_S)),
        ]
        return FinalResponse((body,), "200 OK", headers)


def counting_retries(app: WSGIApplication) -> WSGIApplication:
    """`app`, with what nginx says of earlier plans counted, whether or not there is another."""

    def counting(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if RETRIED in environ:
            metrics.IDENTITY_MISMATCHES.inc()
        return app(environ, start_response)

    return counting


def instructions(plans: Mapping[str, Plan], ahead: str, until_s: int) -> bytes:
    """The body above. A name is the last part of a URL, and so is `ahead`."""
    at = 0
    places, parts = [], [b""]
    for name, plan in plans.items():
        lines, inline = _lines(plan)
        places.append(f"{name} {at} {len(lines)}")
        parts += (lines, *inline)
        at += len(lines) + sum(map(len, inline))
    parts[0] = f"{FIRST_LINE}\n{until_s}\n{', '.join(places)}\n{ahead}\n".encode()
    return b"".join(parts)


def _lines(plan: Plan) -> tuple[bytes, list[bytes]]:
    """A Plan's lines, and its inline bytes. Nothing where gunicorn is to send it itself."""
    if plan.filename or sum(map(_range_count, plan.pieces)) > MAX_RANGES:
        return b"", []
    files: list[FileIdentity] = []
    pieces = ", ".join(_pieces(plan.pieces, files))
    lines = (
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
    return "\n".join(lines).encode(), [piece for piece in plan.pieces if isinstance(piece, bytes)]


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
