"""So many bodies at once, so many that wait, the rest refused."""

from __future__ import annotations

import gc
import os
import signal
import threading
import time
from queue import Queue

import pytest

from app.errors import Overloaded
from app.permits import Permits
from tests.app.running_origin import eventually


def test_one_that_waits_gets_the_permit_given_back() -> None:
    permits = Permits(total=1, waiting=1, wait_timeout_s=10)
    permits.take()
    threading.Timer(0.05, permits.give_back).start()
    permits.take()


def test_waiting_ends() -> None:
    permits = Permits(total=1, waiting=1, wait_timeout_s=0.05)
    permits.take()
    started_s = time.monotonic()
    with pytest.raises(Overloaded) as caught:
        permits.take()
    assert time.monotonic() - started_s >= 0.05
    assert caught.value.headers == (("Retry-After", "2"),)
    permits.give_back()
    permits.take()


def test_more_than_may_wait_are_refused_at_once() -> None:
    permits = Permits(total=1, waiting=1, wait_timeout_s=10)
    permits.take()
    outcomes: Queue[str] = Queue()

    def take() -> None:
        try:
            permits.take()
            outcomes.put("taken")
        except Overloaded:
            outcomes.put("refused")

    threads = [threading.Thread(target=take) for _ in range(2)]
    for thread in threads:
        thread.start()
    assert outcomes.get(timeout=60) == "refused"
    permits.give_back()
    assert outcomes.get(timeout=60) == "taken"
    for thread in threads:
        thread.join()


def test_in_order_of_arrival() -> None:
    permits = Permits(total=1, waiting=9, wait_timeout_s=10)
    permits.take()
    served: Queue[int] = Queue()

    def take(number: int) -> None:
        permits.take()
        served.put(number)
        permits.give_back()

    threads = [threading.Thread(target=take, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
        assert eventually(permits._is_next.locked)
    permits.give_back()
    for thread in threads:
        thread.join()
    assert sorted(served.queue) == [0, 1, 2, 3, 4]
    assert served.queue[0] == 0


def test_processes_share_them_and_a_dead_one_s_return() -> None:
    permits = Permits(total=3, waiting=1, wait_timeout_s=0.05)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            permits.take()
            permits.take()
            os.write(writing, b"taken")
            signal.pause()
        finally:
            os._exit(1)
    assert os.read(reading, 5) == b"taken"
    permits.take()
    with pytest.raises(Overloaded):
        permits.take()
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    permits.return_those_of(child)
    permits.return_those_of(child)
    permits.take()
    permits.take()
    with pytest.raises(Overloaded):
        permits.take()
    os.close(reading)
    os.close(writing)


def test_closing_leaves_no_descriptor() -> None:
    gc.collect()  # which may close what earlier cases left
    before = len(os.listdir("/proc/self/fd"))
    Permits(total=3, waiting=1, wait_timeout_s=0.05).close()
    assert len(os.listdir("/proc/self/fd")) == before
