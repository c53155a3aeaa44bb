"""Ports for servers that have to be told theirs."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager


@contextmanager
def free_port() -> Iterator[int]:
    """A port of 127.0.0.1 that is given to nobody else until the end.

    It is held by a socket that is bound and does not listen. Linux lets a server listen at its port where
    both have SO_REUSEADDR, as servers' sockets do, and passes over it where it chooses a port itself.
    """
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        yield port


@contextmanager
def free_ports(count: int) -> Iterator[list[int]]:
    with ExitStack() as held:
        yield [held.enter_context(free_port()) for _ in range(count)]


def is_open(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
