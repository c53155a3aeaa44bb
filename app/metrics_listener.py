"""`/metrics` on a listener of its own, in gunicorn's master process.

Not on the public listener, since nobody outside needs it, and not in a worker, so that it answers while all
of them are busy. The counts of all workers meet in the files of PROMETHEUS_MULTIPROC_DIR.
"""

from __future__ import annotations

import logging
import threading
import time
from contextlib import suppress
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from app.nginx_log import NginxLog

LOG = logging.getLogger("vodsplice.metrics")
RETRY_S = 1.0


class MetricsListener:
    """Answers scrapes from a thread of the process that makes it; `nginx_log` is counted as well, where it is
    named.

    While another has the address, which in an upgrade (USR2) is the server that this one replaces, it is
    tried again and again.
    """

    def __init__(self, host: str, port: int, nginx_log: str) -> None:
        self._address = port, host
        self._registry = CollectorRegistry()
        self._server: WSGIServer | None = None
        MultiProcessCollector(self._registry)  # type: ignore[no-untyped-call]
        if nginx_log:
            self._registry.register(NginxLog(nginx_log))
        try:
            self._listen()
        except OSError as error:
            LOG.warning("no metrics at %s:%d yet: %s", host, port, error.strerror)
            threading.Thread(target=self._listen_when_free, daemon=True).start()

    def _listen(self) -> None:
        self._server, _ = start_http_server(*self._address, self._registry)

    def _listen_when_free(self) -> None:
        while self._server is None:
            time.sleep(RETRY_S)
            with suppress(OSError):
                self._listen()

    def leave(self) -> None:
        """In a worker, which would else hold the address for as long as it lives, its master gone or not."""
        if self._server:
            self._server.socket.close()


def forget(worker_pid: int) -> None:
    """Take a dead worker's gauges out of the sums."""
    mark_process_dead(worker_pid)  # type: ignore[no-untyped-call]
