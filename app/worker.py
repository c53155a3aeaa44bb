"""gunicorn's threaded worker, ended at once when it is told to end at once.

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
from types import FrameType
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

_ENDING = (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """`gthread` otherwise: SIGTERM still lets transfers end."""

    def handle_quit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - a signal handler
        os._exit(0)


def post_fork(arbiter: Any, worker: Worker) -> None:  # noqa: ARG001 - gunicorn's signature
    """gunicorn's first hook in a new worker."""
    for number in _ENDING:
        signal.signal(number, _end)
    while not arbiter.SIG_QUEUE.empty():
        if arbiter.SIG_QUEUE.get() in _ENDING:
            os._exit(0)


def _end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - a signal handler
    os._exit(0)
