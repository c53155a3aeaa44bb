"""Workers that have just been forked: told to end before they have their own signal handlers, or hung."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.config import Config

from app.server import Master
from app.worker import ready
from tests.app.running_origin import Origin, eventually, stop
from tests.free_port import free_port, is_open
from tests.processes import children_of

ENDED, WENT_ON = 0, 7
PATIENCE_S = 10

IMPATIENT = """
from app import cli, server
server.SILENT_WORKER_S = 3
cli.main()
"""
FIRST_HANGS = """
import time
from app import cli, server
ready = server.ready
server.SILENT_WORKER_S = 3
server.ready = lambda worker: time.sleep(600) if worker.age == 1 else ready(worker)
cli.main()
"""


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


@contextmanager
def serving(program: str, folder: Path) -> Iterator[Origin]:
    """A server that waits for its workers for no more than three seconds."""
    with free_port() as port, (folder / "log").open("wb") as output:
        flags = ("--media-dir", str(folder), "--index-dir", str(folder), "--workers", "1")
        words = [sys.executable, "-c", program, *flags, "--bind", f"127.0.0.1:{port}"]
        server = subprocess.Popen(words, stdout=output, stderr=output, start_new_session=True)
        try:
            assert eventually(lambda: is_open(port))
            yield Origin("127.0.0.1", port, folder, folder, folder / "log", server)
        finally:
            stop(server)


def test_one_that_hangs_before_its_first_word_is_replaced(tmp_path: Path) -> None:
    with serving(FIRST_HANGS, tmp_path) as origin:
        assert origin.get("/healthz").status == 200


def test_one_that_hangs_when_it_is_to_end_is_killed(tmp_path: Path) -> None:
    with serving(IMPATIENT, tmp_path) as origin:
        assert origin.get("/healthz").status == 200
        (worker,) = children_of(origin.process.pid)
        os.kill(worker, signal.SIGSTOP)
        origin.process.send_signal(signal.SIGHUP)
        assert eventually(lambda: not Path(f"/proc/{worker}").exists())
        assert origin.get("/healthz").status == 200
