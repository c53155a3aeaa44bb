"""A server on a terminal: closing that ends it, and SIGHUP alone does not."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.app.running_origin import Process, command, eventually, stop


@contextmanager
def serving(folder: Path, terminal: int, *prefix: str) -> Iterator[Process]:
    """On a terminal as its standard input; the session is another, as of `ssh -t host make run`."""
    log = folder / "log"
    flags = ("--media-dir", str(folder), "--index-dir", str(folder), "--bind", "127.0.0.1:0")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*prefix, *command(*flags)], stdin=terminal, stdout=output, stderr=output, start_new_session=True
        )
    try:
        assert eventually(lambda: b" serving " in log.read_bytes())
        yield process
    finally:
        stop(process)


def test_it_ends_with_its_terminal(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    with serving(tmp_path, theirs) as process:
        os.close(theirs)
        process.send_signal(signal.SIGHUP)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1)
        os.close(ours)
        assert process.wait(20) == 0


def test_it_outlives_its_terminal_where_it_is_told_to(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    with serving(tmp_path, theirs, "sh", "-c", 'trap "" HUP; exec "$@"', "sh") as process:
        os.close(theirs)
        os.close(ours)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1)
