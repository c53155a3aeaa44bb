"""Plan ─▶ the worker's own socket: the embedded delivery, gunicorn alone.

The archive is opened once an answer and compared with the Plan before a header leaves, so what was replaced
since is refused as an error, and the file that is sent is the one that was compared.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterable

from flask import Request, Response

from app import metrics
from app.delivery.media_body import MediaBody
from app.errors import Mismatch
from app.file_errors import refusal
from app.final_response import FinalResponse
from app.http_answer import answer_to
from app.permits import Permits
from app.plan import FileIdentity, FileRanges, NeighboursOf, Piece, Plan, no_neighbours
from app.request_note import Note, note_of

NAME = "sendfile"
REMOVED = "The archive has just been removed."
_OPEN_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK
"""A pipe that takes an archive's place must not hold a thread."""


class Sendfile:
    """A body of media, or of a part of a file's head, which is megabytes as well, holds a permit until it is
    sent or its client is gone.
    """

    def __init__(self, permits: Permits, stall_timeout_s: float) -> None:
        self._permits = permits
        self._stall_timeout_s = stall_timeout_s

    def deliver(self, plan: Plan, request: Request, _: NeighboursOf = no_neighbours) -> Response:
        """Raises an `OriginError` before anything is sent, or not at all."""
        note = note_of(request.environ)
        note.delivery = NAME
        answer = answer_to(plan, request.environ)
        inline = [piece for piece in answer.pieces if isinstance(piece, bytes)]
        body: Iterable[bytes] = inline
        if len(inline) < len(answer.pieces) or (inline and plan.filename):
            body = self._media_body(answer.pieces, request, note)
        return FinalResponse(body, answer.status, answer.headers)

    def _media_body(self, pieces: tuple[Piece, ...], request: Request, note: Note) -> MediaBody:
        self._permits.take()
        try:
            files = _open(pieces)
        except BaseException:
            self._permits.give_back()
            raise
        plain_socket = request.environ.get("gunicorn.socket")
        if isinstance(plain_socket, ssl.SSLSocket):
            plain_socket = None
        return MediaBody(pieces, files, note, self._permits.give_back, plain_socket, self._stall_timeout_s)


def _open(pieces: tuple[Piece, ...]) -> dict[FileIdentity, int]:
    """A descriptor for each file of `pieces`, each the file that the Plan meant."""
    files: dict[FileIdentity, int] = {}
    try:
        for identity in {piece.file for piece in pieces if isinstance(piece, FileRanges)}:
            try:
                descriptor = files[identity] = os.open(identity.path, _OPEN_FLAGS)
                found = os.fstat(descriptor)
            except OSError as error:
                raise refusal(identity.path, error, REMOVED) from error
            if not identity.matches(found):
                metrics.IDENTITY_MISMATCHES.inc()
                raise Mismatch("The archive has just changed. Load the playlist again.")
    except BaseException:
        for descriptor in files.values():
            os.close(descriptor)
        raise
    return files
