"""A server on a terminal: closing that ends it, and SIGHUP alone does not."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.app.running_origin import command, eventually
from tests.processes import children_of, command_of
from tests.terminal import BACKGROUND, DETACHED, FOREGROUND, IGNORING, on_terminal


@contextmanager
def serving(folder: Path, script: str) -> Iterator[tuple[int, Callable[[], None]]]:
    """The server's process, and what closes its terminal."""
    log = folder / "log"
    folders = ("--media-dir", str(folder), "--index-dir", str(folder))
    words = command(*folders, "--bind", "127.0.0.1:0", "--workers", "1")
    with on_terminal(script, words, log) as (shell, close):
        assert eventually(lambda: b" serving " in log.read_bytes())
        (pid,) = children_of(shell.pid)
        try:
            yield pid, close
        finally:
            if command_of(pid):
                os.kill(pid, signal.SIGINT)
            assert eventually(lambda: not command_of(pid))


def reload(pid: int) -> None:
    assert eventually(lambda: len(children_of(pid)) == 1)
    before = children_of(pid)
    os.kill(pid, signal.SIGHUP)
    assert eventually(lambda: len(children_of(pid)) == 1 and children_of(pid) != before)


def test_it_ends_with_its_terminal(tmp_path: Path) -> None:
    with serving(tmp_path, FOREGROUND) as (pid, close):
        reload(pid)
        close()
        assert eventually(lambda: not command_of(pid))


@pytest.mark.parametrize("script", [BACKGROUND, DETACHED, IGNORING])
def test_it_outlives_its_terminal_where_it_is_told_to(tmp_path: Path, script: str) -> None:
    with serving(tmp_path, script) as (pid, close):
        close()
        for _ in range(2):  # what it sent itself by the first, it has heard by the second
            reload(pid)
