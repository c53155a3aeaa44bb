"""How long the kernel waits for a socket: SO_RCVTIMEO and SO_SNDTIMEO of socket(7). 0 is no limit."""

from __future__ import annotations

import socket
import struct

_TIMEVAL = struct.Struct("@ll")
"""Seconds and microseconds."""


def set_timeout(of: socket.socket, option: int, timeout_s: float) -> None:
    seconds, fraction = divmod(timeout_s, 1)
    of.setsockopt(socket.SOL_SOCKET, option, _TIMEVAL.pack(int(seconds), int(fraction * 1_000_000)))


def timeout_s(of: socket.socket, option: int) -> float:
    seconds, us = _TIMEVAL.unpack(of.getsockopt(socket.SOL_SOCKET, option, _TIMEVAL.size))
    return float(seconds + us / 1_000_000)
