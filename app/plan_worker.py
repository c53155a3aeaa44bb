"""gunicorn's worker behind an nginx that splices: one request at a time, in no thread.

nginx takes an answer in at once and waits for slow clients itself, so nothing here waits but for a disk.
Chosen by measurement: a cold plan of audio costs gunicorn 1,036 µs here, and 1,662 where `app.worker` accepts
it and hands it to a thread and back; a muxed one 1,611 and 2,183 (processor time through nginx, medians of 10
interleaved rounds, on a busy machine). gevent would spare the thread too, and wait for disks all the same.
"""

from __future__ import annotations

import os
import socket
from datetime import datetime
from types import FrameType
from typing import Any

from gunicorn.http import get_parser, wsgi
from gunicorn.http.errors import NoMoreData
from gunicorn.workers.sync import SyncWorker

_CLIENT_GONE = (BrokenPipeError, ConnectionResetError, BlockingIOError)
"""What becomes of a request whose nginx has gone, whose client has, or takes and sends nothing."""


class PlanWorker(SyncWorker):  # type: ignore[misc]
    """`sync` otherwise. Ended at once when told to end at once; SIGTERM lets the answer underway end."""

    def handle(self, listener: socket.socket, client: socket.socket, address: Any) -> None:
        """A connection's one request. Closed without gunicorn's wait for the client to close it first."""
        asked = None
        try:
            asked = next(get_parser(self.cfg, client, address))
            self._answer(asked, listener, client, address)
        except (StopIteration, NoMoreData, *_CLIENT_GONE):
            pass
        except Exception as error:  # noqa: BLE001 - whatever it is, the next request is to be served
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

    def handle_quit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - a signal handler
        os._exit(0)
