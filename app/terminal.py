"""The terminal that a server was started on, in its foreground: when it is closed, the server ends.

SIGHUP does not tell: to a server it says to read its settings again, and of `ssh -t host make run` it is make
that gets it, and waits.
"""

from __future__ import annotations

import os
import select
import signal
import threading


def terminal() -> select.poll | None:
    """Has an event once the terminal is closed; nothing where none was to be watched: without one, in the
    background, in another session than the terminal's, and where SIGHUP is ignored, as nohup has it.
    """
    if not os.isatty(0) or _is_background() or signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        return None
    watched = select.poll()
    watched.register(0, 0)
    return watched


def _is_background() -> bool:
    try:
        return os.tcgetpgrp(0) != os.getpgrp()
    except OSError:  # it is of another session, as setsid leaves it
        return True


def end_with(watched: select.poll) -> None:
    """Have this process get SIGTERM then."""
    threading.Thread(target=_wait, args=(watched,), daemon=True).start()


def _wait(watched: select.poll) -> None:
    watched.poll()
    os.kill(os.getpid(), signal.SIGTERM)
