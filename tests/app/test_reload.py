"""SIGHUP: settings are read again, all of them, and what cannot be used changes nothing."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.server import FIXED
from tests.app.conftest import MakeArchive
from tests.app.running_origin import PATIENCE_S, Origin, command, eventually, stop
from tests.free_port import free_port
from tests.processes import children_of, open_files

AFTER = "https://after.example"
GRACEFUL_TIMEOUT_S = 600
"""Nothing here lasts as long: what waits for a transfer shows."""


class Reloading(Origin):
    """A server with all its settings in a file, and `film`."""

    def __init__(self, folder: Path, port: int, splice: str) -> None:
        log, self._config = folder / "origin.log", folder / "origin.toml"
        media_dir, index_dir = folder / "media", folder / "index"
        self._settings: dict[str, str | int] = {
            "media_dir": str(media_dir), "index_dir": str(index_dir), "bind": f"127.0.0.1:{port}",
            "workers": 1, "splice": splice, "stall_timeout": 0, "graceful_timeout": GRACEFUL_TIMEOUT_S,
        }  # fmt: skip
        self._write(self._settings)
        with log.open("wb") as output:
            words = command("--config", str(self._config))
            process = subprocess.Popen(words, stdout=output, stderr=output, start_new_session=True)
        super().__init__("127.0.0.1", port, media_dir, index_dir, log, process)

    def _write(self, settings: dict[str, str | int]) -> None:
        lines = (f"{name} = {json.dumps(value)}\n" for name, value in settings.items())
        self._config.write_text("".join(lines))

    def workers(self) -> set[int]:
        return set(children_of(self.process.pid))

    def begin_reload(self, **changed: str | int) -> int:
        """The new worker; the one of before may have a transfer underway."""
        self._write(self._settings | changed)
        before = self.workers()
        assert before
        self.process.send_signal(signal.SIGHUP)
        assert eventually(lambda: not self.workers() <= before)
        (new,) = self.workers() - before
        return new

    def reload(self, **changed: str | int) -> str:
        """Returns when no worker of before is left; the origin that may read its answers, by now."""
        new = self.begin_reload(**changed)
        assert eventually(lambda: self.workers() == {new})
        return self.may_read()

    def may_read(self) -> str:
        reply = self.get("/v/film/seg_0001.m4s")
        assert reply.status == 200
        return reply.headers["access-control-allow-origin"]


@pytest.fixture
def splice() -> str:
    """Which worker it is: that of `app.worker`, or where it is on, of `app.plan_worker`."""
    return "off"


either_worker = pytest.mark.parametrize("splice", ["off", "on"])


@pytest.fixture
def origin(make: MakeArchive, tmp_path: Path, splice: str) -> Iterator[Reloading]:
    make("film")
    with free_port() as port:
        reloading = Reloading(tmp_path, port, splice)
        try:
            assert eventually(lambda: bool(reloading.workers()))
            yield reloading
        finally:
            assert stop(reloading.process) == 0


@contextmanager
def transfer(origin: Reloading, make: MakeArchive) -> Iterator[Callable[[], None]]:
    """One that waits for its client. What is called takes the rest of it, and says that it is whole."""
    (media,) = make("long", segments=1, range_bytes=6 << 20).media
    with origin.socket(4096) as client:
        client.sendall(b"GET /v/long/seg_0001.m4s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        received = bytearray(client.recv(100))
        assert received.startswith(b"HTTP/1.1 200 OK\r\n")

        def end() -> None:
            while block := client.recv(1 << 16):
                received.extend(block)
            assert received.endswith(media)

        yield end


def test_time_for_a_request_to_come(origin: Reloading) -> None:
    """Half of one is cut off after what `stall_timeout` is by now; it was none."""
    origin.reload(stall_timeout=1)
    with origin.socket() as client:
        client.sendall(b"GET /v/film/seg_0001.m4s HTTP/1.1\r\nHo")
        assert client.recv(100) == b""


@either_worker
def test_reloads_wait_for_no_transfer(make: MakeArchive, origin: Reloading) -> None:
    (first,) = origin.workers()
    with transfer(origin, make) as end:
        for allowed in (AFTER, "*", AFTER):
            origin.begin_reload(cors_origin=allowed)
            assert eventually(lambda: origin.may_read() == allowed)  # noqa: B023
        assert eventually(lambda: len(origin.workers()) == 2)
        assert first in origin.workers()
        (new,) = origin.workers() - {first}
        assert len([path for path in open_files(new) if "wgunicorn-" in path]) == 1  # none of another's
        end()
    assert eventually(lambda: len(origin.workers()) == 1)
    assert first not in origin.workers()


@either_worker
def test_a_worker_that_dies_while_a_transfer_ends_is_replaced(make: MakeArchive, origin: Reloading) -> None:
    before = origin.workers()
    with transfer(origin, make) as end:
        killed = origin.begin_reload()
        os.kill(killed, signal.SIGKILL)
        assert eventually(lambda: bool(origin.workers() - {killed} - before))
        assert origin.may_read() == "*"
        end()


@either_worker
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_all_end_while_a_transfer_ends(make: MakeArchive, origin: Reloading, ending: signal.Signals) -> None:
    """At once; on SIGTERM with the transfer."""
    with transfer(origin, make) as end:
        new = origin.begin_reload()
        workers = origin.workers()
        origin.process.send_signal(ending)
        assert eventually(lambda: not Path(f"/proc/{new}").exists())
        if ending == signal.SIGTERM:
            end()
        assert origin.process.wait(PATIENCE_S) == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)


def test_format_of_both_logs(origin: Reloading) -> None:
    origin.reload(log_format="json")
    origin.reload(log_format="xml")
    assert eventually(lambda: origin.log.read_text().count("/v/film/") == 2)
    lines = [json.loads(line) for line in origin.log.read_text().splitlines() if line.startswith("{")]
    assert [line["target"] for line in lines if "target" in line] == ["/v/film/seg_0001.m4s"] * 2
    (refused,) = (line["message"] for line in lines if "message" in line)
    assert refused.endswith("log_format: 'xml' is not text or json; going on with the settings in use")


def test_folder_that_is_not_there(origin: Reloading) -> None:
    assert origin.reload(media_dir="/no/such", cors_origin=AFTER) == "*"
    log = origin.log.read_text()
    assert "/no/such: No such file or directory; name another --media-dir" in log
    assert "; going on with the settings in use" in log


def test_what_takes_a_restart_is_named(origin: Reloading) -> None:
    """It stays as it is, also where it could not be had; the others are taken up."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        fixed = {"bind": address, "metrics_bind": address, "nginx_log": "/no/such"}
        assert set(fixed) == set(FIXED)
        assert origin.reload(cors_origin=AFTER, **fixed) == AFTER
    assert origin.reload() == "*"
    warnings = re.findall(r"warning (.*)", origin.log.read_text())
    assert warnings == [f"{name} stays as it is until vodsplice-serve is restarted" for name in FIXED]
