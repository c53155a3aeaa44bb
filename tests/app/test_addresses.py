"""Addresses are tried before gunicorn tries them, and what is wrong with one is a line."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from app.addresses import Unavailable, check, parse


@pytest.mark.parametrize(
    ("address", "expected"),
    [("127.0.0.1:80", ("127.0.0.1", 80)), ("[::1]:80", ("::1", 80)), (":80", ("0.0.0.0", 80))],
)
def test_parse(address: str, expected: tuple[str, int]) -> None:
    assert parse(address) == expected


@pytest.mark.parametrize("address", ["127.0.0.1", "host:", "host:x", "host:65536", "", "::1:80", "[::1:80"])
def test_no_address(address: str) -> None:
    with pytest.raises(ValueError, match=r"^host:port"):
        parse(address)


def test_taken_port() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(Unavailable, match="in use"):
            check(f"127.0.0.1:{taken.getsockname()[1]}")
    check("127.0.0.1:0")


def test_a_host_that_is_not_ours() -> None:
    with pytest.raises(Unavailable, match=r"^192\.0\.2\.1:80: "):
        check("192.0.2.1:80")


def test_unix_sockets(tmp_path: Path) -> None:
    path = tmp_path / "s"
    check(f"unix:{path}")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        with pytest.raises(Unavailable, match="another server listens on it"):
            check(f"unix:{path}")
    check(f"unix:{path}")  # nobody answers: left over by one that was killed
    path.unlink()
    path.touch()
    with pytest.raises(Unavailable, match="something else of that name"):
        check(f"unix:{path}")
    with pytest.raises(Unavailable, match="not there"):
        check(f"unix:{tmp_path}/absent/s")
