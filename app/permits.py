"""How many bodies of media may be on their way at once, and how long the next one waits for its turn."""

from __future__ import annotations

import threading

from app import metrics
from app.errors import Overloaded

RETRY_AFTER_S = 2
TOO_MANY = "Too many segments are being sent. Try again soon."


class Permits:
    """Permits of one process: so many may be out, so many may wait, the rest is refused at once.

    What waits holds a thread of the worker, so without the second bound a crowd of slow readers would
    take the threads that answer everything else.
    """

    def __init__(self, total: int, waiting: int, wait_timeout_s: float) -> None:
        self._out = threading.BoundedSemaphore(total)
        self._waiting = threading.BoundedSemaphore(waiting)
        self._wait_timeout_s = wait_timeout_s

    def take(self) -> None:
        """Returns with a permit, to be given back by `give_back`. Raises `Overloaded`."""
        if not self._out.acquire(blocking=False):
            self._wait()
        metrics.SEGMENTS_IN_FLIGHT.inc()

    def give_back(self) -> None:
        metrics.SEGMENTS_IN_FLIGHT.dec()
        self._out.release()

    def _wait(self) -> None:
        if not self._waiting.acquire(blocking=False):
            raise Overloaded(TOO_MANY, RETRY_AFTER_S)
        try:
            if not self._out.acquire(timeout=self._wait_timeout_s):
                raise Overloaded(TOO_MANY, RETRY_AFTER_S)
        finally:
            self._waiting.release()
