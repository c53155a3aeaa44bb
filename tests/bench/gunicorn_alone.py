"""gunicorn without nginx, as a user starts it, on a free port."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

START_TIMEOUT_S = 20
STOP_TIMEOUT_S = 10


@dataclass(frozen=True, slots=True)
class Gunicorn:
    base: str
    pid: int  # of the master


@contextmanager
def running_gunicorn(log: Path, *flags: str, module: str = "app.cli") -> Iterator[Gunicorn]:
    """`module` is run with `flags` of vodsplice-serve, and prints where it listens."""
    command = [sys.executable, "-m", module, "--bind", "127.0.0.1:0", "--access-log", "off", *flags]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
    try:
        yield Gunicorn(_announced(process, log), process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()


def _announced(process: subprocess.Popen[bytes], log: Path) -> str:
    for _ in range(START_TIMEOUT_S * 20):
        if found := re.search(r"(http://127\.0\.0\.1:\d+)/", log.read_text()):
            return found[1]
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError(f"the server did not start:\n{log.read_text()}")
