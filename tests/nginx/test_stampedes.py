"""Many who ask for one thing at once: one has it made, and the others wait for that and no longer."""

from __future__ import annotations

import os
import selectors
import signal
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from hashlib import md5
from itertools import count
from pathlib import Path
from typing import cast

import pytest

from app.server import BACKLOG
from tests.app.made_archive import MadeArchive, write_index
from tests.nginx.kept_plans import FRESH, asked_of_gunicorn, segment_url
from tests.nginx.running_stack import StackOrigin, running_stack

pytestmark = pytest.mark.nginx

NOTE = struct.Struct("=3L")
"""A mark, a time, a process."""


def at_once(origin: StackOrigin, request: bytes, clients: int, pause_s: float = 0) -> list[bytes]:
    """The answers to as many clients, who all ask before any reads, one after another."""
    received: dict[socket.socket, bytearray] = {origin.socket(): bytearray() for _ in range(clients)}
    with selectors.DefaultSelector() as selector:
        for client in received:
            client.sendall(request)
            time.sleep(pause_s)
            selector.register(client, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(timeout=60)
            assert ready, f"{len(selector.get_map())} clients got no answer"
            for key, _ in ready:
                client = cast(socket.socket, key.fileobj)
                block = client.recv(1 << 16)
                received[client] += block
                if not block:
                    selector.unregister(client)
                    client.close()
    return [bytes(answer) for answer in received.values()]


@contextmanager
def stopped(origin: StackOrigin, time_s: float) -> Iterator[None]:
    """gunicorn does nothing for so long."""
    os.killpg(origin.process.pid, signal.SIGSTOP)
    waking = threading.Timer(time_s, os.killpg, (origin.process.pid, signal.SIGCONT))
    waking.start()
    try:
        yield
    finally:
        waking.join()


@pytest.mark.parametrize("plan_takes_s", [0, 6])
def test_a_stampede_costs_one_plan(spliced: StackOrigin, film: MadeArchive, plan_takes_s: float) -> None:
    """However long that takes: nginx's lock would give it up after five seconds."""
    request = f"GET {segment_url(film)} HTTP/1.0\r\n\r\n".encode()
    with stopped(spliced, plan_takes_s):
        answers = at_once(spliced, request, clients=1000)
    bodies = {answer.partition(b"\r\n\r\n")[2] for answer in answers}
    assert len(bodies) == 1
    assert bodies.pop().endswith(film.media[0])
    assert asked_of_gunicorn(spliced, film, 1) == 1


def test_so_does_one_without_notes(spliced: StackOrigin, film: MadeArchive) -> None:
    """Those of what is being made: where they cannot be kept, nginx's own lock has the others wait."""
    notes = spliced.stack.prefix / "run" / "plans-underway"
    notes.unlink(missing_ok=True)
    notes.mkdir()
    try:
        answers = at_once(spliced, f"GET {segment_url(film)} HTTP/1.0\r\n\r\n".encode(), clients=200)
    finally:
        notes.rmdir()
    assert {answer.split()[1] for answer in answers} == {b"200"}
    assert asked_of_gunicorn(spliced, film, 1) == 1


@pytest.mark.parametrize(("plan_takes_s", "pause_s"), [(0, 0), (1.2, 0), (4, 0.0013)])
def test_so_does_one_on_what_was_replaced(
    spliced: StackOrigin, film: MadeArchive, plan_takes_s: float, pause_s: float
) -> None:
    """But for those who had begun with the old plan when the new one came. In the last cases some have waited
    for as long as they may (waits.pm), half a second, and nginx's lock has them wait on.
    """
    unversioned = f"/v/{film.id}/seg_0001.m4s"
    before = spliced.get(unversioned).body
    replacement = film.path.with_suffix(".new")
    replacement.write_bytes(bytes(reversed(film.path.read_bytes())))
    os.replace(replacement, film.path)
    write_index(film.index, film.path, 3, 3, 10_000, 100)
    time.sleep((1.2 - time.time() % 1) % 1)  # notes have whole seconds
    with stopped(spliced, plan_takes_s):
        answers = at_once(spliced, f"GET {unversioned} HTTP/1.0\r\n\r\n".encode(), 1000, pause_s)
    (body,) = {answer.partition(b"\r\n\r\n")[2] for answer in answers}
    assert len(body) == len(before)
    assert body != before
    assert asked_of_gunicorn(spliced, film, 2) <= 10


def test_who_waits_for_what_cannot_be_made_is_told(spliced: StackOrigin) -> None:
    """By gunicorn, all at once: nginx's lock would let them ask in turn, twice a second."""
    answers = at_once(spliced, b"GET /v/nothing/seg_0001.m4s HTTP/1.0\r\n\r\n", clients=300)
    assert {answer.split()[1] for answer in answers} == {b"404"}
    assert any(f"Cache-Status: {FRESH}".encode() in answer for answer in answers)


def test_thousands_find_a_place_before_gunicorn(tmp_path: Path) -> None:
    """nginx, which waits for none, would tell the others that the origin is away."""
    most = min(BACKLOG, int(Path("/proc/sys/net/core/somaxconn").read_text()))
    for name in ("media", "index"):
        (tmp_path / name).mkdir()
    with running_stack(tmp_path / "media", tmp_path / "index", tmp_path / "log", "--workers", "1") as origin:
        path = str(origin.stack.prefix / "run" / "gunicorn.sock")
        os.killpg(origin.process.pid, signal.SIGSTOP)
        with ExitStack() as clients:
            try:
                for _ in range(most):
                    client = clients.enter_context(socket.socket(socket.AF_UNIX))
                    client.setblocking(False)
                    client.connect(path)
            finally:
                os.killpg(origin.process.pid, signal.SIGCONT)


def test_the_note_of_something_else_sends_nobody_to_gunicorn(spliced: StackOrigin, film: MadeArchive) -> None:
    """There are few rows of notes, and anybody can ask for what has its note in that of a plan."""
    row, _ = place_of_note(f"/v/{film.id}/seg_000-.m4s?v={film.version}")
    rivals = (f"/v/nothing/init.mp4?v={number:x}" for number in count())
    rival = next(each for each in rivals if place_of_note(each)[0] == row)
    asking = threading.Timer(0.1, spliced.get, (rival,))
    with stopped(spliced, 1):
        asking.start()
        answers = at_once(spliced, f"GET {segment_url(film)} HTTP/1.0\r\n\r\n".encode(), clients=100)
    asking.join()
    assert {answer.split()[1] for answer in answers} == {b"200"}
    assert asked_of_gunicorn(spliced, film, 1) == 1


def test_a_note_that_nobody_takes_back_holds_nobody_up(spliced: StackOrigin, film: MadeArchive) -> None:
    """Of a plan that is being made: whoever noted it may have ended, and the clock may have been set back."""
    row, mark = place_of_note(f"/v/{film.id}/seg_000-.m4s?v={film.version}")
    assert spliced.get(f"/v/{film.id}/init.mp4").status == 200
    with (spliced.stack.prefix / "run" / "plans-underway").open("r+b") as notes:
        notes.seek(row * NOTE.size)
        notes.write(NOTE.pack(mark, int(time.time()) + 3600, os.getpid()))
    assert spliced.get(segment_url(film)).body.endswith(film.media[0])


def place_of_note(target: str) -> tuple[int, int]:
    """The row of what is kept under that target, and its mark."""
    row, mark = struct.unpack("=HL", md5(f"2 {target}".encode(), usedforsecurity=False).digest()[:6])
    return row, mark
