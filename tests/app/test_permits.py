"""So many bodies at once, so many that wait, the rest refused."""

from __future__ import annotations

import threading
import time
from queue import Queue

import pytest

from app.errors import Overloaded
from app.permits import Permits


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
    assert outcomes.get(timeout=5) == "refused"
    permits.give_back()
    assert outcomes.get(timeout=5) == "taken"
    for thread in threads:
        thread.join()
