"""gunicorn's threaded worker, ended at once when told to end at once, and never waiting in its main loop.

Before it closes a connection, gunicorn waits up to two seconds for the client to close it first, so that a
client that still sends sees its answer (RFC 9112 §9.6). It does so in the loop that accepts connections: one
client that lets its socket stand would hold up all others. Here a thread of the pool waits, and only where
the client may still be sending: after a request with a body, or one that could not be read.

Three traps of SIGINT and SIGQUIT, each of which makes Ctrl-C wait for the graceful timeout:
- The interpreter's own exit joins the threads, so it waits for every transfer.
- gunicorn's handler takes a lock of the thread pool. Ctrl-C sends both signals, and the second handler, run
  within the first, waits for that lock for ever.
- Between its fork and its own handlers, a worker has its master's, which put the signal into a queue that
  nobody reads.
"""

from __future__ import annotations

import os
import signal
from concurrent.futures import Future
from types import FrameType
from typing import Any

from gunicorn import util
from gunicorn.workers.gthread import TConn, ThreadWorker

_ANNOUNCE_BODY = ("CONTENT-LENGTH", "TRANSFER-ENCODING")
_ENDING = (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """`gthread` otherwise: SIGTERM still lets transfers end."""

    def handle(self, conn: TConn) -> Any:
        """In a thread of the pool: one request. False: the connection is to be closed."""
        outcome = super().handle(conn)
        if outcome is False and _may_still_send(conn):
            util.close_graceful(conn.sock)
        return outcome

    def finish_request(self, conn: TConn, outcome: Future[Any]) -> None:
        """In the main loop: what becomes of the connection."""
        if outcome.cancelled() or outcome.exception() or outcome.result() is not False:
            super().finish_request(conn, outcome)
            return
        self.nr_conns -= 1
        conn.close()

    def handle_quit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - a signal handler
        os._exit(0)


def _may_still_send(conn: TConn) -> bool:
    request = conn.parser.mesg if conn.parser else None
    return request is None or any(name in _ANNOUNCE_BODY for name, _ in request.headers)


def post_fork(arbiter: Any, worker: Worker) -> None:  # noqa: ARG001 - gunicorn's signature
    """gunicorn's first hook in a new worker."""
    for number in _ENDING:
        signal.signal(number, _end)
    while not arbiter.SIG_QUEUE.empty():
        if arbiter.SIG_QUEUE.get() in _ENDING:
            os._exit(0)


def _end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - a signal handler
    os._exit(0)
