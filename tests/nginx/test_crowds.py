"""Four thousand clients that read slowly, or send half a request: what they cost, and what others notice."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.made_archive import MadeArchive, make_archive
from tests.nginx.crowd import crowd, private_bytes, tcp_buffer_bytes
from tests.nginx.running_stack import StackOrigin, nginx_workers, running_stack
from tests.processes import children_of

pytestmark = [pytest.mark.nginx, pytest.mark.exam, pytest.mark.timeout(600)]

CLIENTS = 4000
HALF_SENT_BYTES = 8000
SLOW_READER_BYTES = 12_000
"""Of nginx, a client; limits.conf says what it is made of."""

SOCKET_BYTES = 256_000
GUNICORN_BYTES = 2_000_000
"""Of all workers, for the whole crowd."""

SOON_S = 5.0
SEGMENT = "/v/film/seg_0001.m4s"


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[StackOrigin]:
    media_dir, index_dir = tmp_path / "media", tmp_path / "index"
    media_dir.mkdir()
    make_archive(media_dir, index_dir, "film", range_bytes=1 << 20)
    with running_stack(media_dir, index_dir, tmp_path / "log", "--workers", "2") as running:
        running.get(SEGMENT)
        yield running


def sockets_of(pids: list[int]) -> int:
    links = (os.readlink(link) for pid in pids for link in Path(f"/proc/{pid}/fd").iterdir())
    return sum(link.startswith("socket:") for link in links)


def check_others(origin: StackOrigin, crowd_name: str) -> None:
    """Hot and cold, they get what is theirs, soon."""
    slowest_s = 0.0
    for number in range(20):
        made: MadeArchive = make_archive(
            origin.media_dir, origin.index_dir, f"{crowd_name}-{number}", seed=number
        )
        for _ in range(3):
            asked_s = time.monotonic()
            reply = origin.get(f"/v/{made.id}/seg_0001.m4s")
            slowest_s = max(slowest_s, time.monotonic() - asked_s)
            assert reply.status == 200
            assert reply.body.endswith(made.media[0])
    assert slowest_s < SOON_S


def test_slow_readers(origin: StackOrigin) -> None:
    nginx, gunicorn = nginx_workers(origin), children_of(origin.process.pid)
    before, gunicorn_before, kernel_before = private_bytes(nginx), private_bytes(gunicorn), tcp_buffer_bytes()
    sockets_before = sockets_of(gunicorn)
    request = f"GET {SEGMENT} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    with crowd(origin, request, CLIENTS, is_answered=True):
        each = (private_bytes(nginx) - before) / CLIENTS
        kernel = (tcp_buffer_bytes() - kernel_before) / CLIENTS
        grown = private_bytes(gunicorn) - gunicorn_before
        print(f"slow readers: nginx {each:.0f} B each, kernel {kernel:.0f} B each, gunicorn {grown} B in all")
        assert each <= SLOW_READER_BYTES
        assert kernel <= SOCKET_BYTES
        assert grown <= GUNICORN_BYTES
        assert sockets_of(gunicorn) <= sockets_before
        check_others(origin, "slow")


def test_half_sent_requests(origin: StackOrigin) -> None:
    nginx, gunicorn = nginx_workers(origin), children_of(origin.process.pid)
    before, gunicorn_before = private_bytes(nginx), private_bytes(gunicorn)
    request = f"GET {SEGMENT} HTTP/1.1\r\nHost: x\r\n".encode()
    with crowd(origin, request, CLIENTS, is_answered=False) as clients:
        time.sleep(1)  # for nginx to take in what has been sent
        each = (private_bytes(nginx) - before) / CLIENTS
        print(f"half-sent requests: nginx {each:.0f} B each")
        assert each <= HALF_SENT_BYTES
        assert private_bytes(gunicorn) - gunicorn_before <= GUNICORN_BYTES
        check_others(origin, "half")
        for client in clients:  # each is cut off by client_header_timeout
            with pytest.raises(ConnectionResetError):
                client.recv(1)
