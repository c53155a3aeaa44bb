"""A worker that is told to end before it has its own signal handlers ends, too."""

from __future__ import annotations

import os
import signal
import time
from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.config import Config

from app.server import Master
from app.worker import ready

ENDED, WENT_ON = 0, 7
PATIENCE_S = 10


class Beginning:
    """In the place of a worker: one that has its handlers late, and ends by them."""

    def __init__(self, *_: Any) -> None:
        self.age = 1
        self.tmp = SimpleNamespace(close=lambda: None)

    def init_process(self) -> None:
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
            signal.signal(number, lambda *_: os._exit(ENDED))
        ready(self)
        time.sleep(PATIENCE_S)
        os._exit(WENT_ON)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGQUIT, signal.SIGTERM])
def test_a_signal_at_once_after_the_fork(number: int) -> None:
    master = Master(SimpleNamespace(cfg=Config()))
    master.pid, master.worker_class = os.getpid(), Beginning
    for _ in range(10):
        pid = master.spawn_worker()
        os.kill(pid, number)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == ENDED
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, ())
