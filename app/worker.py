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
  nobody reads; and Python forgets what came before it knew that this is a child. The same loses a SIGTERM. So
  these signals wait, from before the fork, until there are handlers.

A socket's receive timeout ends a client that sends nothing, not one that sends a byte now and then; so the
head of a request has the same time to be whole. What gunicorn refuses on its own is a line of text like any
other refusal, where gunicorn would send HTML that repeats the request.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from http import HTTPStatus
from types import FrameType
from typing import Any

from gunicorn import util
from gunicorn.workers.gthread import TConn, ThreadWorker

from app.socket_timeout import timeout_s

_ANNOUNCE_BODY = ("CONTENT-LENGTH", "TRANSFER-ENCODING")
_REFUSALS = {
    414: "This address is too long for anything here.",
    431: "This request's headers are too long.",
    500: "Something went wrong here.",
    501: "Nothing here takes a body.",
    503: "Too much is asked for at once. Try again soon.",
}
_ENDING = (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """`gthread` otherwise: SIGTERM still lets transfers end."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_since_s: dict[TConn, float] = {}
        """Connections whose head is being read, by threads of the pool, and since when."""

    def run(self) -> None:
        """What takes longer than it may once this is to end is cut off, also where no master does it."""
        super().run()
        if self.nr_conns > 0:
            os._exit(0)

    def handle(self, conn: TConn) -> Any:
        """In a thread of the pool: one request. False: the connection is to be closed."""
        self._head_since_s[conn] = time.monotonic()
        try:
            outcome = super().handle(conn)
        finally:
            self._head_since_s.pop(conn, None)
        if outcome is False and _may_still_send(conn):
            util.close_graceful(conn.sock)
        return outcome

    def handle_request(self, req: Any, conn: TConn) -> Any:
        """In that thread, once the head is whole."""
        self._head_since_s.pop(conn, None)
        if req.version >= (1, 1) and not any(name == "HOST" for name, _ in req.headers):
            util.write_error(conn.sock, HTTPStatus.BAD_REQUEST, "", "")  # RFC 9112 §3.2
            return False
        return super().handle_request(req, conn)

    def murder_keepalived(self, force: bool = False) -> None:
        """In the main loop, once a second or more often: ends connections whose time is up."""
        super().murder_keepalived(force)
        limit_s = timeout_s(self.sockets[0], socket.SO_RCVTIMEO)
        until_s = time.monotonic() - limit_s
        for conn, since_s in list(self._head_since_s.items()):
            if limit_s and since_s < until_s:
                with suppress(OSError):
                    conn.sock.shutdown(socket.SHUT_RD)  # its thread sees the end of what there is to read

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


def pre_fork(arbiter: Any, worker: Any) -> None:  # noqa: ARG001 - gunicorn's signature
    """gunicorn's hook in the master, which has a worker's first word from here: of one that hangs before it
    says any, gunicorn would take the time of a new file for that of its clock, and wait for ever.
    """
    worker.notify()


@contextmanager
def signals_wait() -> Iterator[None]:
    """In the master, while it forks: those that are to end a worker wait until it is `ready`."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)


def ready(worker: Any) -> None:  # noqa: ARG001 - gunicorn's signature
    """gunicorn's hook in a worker that has its handlers."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)


def post_fork(arbiter: Any, worker: Worker) -> None:  # noqa: ARG001 - gunicorn's signature
    """gunicorn's first hook in a new worker. What was loaded before the fork is never garbage: to look at it
    again and again was a fifteenth of what plans cost.
    """
    gc.freeze()
    util.write_error = refusing_with(arbiter.app.wsgi().cors)


def refusing_with(headers: Iterable[tuple[str, str]]) -> Callable[[socket.socket, int, str, str], None]:
    """What is to stand in the place of `gunicorn.util.write_error`: it writes the status by its name, nothing
    of the request, and `headers`, by which whoever may read other answers may read this one.
    """
    fixed = "".join(f"{name}: {value}\r\n" for name, value in headers)

    def write(client: socket.socket, status: int, reason: str, message: str) -> None:  # noqa: ARG001
        text = f"{_REFUSALS.get(status, 'This request cannot be read.')}\n"
        head = (
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nConnection: close\r\n"
            f"Content-Type: text/plain; charset=utf-8\r\nContent-Length: {len(text)}\r\n"
            f"Cache-Control: no-store\r\n{fixed}\r\n"
        )
        util.write_nonblock(client, (head + text).encode())

    return write
