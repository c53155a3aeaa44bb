"""Clients that ask without pause and check every byte, while something else goes wrong."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from http.client import HTTPException

from tests.app.running_origin import Origin

VISIBLE = (HTTPException, ConnectionError, TimeoutError)
"""How a client notices that it did not get everything."""


class Load:
    """What the clients saw. `outcomes` counts statuses, and `broken` for what ended early.

    `oracle` has the hash of each body by its tag; a whole body that differs is `wrong`. What has no tag is
    not compared.
    """

    def __init__(self, origin: Origin, targets: Sequence[str], oracle: Mapping[str, bytes]) -> None:
        self._origin = origin
        self._targets = targets
        self._oracle = oracle
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self.outcomes: Counter[int | str] = Counter()
        self.wrong: list[str] = []

    def run_client(self, number: int) -> None:
        turn = number
        while not self._stopping.is_set():
            turn += 1
            target = self._targets[turn % len(self._targets)]
            try:
                reply = self._origin.get(target)
            except VISIBLE:
                self._note("broken")
                continue
            tag = reply.headers.get("etag")
            is_wrong = reply.status == 200 and tag is not None and self._oracle[tag] != digest(reply.body)
            self._note(reply.status, wrong=f"{target}: {reply.headers}" if is_wrong else "")

    def _note(self, outcome: int | str, wrong: str = "") -> None:
        with self._lock:
            self.outcomes[outcome] += 1
            if wrong:
                self.wrong.append(wrong)

    def stop(self) -> None:
        self._stopping.set()

    def wait_for_more(self, requests: int) -> None:
        """Until so many more requests have ended."""
        wanted = self.outcomes.total() + requests
        for _ in range(6000):
            if self.outcomes.total() >= wanted:
                return
            time.sleep(0.01)
        raise AssertionError(f"requests do not end any more: {self.outcomes}")


def digest(body: bytes) -> bytes:
    return blake2b(body).digest()


@contextmanager
def loaded(
    origin: Origin, targets: Sequence[str], oracle: Mapping[str, bytes], clients: int = 16
) -> Iterator[Load]:
    """The load is on within the block, and known to be before it begins and as it ends."""
    load = Load(origin, targets, oracle)
    threads = [threading.Thread(target=load.run_client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    try:
        load.wait_for_more(2 * clients)
        yield load
        load.wait_for_more(2 * clients)
    finally:
        load.stop()
        for thread in threads:
            thread.join()
