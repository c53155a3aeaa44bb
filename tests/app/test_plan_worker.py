"""The worker behind nginx, asked directly: no client, whatever it does, keeps it from the next one."""

from __future__ import annotations

import os
import signal
import socket
import time

import pytest

from tests.app.conftest import MakeArchive, StartOrigin
from tests.app.running_origin import eventually
from tests.nginx.running_stack import children_of

ALONE = ("--workers", "1", "--splice", "on", "--stall-timeout", "1")
SEGMENT = "/v/film/seg_0001.m4s"
PLAN = f"GET {SEGMENT} HTTP/1.1\r\nHost: x\r\nX-Splice-Format: 1\r\n\r\n".encode()


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
    assert b"\r\n\r\nsplice 1\n" in received
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
