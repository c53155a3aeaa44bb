"""`/metrics` on a listener of its own, in gunicorn's master process.

Not on the public listener, since nobody outside needs it, and not in a worker, so that it answers while all
of them are busy. The counts of all workers meet in the files of PROMETHEUS_MULTIPROC_DIR.
"""

from __future__ import annotations

import logging
import threading
import time

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from app.nginx_log import NginxLog

LOG = logging.getLogger("vodsplice.metrics")
RETRY_S = 1.0


def start(host: str, port: int, nginx_log: str) -> None:
    """Answer scrapes from a thread of this process; `nginx_log` is counted as well, where it is named.

    While another has the address, which in an upgrade (USR2) is the server that this one replaces, it is
    tried again and again.
    """
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    if nginx_log:
        registry.register(NginxLog(nginx_log))
    try:
        start_http_server(port, host, registry)
    except OSError as error:
        LOG.warning("no metrics at %s:%d yet: %s", host, port, error.strerror)
        threading.Thread(target=_listen_when_free, args=(host, port, registry), daemon=True).start()


def forget(worker_pid: int) -> None:
    """Take a dead worker's gauges out of the sums."""
    mark_process_dead(worker_pid)  # type: ignore[no-untyped-call]


def _listen_when_free(host: str, port: int, registry: CollectorRegistry) -> None:
    while True:
        time.sleep(RETRY_S)
        try:
            start_http_server(port, host, registry)
        except OSError:
            continue
        return
