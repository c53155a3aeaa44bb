"""A real `vodsplice-serve` of its own process tree, on an ephemeral port, and raw requests to it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

Process = subprocess.Popen[bytes]
START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 25
"""Less than transfers may go on after SIGTERM: one that holds up Ctrl-C shows."""

PATIENCE_S = 60


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. `headers` has names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Origin:
    """A server that answers at `host:port` from two folders; `log` collects what its process prints."""

    def __init__(
        self, host: str, port: int, media_dir: Path, index_dir: Path, log: Path, process: Process
    ) -> None:
        self.host = host
        self.port = port
        self.media_dir = media_dir
        self.index_dir = index_dir
        self.log = log
        self.process = process

    @property
    def base(self) -> str:
        return f"http://{self.host}:{self.port}"

    def connection(self) -> HTTPConnection:
        return HTTPConnection(self.host, self.port, timeout=PATIENCE_S)

    def get(self, target: str, method: str = "GET", **headers: str) -> Reply:
        """One request on a connection of its own; header names with underscores for hyphens."""
        connection = self.connection()
        try:
            return ask(connection, target, method, **headers)
        finally:
            connection.close()

    def socket(self, receive_buffer_bytes: int | None = None) -> socket.socket:
        """A bare connection; a small receive buffer makes its owner a slow reader."""
        client = socket.socket()
        if receive_buffer_bytes:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
        client.settimeout(PATIENCE_S)
        client.connect((self.host, self.port))
        return client


def ask(connection: HTTPConnection, target: str, method: str = "GET", **headers: str) -> Reply:
    """One request on a connection that may be kept alive."""
    connection.request(
        method, target, headers={name.replace("_", "-"): each for name, each in headers.items()}
    )
    response = connection.getresponse()
    body = response.read()
    return Reply(response.status, {name.lower(): each for name, each in response.getheaders()}, body)


def eventually(holds: Callable[[], bool], within_s: float = PATIENCE_S) -> bool:
    """Whether something comes true in time."""
    deadline_s = time.monotonic() + within_s
    while not holds():
        if time.monotonic() > deadline_s:
            return False
        time.sleep(0.02)
    return True


def command(*flags: str) -> list[str]:
    """`vodsplice-serve`, in Python's development mode, which reports descriptors that were not closed."""
    return [sys.executable, "-X", "dev", "-m", "app.cli", *flags]


@contextmanager
def running_origin(
    media_dir: Path,
    index_dir: Path,
    log: Path,
    *flags: str,
    prefix: tuple[str, ...] = (),
) -> Iterator[Origin]:
    """Start, wait for the line that says where, and stop as Ctrl-C would."""
    folders = ("--media-dir", str(media_dir), "--index-dir", str(index_dir))
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*prefix, *command(*folders, "--bind", "127.0.0.1:0", *flags)],
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )
    try:
        port = _announced_port(process, log)
        yield Origin("127.0.0.1", port, media_dir, index_dir, log, process)
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes]) -> int:
    """Ctrl-C on its terminal: the whole group gets SIGINT, a master that has taken over included."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT)
    if not eventually(lambda: not _is_running(process), STOP_TIMEOUT_S):
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise AssertionError(f"it did not end within {STOP_TIMEOUT_S} s")
    return process.wait()


def _is_running(process: subprocess.Popen[bytes]) -> bool:
    """Whether anything of its group is there still."""
    process.poll()
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return False
    return True


def _announced_port(process: subprocess.Popen[bytes], log: Path) -> int:
    for _ in range(START_TIMEOUT_S * 20):
        if found := re.search(r"serving .* at http://127\.0\.0\.1:(\d+)/", log.read_text()):
            return int(found[1])
        try:
            process.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
        break
    raise AssertionError(f"the server did not start:\n{log.read_text()}")
