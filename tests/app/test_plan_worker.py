"""The worker behind nginx, asked directly: no client, whatever it does, keeps it from the next one.

`tests/nginx/test_downloads.py` has what lasts, through nginx.
"""

from __future__ import annotations

import os
import signal
import socket
import time
from types import SimpleNamespace

import pytest
from gunicorn import util

from app.plan_worker import PlanWorker
from app.worker import refusing_with
from tests.app.conftest import MakeArchive, StartOrigin
from tests.app.running_origin import eventually
from tests.processes import children_of

ALONE = ("--workers", "1", "--splice", "on", "--stall-timeout", "1")
SEGMENT = "/v/film/seg_0001.m4s"
PLAN = f"GET {SEGMENT} HTTP/1.1\r\nHost: x\r\nX-Splice-Format: 2\r\n\r\n".encode()


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (b"", b""),
        (b"GET / HT", b""),
        (b"\x16\x03\x01\x02\r\n\r\n", b"HTTP/1.1 400 "),
        (b"GET /healthz HTTP/9.0\r\n\r\n", b"HTTP/1.1 400 "),
        (b"BREW /healthz HTTP/1.1\r\nHost: x\r\n\r\n", b"HTTP/1.1 405 "),
        (PLAN * 3, b"HTTP/1.1 200 "),
    ],
)
def test_goes_on_after(make: MakeArchive, start: StartOrigin, sent: bytes, answer: bytes) -> None:
    make("film")
    with start(*ALONE) as origin:
        with origin.socket() as client:
            client.sendall(sent)
            client.shutdown(socket.SHUT_WR)
            assert client.recv(13) == answer
        with origin.socket() as client:
            client.sendall(sent)
            time.sleep(0.05)
        assert origin.get("/healthz").status == 200
        assert "Traceback" not in origin.log.read_text()


def test_half_a_request_ends(start: StartOrigin) -> None:
    with start(*ALONE) as origin, origin.socket() as half:
        half.sendall(b"GET /healthz HTTP/1.1\r\nHost")
        assert origin.get("/healthz").status == 200
        assert half.recv(1) == b""


def test_one_connection_carries_one_request(make: MakeArchive, start: StartOrigin) -> None:
    make("film")
    with start(*ALONE) as origin, origin.socket() as client:
        client.sendall(PLAN)
        received = b"".join(iter(lambda: client.recv(1 << 16), b""))
    assert received.count(b"HTTP/1.1 200 OK") == 1
    assert b"\r\n\r\nsplice 2\n" in received
    assert b"\r\nConnection: close\r\n" in received


def test_asked_to_go_it_ends_what_is_underway(make: MakeArchive, start: StartOrigin) -> None:
    film = make("film", range_bytes=6 << 20)
    with start(*ALONE) as origin, origin.socket(64 << 10) as client:
        client.sendall(f"GET {SEGMENT} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        received = client.recv(100)
        (worker,) = children_of(origin.process.pid)
        os.kill(worker, signal.SIGTERM)
        while block := client.recv(1 << 20):
            received += block
        assert received.endswith(film.media[0])
        assert eventually(lambda: children_of(origin.process.pid) not in ([], [worker]))
        assert origin.get("/healthz").status == 200


MEDIA = f"GET {SEGMENT} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
"""Without X-Splice-Format: gunicorn is to send it."""


def test_a_client_that_takes_nothing_is_cut_off(make: MakeArchive, start: StartOrigin) -> None:
    make("film", range_bytes=6 << 20)
    with start(*ALONE, "--max-inflight-segments", "1") as origin, origin.socket(64 << 10) as stalled:
        stalled.sendall(MEDIA)
        assert stalled.recv(13) == b"HTTP/1.1 200 "
        assert origin.get("/healthz").status == 200
        assert eventually(lambda: "broken off: took nothing for 1 s" in origin.log.read_text())
        assert origin.get(SEGMENT).status == 200


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGQUIT, signal.SIGTERM])
def test_ends_with_a_transfer_underway(
    make: MakeArchive, start: StartOrigin, number: signal.Signals
) -> None:
    """At once; on SIGTERM once the graceful timeout is over, though its thread goes on."""
    make("film", range_bytes=6 << 20)
    flags = ("--workers", "1", "--splice", "on", "--graceful-timeout", "1", "--stall-timeout", "0")
    with start(*flags) as origin, origin.socket(64 << 10) as client:
        client.sendall(MEDIA)
        assert client.recv(13) == b"HTTP/1.1 200 "
        (worker,) = children_of(origin.process.pid)
        os.kill(worker, number)
        assert eventually(lambda: worker not in children_of(origin.process.pid))
        assert "WORKER TIMEOUT" not in origin.log.read_text()  # its master had to end it
        assert eventually(lambda: origin.get("/healthz").status == 200)


def test_more_than_there_are_descriptors_for_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(util, "write_error", refusing_with(()))  # as of a worker that was forked
    worker = PlanWorker.__new__(PlanWorker)
    worker.cfg = SimpleNamespace(worker_connections=0)
    worker._handed_over = set()
    ours, theirs = socket.socketpair()
    with theirs:
        worker._hand_over(None, ours, ours, "")
        answer = theirs.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert answer.endswith(b"\r\n\r\nToo much is asked for at once. Try again soon.\n")
