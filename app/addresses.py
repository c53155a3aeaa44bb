"""Addresses to listen on, and whether they can be had.

gunicorn tries a taken port for five seconds and then says so in as many lines, and it removes a unix socket
that another server answers on. So each address is tried first, and what is wrong with it is one line.
"""

from __future__ import annotations

import os
import socket
import stat

UNIX = "unix:"
MAX_PORT = 65535


class Unavailable(Exception):
    """An address that cannot be listened on, and why."""


def parse(address: str) -> tuple[str, int]:
    """`host:port` or `[v6]:port`. Raises `ValueError` with what it should be."""
    host, colon, port = address.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > MAX_PORT:
        raise ValueError("host:port")
    bare = host.removeprefix("[").removesuffix("]")
    if ":" in bare and host != f"[{bare}]":
        raise ValueError(f"host:port, where a v6 host stands in brackets: [{bare}]:{port}")
    return bare or "0.0.0.0", int(port)  # noqa: S104 - ":8080" says so


def check(address: str) -> None:
    """Raises `Unavailable` where nobody could listen now on `address`, which is one of the settings."""
    if address.startswith(UNIX):
        _check_path(address.removeprefix(UNIX))
        return
    host, port = parse(address)
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place)
            probe.listen()  # two may bind a port that nobody listens on
    except OSError as error:
        raise Unavailable(f"{address}: {error.strerror}") from error


def _check_path(path: str) -> None:
    folder = os.path.dirname(os.path.abspath(path))
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Unavailable(f"{UNIX}{path}: the folder {folder} is not there or not to be written to")
    try:
        is_socket = stat.S_ISSOCK(os.stat(path).st_mode)
    except FileNotFoundError:
        return
    if not is_socket:
        raise Unavailable(f"{UNIX}{path}: there is something else of that name")
    with socket.socket(socket.AF_UNIX) as probe:
        if probe.connect_ex(path) == 0:
            raise Unavailable(f"{UNIX}{path}: another server listens on it")
