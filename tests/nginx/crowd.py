"""Thousands of connections at once, and what they cost the processes that hold the other end."""

from __future__ import annotations

import re
import resource
import selectors
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import cast

from tests.app.running_origin import Origin

SEGMENT_SIZE_OF_ETHERNET = 1460
"""Bytes. Loopback's are 45 times as many, and with them what the kernel buffers for each connection."""

PATIENCE_S = 60
ARRIVALS = 20


@contextmanager
def crowd(origin: Origin, request: bytes, count: int, *, is_answered: bool) -> Iterator[list[socket.socket]]:
    """As many connections that have sent `request` and, if it is to be answered, have got a byte of that.

    They come one after another, `ARRIVALS` at a time: memory that only a stampede takes is another matter.
    """
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))
    with ExitStack() as closing:
        clients: list[socket.socket] = []
        while len(clients) < count:
            arriving = [closing.enter_context(_slow_socket(origin)) for _ in range(ARRIVALS)]
            for client in arriving:
                client.sendall(request)
            if is_answered:
                _wait_for_a_byte(arriving)
            clients += arriving
        yield clients


def _slow_socket(origin: Origin) -> socket.socket:
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT_SIZE_OF_ETHERNET)
    client.settimeout(PATIENCE_S)
    client.connect((origin.host, origin.port))
    return client


def _wait_for_a_byte(clients: Sequence[socket.socket]) -> None:
    with selectors.DefaultSelector() as selector:
        for client in clients:
            selector.register(client, selectors.EVENT_READ)
        while waiting := selector.get_map():
            ready = selector.select(PATIENCE_S)
            assert ready, f"{len(waiting)} of {len(clients)} got no answer within {PATIENCE_S} s"
            for key, _ in ready:
                client = cast(socket.socket, key.fileobj)
                assert client.recv(1) == b"H"  # of HTTP/1.1
                selector.unregister(client)


def private_bytes(pids: Sequence[int]) -> int:
    """Memory that the processes have to themselves."""
    return sum(_private_bytes(pid) for pid in pids)


def _private_bytes(pid: int) -> int:
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) * 1024 for line in rollup if line.startswith("Private_"))


def tcp_buffer_bytes() -> int:
    """What the kernel buffers for all TCP connections of this machine."""
    found = re.search(r"^TCP: .* mem (\d+)$", Path("/proc/net/sockstat").read_text(), re.MULTILINE)
    assert found
    return int(found[1]) * resource.getpagesize()
