"""`/metrics` on a listener of its own, in gunicorn's master process.

Not on the public listener, since nobody outside needs it, and not in a worker, so that it answers while all
of them are busy. The counts of all workers meet in files of a temporary folder, which prometheus_client finds
by PROMETHEUS_MULTIPROC_DIR.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

DIRECTORY_ENV = "PROMETHEUS_MULTIPROC_DIR"


@contextmanager
def shared_counts() -> Iterator[None]:
    """A folder for the counts, if none is given. Before the first import of `app.metrics`."""
    if DIRECTORY_ENV in os.environ:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="vodsplice-metrics-", ignore_cleanup_errors=True) as folder:
        os.environ[DIRECTORY_ENV] = folder
        yield


def start(host: str, port: int) -> None:
    """Answer scrapes from a thread of this process. Raises `OSError` where the address cannot be had."""
    from prometheus_client import CollectorRegistry, start_http_server  # noqa: PLC0415
    from prometheus_client.multiprocess import MultiProcessCollector  # noqa: PLC0415

    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    start_http_server(port, host, registry)


def forget(worker_pid: int) -> None:
    """Take a dead worker's gauges out of the sums."""
    from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415

    mark_process_dead(worker_pid)  # type: ignore[no-untyped-call]
