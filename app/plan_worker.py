"""gunicorn's worker behind an nginx that splices: plans in its main loop, all else in threads.

nginx takes a plan in at once and waits for slow clients itself, so the main loop waits for nothing but a
disk. What nginx asks for without X-Splice-Format gunicorn sends itself, and that may last: a download as long
as its client likes, its head half a second, a turn for either some seconds. In the main loop, one such answer
would hold up the plans of everybody, and gunicorn would take the worker for hung. So a thread has it, socket
and all, and the permits bound those that send (`app.permits`), as in `app.worker`.

Chosen by measurement: a cold plan of audio costs gunicorn 1,036 µs here, and 1,662 where `app.worker` accepts
it and hands it to a thread and back; a muxed one 1,611 and 2,183 (processor time through nginx, medians of 10
interleaved rounds, on a busy machine). gevent would spare the thread too, and wait for disks all the same.
"""

from __future__ import annotations

import os
import socket
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime
from http import HTTPStatus
from types import FrameType
from typing import Any

from gunicorn import util
from gunicorn.http import get_parser, wsgi
from gunicorn.http.errors import NoMoreData
from gunicorn.workers.sync import SyncWorker

HEARTBEAT_S = 1
_FORMAT_ASKED = "X-SPLICE-FORMAT"
_CLIENT_GONE = (BrokenPipeError, ConnectionResetError, BlockingIOError)
"""Raised where nginx or its client has gone, or stalls for the stall timeout."""


class PlanWorker(SyncWorker):  # type: ignore[misc]
    """`sync` otherwise. Ended at once when told to end at once; SIGTERM lets the answers underway end."""

    def run(self) -> None:
        self._pool = ThreadPoolExecutor(self.cfg.threads)
        self._handed_over: set[Future[None]] = set()
        super().run()
        self._let_end()

    def handle(self, listener: socket.socket, client: socket.socket, address: Any) -> None:
        """In the main loop: a connection's one request."""
        try:
            asked = next(get_parser(self.cfg, client, address))
        except (StopIteration, NoMoreData, *_CLIENT_GONE):
            client.close()
        except Exception as error:  # noqa: BLE001 - whatever it is, the next request is to be served
            self.handle_error(None, client, address, error)
            client.close()
        else:
            if any(name == _FORMAT_ASKED for name, _ in asked.headers):
                self._serve(asked, listener, client, address)
            else:
                self._hand_over(asked, listener, client, address)

    def _hand_over(self, asked: Any, listener: socket.socket, client: socket.socket, address: Any) -> None:
        """To a thread, or to a queue for one: each that waits is a descriptor, so there are not more of them
        than a worker has for connections.
        """
        if len(self._handed_over) >= self.cfg.worker_connections:
            util.write_error(client, HTTPStatus.SERVICE_UNAVAILABLE, "", "")
            client.close()
            return
        answer = self._pool.submit(self._serve, asked, listener, client, address)
        self._handed_over.add(answer)
        answer.add_done_callback(self._handed_over.discard)

    def _serve(self, asked: Any, listener: socket.socket, client: socket.socket, address: Any) -> None:
        """Answer, and close without gunicorn's wait for the client to close first."""
        try:
            self._answer(asked, listener, client, address)
        except _CLIENT_GONE:
            pass
        except Exception as error:  # noqa: BLE001 - as above
            self.handle_error(asked, client, address, error)
        finally:
            client.close()

    def _answer(self, asked: Any, listener: socket.socket, client: socket.socket, address: Any) -> None:
        began = datetime.now()  # noqa: DTZ005 - of which only the difference is asked
        own = listener.getsockname()
        response, environ = wsgi.create(asked, client, address, own, self.cfg)
        response.force_close()
        body = self.wsgi(environ, response.start_response)
        try:
            for block in body:
                response.write(block)
            response.close()
        except _CLIENT_GONE:
            raise
        except Exception:
            if not response.headers_sent:
                raise
            self.log.exception("request of %s broken off", asked.uri)  # a status would end up in the body
        finally:
            self.log.access(response, asked, environ, datetime.now() - began)  # noqa: DTZ005
            if hasattr(body, "close"):
                body.close()

    def _let_end(self) -> None:
        """Once the main loop accepts no more. What takes longer than it may is cut off: the interpreter's own
        exit would wait for it (`app.worker`).
        """
        until_s = time.monotonic() + self.cfg.graceful_timeout
        while self._handed_over:
            if time.monotonic() > until_s:
                os._exit(0)
            self.notify()
            wait(tuple(self._handed_over), HEARTBEAT_S)

    def handle_quit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - a signal handler
        os._exit(0)
