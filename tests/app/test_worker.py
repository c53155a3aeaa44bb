"""Connections that end: nobody waits for a client that lets its socket stand."""

from __future__ import annotations

import time
from contextlib import ExitStack

from tests.app.conftest import StartOrigin

ASKS_TO_CLOSE = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
BODY_BYTES = 4 << 20
CLOSING = 12
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
