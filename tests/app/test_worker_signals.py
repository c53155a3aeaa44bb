"""A worker that is told to end between its fork and its own signal handlers ends."""

from __future__ import annotations

import os
import signal
import traceback
from collections.abc import Callable
from queue import SimpleQueue
from types import SimpleNamespace
from typing import Any, cast

import pytest

from app.worker import Worker, post_fork

ENDED, FAILED, WENT_ON = 0, 1, 7


def in_a_child(act: Callable[[], None]) -> int:
    """The exit code of a forked process that does `act` and then goes on."""
    pid = os.fork()
    if pid == 0:
        try:
            act()
        except BaseException:  # noqa: BLE001 - let through, it would have the child run all other tests, too
            traceback.print_exc()
            os._exit(FAILED)
        os._exit(WENT_ON)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def arbiter_with(*queued: int) -> Any:
    signals: SimpleQueue[int] = SimpleQueue()
    for number in queued:
        signals.put(number)
    application = SimpleNamespace(cors=())
    return SimpleNamespace(SIG_QUEUE=signals, app=SimpleNamespace(wsgi=lambda: application))


NO_WORKER = cast("Worker", None)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGQUIT, signal.SIGTERM])
def test_a_signal_before_the_hook_or_after_it(number: int) -> None:
    assert in_a_child(lambda: post_fork(arbiter_with(signal.SIGCHLD, number), NO_WORKER)) == ENDED

    def signalled_later() -> None:
        post_fork(arbiter_with(), NO_WORKER)
        os.kill(os.getpid(), number)

    assert in_a_child(signalled_later) == ENDED


def test_other_signals_are_no_reason() -> None:
    assert in_a_child(lambda: post_fork(arbiter_with(signal.SIGCHLD, signal.SIGHUP), NO_WORKER)) == WENT_ON
