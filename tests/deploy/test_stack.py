"""`make stack` as whoever starts it meets it: it ends with its servers, and says what is wrong."""

from __future__ import annotations

import os
import re
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from deploy.stack import ENDING
from tests.app.made_archive import make_archive
from tests.app.running_origin import Origin, eventually
from tests.processes import children_of, command_of
from tests.terminal import BACKGROUND, DETACHED, FOREGROUND, on_terminal
from tests.test_architecture import ROOT

pytestmark = pytest.mark.nginx

FEW_FILES = min(20_000, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
"""Fewer than nginx.conf asks for; more than it has connections, if the machine lets it."""


class Foreground(Origin):
    """`process` is deploy/stack.py, or the shell that waits for it as `pid`; `folder` is nginx's prefix."""

    def __init__(
        self, media_dir: Path, index_dir: Path, log: Path, process: subprocess.Popen[bytes], pid: int
    ) -> None:
        (self.base_said, folder) = re.findall(r"open (\S+)/ .*logs to (\S+)/logs", log.read_text())[0]
        address = urlsplit(self.base_said)
        super().__init__(str(address.hostname), int(address.port or 0), media_dir, index_dir, log, process)
        self.folder = Path(folder)
        self.pid = pid
        self.servers = children_of(pid)

    def is_gone(self) -> bool:
        """With its servers, their workers and its folder."""
        return not self.folder.exists() and set(self.servers).isdisjoint(running_groups())


def running_groups() -> Iterator[int]:
    """The process groups of all that runs."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            state, _, group = (process / "stat").read_text().rpartition(")")[2].split()[:3]
            if state != "Z":
                yield int(group)


def words(media_dir: Path, index_dir: Path, *flags: str) -> list[str]:
    folders = ("--media-dir", str(media_dir), "--index-dir", str(index_dir))
    return [sys.executable, "-m", "deploy.stack", *folders, "--workers", "1", *flags]


def start(
    media_dir: Path, index_dir: Path, log: Path, *flags: str, prefix: Sequence[str] = ()
) -> subprocess.Popen[bytes]:
    command = [*prefix, *words(media_dir, index_dir, *flags)]
    with log.open("wb") as output:
        return subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )


def is_open(log: Path) -> bool:
    return "open http" in log.read_text()


@contextmanager
def stack(
    media_dir: Path, index_dir: Path, log: Path, *flags: str, prefix: Sequence[str] = ()
) -> Iterator[Foreground]:
    process = start(media_dir, index_dir, log, *flags, prefix=prefix)
    try:
        assert eventually(lambda: is_open(log) or process.poll() is not None)
        yield Foreground(media_dir, index_dir, log, process, process.pid)
    finally:
        process.terminate()
        process.wait(60)


@contextmanager
def stack_on_terminal(
    media_dir: Path, index_dir: Path, log: Path, script: str
) -> Iterator[tuple[Foreground, Callable[[], None]]]:
    """And what closes the terminal."""
    with on_terminal(script, words(media_dir, index_dir, "--port", "0"), log) as (shell, close):
        assert eventually(lambda: is_open(log) or shell.poll() is not None)
        (pid,) = children_of(shell.pid)
        running = Foreground(media_dir, index_dir, log, shell, pid)
        try:
            yield running, close
        finally:
            if command_of(pid):
                os.kill(pid, signal.SIGTERM)
            assert eventually(running.is_gone)


@pytest.mark.parametrize("ending", ENDING)
def test_a_signal_ends_all_of_it(
    media_dir: Path, index_dir: Path, tmp_path: Path, ending: signal.Signals
) -> None:
    make_archive(media_dir, index_dir)
    with stack(media_dir, index_dir, tmp_path / "log", "--port", "0") as running:
        assert running.get("/v/film/seg_0001.m4s").status == 200
        assert len(running.servers) == 2
        running.process.send_signal(ending)
        assert running.process.wait(60) == 0
        assert eventually(running.is_gone)


def test_a_closed_terminal_ends_all_of_it(media_dir: Path, index_dir: Path, tmp_path: Path) -> None:
    """Also where SIGHUP goes to others: of `ssh -t host make stack` to make alone, which waits."""
    with stack_on_terminal(media_dir, index_dir, tmp_path / "log", FOREGROUND) as (running, close):
        assert running.get("/healthz").status == 200
        close()
        assert running.process.wait(60) == 0
        assert eventually(running.is_gone)


@pytest.mark.parametrize("script", [BACKGROUND, DETACHED])
def test_in_the_background_it_outlives_its_terminal(
    media_dir: Path, index_dir: Path, tmp_path: Path, script: str
) -> None:
    """With its servers, which have no terminal."""
    with stack_on_terminal(media_dir, index_dir, tmp_path / "log", script) as (running, close):
        assert running.get("/healthz").status == 200
        assert [os.readlink(f"/proc/{pid}/fd/0") for pid in running.servers] == [os.devnull] * 2
        close()
        gunicorn, _ = running.servers
        for _ in range(2):  # by then it has heard what it sent itself
            before = children_of(gunicorn)
            os.kill(gunicorn, signal.SIGHUP)
            assert eventually(lambda: set(before).isdisjoint(children_of(gunicorn)))  # noqa: B023
        assert running.get("/healthz").status == 200


def test_a_second_signal_ends_nothing_earlier(media_dir: Path, index_dir: Path, tmp_path: Path) -> None:
    """nginx is given time for what it sends, and is not left behind."""
    media = make_archive(media_dir, index_dir, segments=1, range_bytes=4_000_000).media[0]
    with (
        stack(media_dir, index_dir, tmp_path / "log", "--port", "0") as running,
        running.socket(receive_buffer_bytes=65536) as client,
    ):
        client.sendall(b"GET /v/film/seg_0001.m4s HTTP/1.0\r\n\r\n")
        received = client.recv(100)
        for ending in ENDING:
            running.process.send_signal(ending)
            assert eventually(lambda: ignores_all(running.process.pid))
        while more := client.recv(65536):
            received += more
        assert received.endswith(media)
        assert running.process.wait(60) == 0
        assert eventually(running.is_gone)


def ignores_all(pid: int) -> bool:
    found = re.search(r"SigIgn:\s+(\w+)", Path(f"/proc/{pid}/status").read_text())
    assert found
    return all(int(found[1], 16) & 1 << number - 1 for number in ENDING)


@pytest.mark.parametrize("which", [0, 1])
def test_the_end_of_one_server_is_the_end_of_both(
    media_dir: Path, index_dir: Path, tmp_path: Path, which: int
) -> None:
    with stack(media_dir, index_dir, tmp_path / "log", "--port", "0") as running:
        os.kill(running.servers[which], signal.SIGKILL)
        assert running.process.wait(60) == 1
        assert eventually(running.is_gone)
        assert "one of the two servers ended, and took the other with it" in running.log.read_text()


@pytest.mark.parametrize("way", ["--splice", "--no-splice"])
def test_a_lower_limit_of_files(media_dir: Path, index_dir: Path, tmp_path: Path, way: str) -> None:
    """The workers of nginx have as many as there may be, and none complains."""
    log = tmp_path / "log"
    prefix = ("sh", "-euc", f'ulimit -Sn 1024; ulimit -Hn {FEW_FILES}; exec "$@"', "sh")
    with stack(media_dir, index_dir, log, "--port", "0", way, prefix=prefix) as running:
        assert running.get("/healthz").status == 200
        _, nginx = running.servers
        limits = {resource.prlimit(pid, resource.RLIMIT_NOFILE) for pid in children_of(nginx)}
        assert limits == {(FEW_FILES, FEW_FILES)}
    assert "[alert]" not in log.read_text()


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine speaks no IPv6")
def test_v6(media_dir: Path, index_dir: Path, tmp_path: Path) -> None:
    with stack(media_dir, index_dir, tmp_path / "log", "--host", "::1", "--port", "0") as running:
        assert running.base_said.startswith("http://[::1]:")
        with socket.create_connection(("::1", running.port), 60) as client:
            client.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
            assert client.recv(100).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    ("host", "why"),
    [("127.0.0.1", "already in use"), ("no.such.invalid", "(not known|failure in name resolution)")],
)
def test_address_that_cannot_be_had(
    media_dir: Path, index_dir: Path, tmp_path: Path, host: str, why: str
) -> None:
    log = tmp_path / "log"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert start(media_dir, index_dir, log, "--host", host, "--port", str(port)).wait(60) == 1
    assert re.fullmatch(rf"Error: port {port} of {host}: .*{why}; name another\n", log.read_text())
