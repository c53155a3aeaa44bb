"""How many bodies of media may be on their way at once, from all workers together, and who waits for a turn.

Theory of operation: the permits are an eventfd in semaphore mode, made before the workers are forked and so
the same one in all of them. Taking one is a read, giving it back a write, and waiting for one a `poll`: the
kernel counts, wakes and forgets nothing. What it does not do is take back what a killed worker had; for that
each process counts its own in shared memory, by its number, and the master returns them (`return_those_of`).

A reload makes new permits. Workers of before finish what they are sending on theirs.
"""

from __future__ import annotations

import mmap
import os
import select
import threading
import time
from contextlib import suppress

from app import metrics
from app.errors import Overloaded

RETRY_AFTER_S = 2
TOO_MANY = "Too many segments are being sent. Try again soon."
_FLAGS = os.EFD_SEMAPHORE | os.EFD_NONBLOCK | os.EFD_CLOEXEC
_COUNT_BYTES = 4
PID_MAX_LIMIT = 1 << 22
"""Of any Linux (linux/threads.h)."""


class Permits:
    """So many may be out, in all workers; in each, so many may wait for one, and the rest is refused at once.

    What waits holds a thread of its worker. The second bound keeps a crowd from taking the threads that
    answer everything else.
    """

    def __init__(self, total: int, waiting: int, wait_timeout_s: float) -> None:
        self._free = os.eventfd(total, _FLAGS)
        self._memory = mmap.mmap(-1, _COUNT_BYTES * (_highest_pid() + 1))  # few pages of it are ever touched
        self._out = memoryview(self._memory).cast("I")
        self._counting = threading.Lock()
        self._waiting = threading.BoundedSemaphore(waiting)
        self._is_next = threading.Lock()
        self._wait_timeout_s = wait_timeout_s

    def take(self) -> None:
        """Returns with a permit, to be given back by `give_back`. Raises `Overloaded`."""
        if self._is_next.locked() or not self._is_taken():
            self._wait()
        self._count(1)
        metrics.SEGMENTS_IN_FLIGHT.inc()

    def give_back(self) -> None:
        metrics.SEGMENTS_IN_FLIGHT.dec()
        self._count(-1)
        os.eventfd_write(self._free, 1)

    def return_those_of(self, pid: int) -> None:
        """In the master: a worker has died, and what it had is free."""
        held, self._out[pid] = self._out[pid], 0
        if held:
            os.eventfd_write(self._free, held)

    def close(self) -> None:
        """In a process that has no more use for them. Other processes keep theirs."""
        self._out.release()
        self._memory.close()
        os.close(self._free)

    def _count(self, change: int) -> None:
        with self._counting:
            self._out[os.getpid()] += change

    def _is_taken(self) -> bool:
        with suppress(BlockingIOError):
            return bool(os.eventfd_read(self._free))
        return False

    def _wait(self) -> None:
        """In order of arrival within a worker; one thread of each worker is next and watches for all."""
        until_s = time.monotonic() + self._wait_timeout_s
        if not self._waiting.acquire(blocking=False):
            raise Overloaded(TOO_MANY, RETRY_AFTER_S)
        try:
            if not self._is_next.acquire(timeout=self._wait_timeout_s):
                raise Overloaded(TOO_MANY, RETRY_AFTER_S)
            try:
                self._watch(until_s)
            finally:
                self._is_next.release()
        finally:
            self._waiting.release()

    def _watch(self, until_s: float) -> None:
        poll = select.poll()
        poll.register(self._free, select.POLLIN)
        while not self._is_taken():
            left_s = until_s - time.monotonic()
            if left_s <= 0:
                raise Overloaded(TOO_MANY, RETRY_AFTER_S)
            poll.poll(left_s * 1000)


def _highest_pid() -> int:
    try:
        with open("/proc/sys/kernel/pid_max", encoding="ascii") as file:
            return int(file.read())
    except FileNotFoundError:  # a sandbox hides it (ProcSubset=pid)
        return PID_MAX_LIMIT
