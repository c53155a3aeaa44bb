"""Downloads through nginx, which gunicorn sends itself: as slow as their clients like, at nobody's cost.

In front of a gunicorn that takes a worker for hung after five seconds, where production waits for thirty.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from pathlib import Path
from threading import Barrier

import pytest

from app.download.plan import BUSY, Heads, plan_download
from app.idx.view import open_idx
from app.plan import FileIdentity
from deploy.stack import Wanted, running
from tests.app.made_archive import make_archive
from tests.app.read_plan import read_pieces
from tests.app.running_origin import Reply, eventually
from tests.bench.archive import TWO_HOURS, Shape, write_archive
from tests.bench.catalogue import index
from tests.nginx.running_stack import StackOrigin
from tests.processes import children_of

pytestmark = [pytest.mark.nginx, pytest.mark.timeout(300)]

HUNG_S = 5
"""Workers report every second, if the machine lets them."""
IMPATIENT = f"from app import server; server.SILENT_WORKER_S = {HUNG_S}; from app.cli import main; main()"

FILM = Shape(seconds=80)
"""50 MB: many times what sockets hold between gunicorn and a client."""

RECEIVE_BUFFER_BYTES = 64 << 10
BLOCK_BYTES = 32 << 10
PAUSE_S = 0.05
HEADS_WANTED = 12

StartStack = Callable[..., AbstractContextManager[StackOrigin]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("downloads")
    (folder / "index").mkdir()
    for name, shape, holes in (("film", FILM, False), ("long", TWO_HOURS, True)):
        archive = write_archive(folder / "media" / f"{name}.mp4", shape, holes=holes)
        index(archive, folder / "media", folder / "index")
    return folder


@pytest.fixture(scope="module")
def expected(folder: Path) -> bytes:
    """The download of the film."""
    path = folder / "media" / "film.mp4"
    idx = open_idx(str(folder / "index" / "film.idx"))
    return read_pieces(plan_download(Heads(), idx, FileIdentity.of(str(path), path.stat())).pieces)


@contextmanager
def impatient_stack(folder: Path, log: Path, *flags: str, splice: bool) -> Iterator[StackOrigin]:
    media_dir, index_dir = folder / "media", folder / "index"
    program = (sys.executable, "-c", IMPATIENT)
    wanted = Wanted(media_dir, index_dir, splice=splice, serve_flags=flags, serve_program=program)
    with log.open("wb") as output, running(wanted, output) as stack:
        yield StackOrigin(stack, media_dir, index_dir, log, splices=splice)


@pytest.fixture(params=[True, False], ids=["splice", "proxied"])
def start(request: pytest.FixtureRequest, folder: Path, tmp_path: Path) -> StartStack:
    """`with start("--workers", "2") as origin:`"""
    return partial(impatient_stack, folder, tmp_path / "log", splice=request.param)


class Download:
    """One that is underway, with the head of its answer read."""

    def __init__(self, origin: StackOrigin, stack: ExitStack) -> None:
        self.socket: socket.socket = stack.enter_context(origin.socket(RECEIVE_BUFFER_BYTES))
        self.socket.sendall(b"GET /v/film/download.mp4 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        self.received = bytearray()
        head = b""
        while b"\r\n\r\n" not in head:
            head += self.socket.recv(1)
        assert head.startswith(b"HTTP/1.1 200 OK\r\n")

    def read_some(self) -> bool:
        block = self.socket.recv(BLOCK_BYTES)
        self.received += block
        return bool(block)

    def read_rest(self) -> bytes:
        while self.read_some():
            pass
        return bytes(self.received)


def read_slowly(downloads: list[Download]) -> None:
    """For longer than a worker may be silent."""
    until_s = time.monotonic() + 1.4 * HUNG_S
    while time.monotonic() < until_s:
        for download in downloads:
            assert download.read_some()
        time.sleep(PAUSE_S)


def test_slow_downloads_end_and_hold_up_nobody(start: StartStack, expected: bytes) -> None:
    with start("--workers", "2") as origin, ExitStack() as stack:
        assert eventually(lambda: len(children_of(origin.process.pid)) == 2)
        workers = children_of(origin.process.pid)
        downloads = [Download(origin, stack) for _ in range(3)]
        for number in range(4):
            made = make_archive(origin.media_dir, origin.index_dir, f"cold-{origin.splices}-{number}")
            assert origin.get(f"/v/{made.id}/playlist.m3u8").status == 200
            assert origin.get(f"/v/{made.id}/seg_0001.m4s").body.endswith(made.media[0])
        read_slowly(downloads)
        assert children_of(origin.process.pid) == workers
        for download in downloads:
            assert download.read_rest() == expected
        assert "WORKER TIMEOUT" not in origin.log.read_text()


def test_gunicorn_is_asked_once(start: StartStack) -> None:
    """For the download, and not for a plan before it, which would be its head in the main loop."""
    with start("--access-log", "on") as origin:
        request_id = origin.get("/v/long/download.mp4", "HEAD").headers["x-request-id"]

        def lines() -> list[str]:
            return [line for line in origin.log.read_text().splitlines() if request_id in line]

        assert eventually(lambda: any(line.endswith(" via=sendfile") for line in lines()))
        assert len(lines()) == 1


def test_who_goes_makes_room_and_may_come_back(start: StartStack, expected: bytes) -> None:
    with start("--workers", "1", "--max-inflight-segments", "1") as origin:
        with ExitStack() as stack:
            first = Download(origin, stack)
            first.read_some()
            assert origin.get("/v/film/download.mp4").status == 503  # after a wait
        have = len(first.received)
        tag = origin.get("/v/film/download.mp4", "HEAD").headers["etag"]
        rest = origin.get("/v/film/download.mp4", Range=f"bytes={have}-", If_Range=tag)
        assert (rest.status, rest.headers["content-range"]) == (
            206,
            f"bytes {have}-{len(expected) - 1}/{len(expected)}",
        )
        assert first.received + rest.body == expected


def test_many_heads_at_once_are_refused(start: StartStack) -> None:
    together = Barrier(HEADS_WANTED)

    def ask(target: str) -> Reply:
        together.wait()
        return origin.get(target, Range="bytes=0-0")

    with start("--workers", "1") as origin, ThreadPoolExecutor(HEADS_WANTED) as clients:
        targets = [f"/v/long/download.mp4?start=0.{number:03d}" for number in range(1, 1 + HEADS_WANTED)]
        asked = [clients.submit(ask, target) for target in targets]
        assert origin.get("/v/long/master.m3u8").status == 200
        replies = [each.result() for each in asked]
        refused = [reply for reply in replies if reply.status != 206]
        assert {reply.status for reply in refused} == {503}
        assert {reply.body.decode() for reply in refused} == {f"{BUSY}\n"}
        assert all(int(reply.headers["retry-after"]) > 0 for reply in refused)
        assert len(refused) < HEADS_WANTED
        assert eventually(lambda: origin.get(targets[0], "HEAD").status == 200)


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_graceful_end_loses_no_byte(start: StartStack, expected: bytes, number: signal.Signals) -> None:
    with start("--workers", "1") as origin, ExitStack() as stack:
        download = Download(origin, stack)
        (worker,) = children_of(origin.process.pid)
        origin.process.send_signal(number)
        if number == signal.SIGHUP:
            assert eventually(lambda: len(children_of(origin.process.pid)) == 2)
        read_slowly([download])
        os.kill(worker, 0)  # has not gone yet
        if number == signal.SIGHUP:
            assert origin.get("/v/film/master.m3u8").status == 200
        assert download.read_rest() == expected
        if number == signal.SIGHUP:
            assert eventually(lambda: worker not in children_of(origin.process.pid))
            assert origin.get("/healthz").status == 200
        else:
            assert origin.process.wait(60) == 0


def test_workers_are_replaced_while_others_end(start: StartStack, expected: bytes) -> None:
    """Whether they die or hang; and a reload does not wait for those of before."""
    flags = ("--workers", "2", "--graceful-timeout", "600")
    with start(*flags) as origin, ExitStack() as stack:
        downloads = [Download(origin, stack) for _ in range(2)]
        for harm in (signal.SIGKILL, signal.SIGSTOP):
            before = set(children_of(origin.process.pid))
            origin.process.send_signal(signal.SIGHUP)
            assert eventually(lambda: len(set(children_of(origin.process.pid)) - before) == 2)  # noqa: B023
            for worker in set(children_of(origin.process.pid)) - before:
                os.kill(worker, harm)
            made = make_archive(origin.media_dir, origin.index_dir, f"cold-{origin.splices}-{harm.name}")
            assert origin.get(f"/v/{made.id}/seg_0001.m4s").body.endswith(made.media[0])
        for download in downloads:
            assert download.read_rest() == expected


def test_a_worker_that_hangs_while_it_ends_is_killed(start: StartStack) -> None:
    with start("--workers", "1", "--graceful-timeout", "600") as origin, ExitStack() as stack:
        Download(origin, stack)
        (worker,) = children_of(origin.process.pid)
        origin.process.send_signal(signal.SIGHUP)
        assert eventually(lambda: len(children_of(origin.process.pid)) == 2)
        os.kill(worker, signal.SIGSTOP)
        assert eventually(lambda: worker not in children_of(origin.process.pid))
        assert len(children_of(origin.process.pid)) == 1
