"""Connections that end: nobody waits for a client that lets its socket stand."""

from __future__ import annotations

import time
from contextlib import ExitStack

import pytest

from tests.app.conftest import StartOrigin

ASKS_TO_CLOSE = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
BODY_BYTES = 4 << 20
CLOSING = 36
"""Clients, for each of whom gunicorn's own main loop would wait 2 s: more than `origin.get` does in all."""


def test_closed_connections_hold_up_nobody(start: StartOrigin) -> None:
    with start("--workers", "1") as origin, ExitStack() as standing:
        for _ in range(CLOSING):
            client = standing.enter_context(origin.socket())
            client.sendall(ASKS_TO_CLOSE)
        assert origin.get("/healthz").status == 200


def test_client_that_still_sends_sees_its_answer(start: StartOrigin) -> None:
    head = f"POST /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {BODY_BYTES}\r\n\r\n"
    with start("--workers", "1") as origin, origin.socket() as client:
        client.sendall(head.encode())
        for _ in range(3):  # after a reset, the kernel refuses the second
            time.sleep(0.1)
            client.sendall(bytes(8 << 10))
        assert client.recv(4096).startswith(b"HTTP/1.1 405 ")


@pytest.mark.parametrize(
    ("request_head", "status", "text"),
    [
        (b"GET /<b>\xff HTTP/1.1", b"400 Bad Request", b"This request cannot be read.\n"),
        (b"GET / HTTP/1.1\r\nTransfer-Encoding: x", b"501 Not Implemented", b"Nothing here takes a body.\n"),
        (
            b"GET /" + b"a" * 9000 + b" HTTP/1.1",
            b"414 ",
            b"This address is too long for anything here.\n",
        ),
    ],
)
@pytest.mark.parametrize("worker", [(), ("--splice", "on")])
def test_what_cannot_be_parsed_is_refused_in_text(
    start: StartOrigin, worker: tuple[str, ...], request_head: bytes, status: bytes, text: bytes
) -> None:
    with start("--workers", "1", *worker) as origin, origin.socket() as client:
        client.sendall(request_head + b"\r\n\r\n")
        answer = client.makefile("rb").read()
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 " + status)
    assert b"Content-Type: text/plain; charset=utf-8" in head
    assert b"Cache-Control: no-store" in head
    assert b"\r\nAccess-Control-Allow-Origin: *" in head
    assert body == text


@pytest.mark.parametrize("worker", [(), ("--splice", "on")])
@pytest.mark.parametrize("asked", [b"GET /\xff HTTP/1.1\r\n\r\n", b"GET /healthz HTTP/1.1\r\n\r\n"])
@pytest.mark.parametrize("setting", ["https://player.example", "off"])
def test_who_may_read_a_refusal_is_who_may_read_an_answer(
    start: StartOrigin, worker: tuple[str, ...], asked: bytes, setting: str
) -> None:
    with start("--workers", "1", "--cors-origin", setting, *worker) as origin:
        allowed = origin.get("/healthz").headers
        with origin.socket() as client:
            client.sendall(asked)
            answer = client.makefile("rb").read().decode()
    for name in ("Access-Control-Allow-Origin", "Access-Control-Expose-Headers"):
        line = f"\r\n{name}: {allowed.get(name.lower())}\r\n"
        assert (line in answer) == (setting != "off"), answer
        assert (name in answer) == (setting != "off")


def test_who_names_no_host_is_refused_as_by_nginx(start: StartOrigin) -> None:
    with start("--workers", "1") as origin:
        for version, status in (("1.1", b"400 Bad Request"), ("1.0", b"200 OK")):
            with origin.socket() as client:
                client.sendall(f"GET /healthz HTTP/{version}\r\n\r\n".encode())
                assert client.makefile("rb").readline().endswith(b" " + status + b"\r\n")


def test_a_head_has_its_time_however_it_trickles(start: StartOrigin) -> None:
    with start("--workers", "1", "--stall-timeout", "2") as origin, origin.socket() as client:
        client.settimeout(0.5)
        client.sendall(b"GET /healthz HTTP/1.1\r\nX: ")
        while True:  # as long as it is not cut off; pytest's own timeout is what fails
            try:
                client.sendall(b"a")
                if not client.recv(1):
                    break
            except TimeoutError:
                continue
            except ConnectionError:
                break
        assert origin.get("/healthz").status == 200
