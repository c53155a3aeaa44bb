"""A terminal of a test's own, and the shell of it that starts a server there."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.test_architecture import ROOT

FOREGROUND = 'trap : HUP; "$@"; exit'
"""As make waits for what it started: the closed terminal's SIGHUP is for it alone."""

BACKGROUND = 'set -m; "$@" & wait'
DETACHED = 'setsid "$@" </dev/tty & wait'
IGNORING = 'trap "" HUP; "$@"; exit'

Process = subprocess.Popen[bytes]


@contextmanager
def on_terminal(script: str, words: Sequence[str], log: Path) -> Iterator[tuple[Process, Callable[[], None]]]:
    """The shell that runs `script` with `words`, which is one child of it; and what closes the terminal."""
    ours, theirs = pty.openpty()
    open_end = os.fdopen(ours)
    with log.open("wb") as output:
        shell = subprocess.Popen(
            ["setsid", "--ctty", "sh", "-c", script, "sh", *words],
            cwd=ROOT, stdin=theirs, stdout=output, stderr=output,
        )  # fmt: skip
    os.close(theirs)
    try:
        yield shell, open_end.close
    finally:
        open_end.close()
        with suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGTERM)
        shell.wait()
