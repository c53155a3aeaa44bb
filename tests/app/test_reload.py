"""SIGHUP: settings are read again, all of them, and what cannot be used changes nothing."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.server import FIXED
from tests.app.conftest import MakeArchive
from tests.app.running_origin import Origin, command, eventually, stop
from tests.processes import children_of

AFTER = "https://after.example"


class Reloading(Origin):
    """A server with all its settings in a file, and `film`."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        log, self._config = folder / "origin.log", folder / "origin.toml"
        media_dir, index_dir = folder / "media", folder / "index"
        self._settings: dict[str, str | int] = {
            "media_dir": str(media_dir), "index_dir": str(index_dir), "bind": f"127.0.0.1:{port}",
            "workers": 1, "stall_timeout": 0,
        }  # fmt: skip
        self._write(self._settings)
        with log.open("wb") as output:
            words = command("--config", str(self._config))
            process = subprocess.Popen(words, stdout=output, stderr=output, start_new_session=True)
        super().__init__("127.0.0.1", port, media_dir, index_dir, log, process)

    def _write(self, settings: dict[str, str | int]) -> None:
        lines = (f"{name} = {json.dumps(value)}\n" for name, value in settings.items())
        self._config.write_text("".join(lines))

    def reload(self, **changed: str | int) -> str:
        """Returns when no worker of before is left; the origin that may read its answers, by now."""
        self._write(self._settings | changed)
        before = set(children_of(self.process.pid))
        assert before
        self.process.send_signal(signal.SIGHUP)
        assert eventually(lambda: before.isdisjoint(children_of(self.process.pid)))
        reply = self.get("/v/film/seg_0001.m4s")
        assert reply.status == 200
        return reply.headers["access-control-allow-origin"]


@pytest.fixture
def origin(make: MakeArchive, tmp_path: Path) -> Iterator[Reloading]:
    make("film")
    reloading = Reloading(tmp_path)
    try:
        assert eventually(lambda: bool(children_of(reloading.process.pid)))
        yield reloading
    finally:
        assert stop(reloading.process) == 0


def test_time_for_a_request_to_come(origin: Reloading) -> None:
    """Half of one is cut off after what `stall_timeout` is by now; it was none."""
    origin.reload(stall_timeout=1)
    with origin.socket() as client:
        client.sendall(b"GET /v/film/seg_0001.m4s HTTP/1.1\r\nHo")
        assert client.recv(100) == b""


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_an_end_need_not_wait_for_a_reload(
    make: MakeArchive, origin: Reloading, ending: signal.Signals
) -> None:
    """Which lasts until transfers underway have ended."""
    make("long", range_bytes=6 << 20)
    with origin.socket(4096) as client:
        client.sendall(b"GET /v/long/seg_0001.m4s HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.recv(100)
        before = children_of(origin.process.pid)
        origin.process.send_signal(signal.SIGHUP)
        assert eventually(lambda: set(children_of(origin.process.pid)) > set(before))
        origin.process.send_signal(ending)
        (new,) = set(children_of(origin.process.pid)) - set(before)
        assert eventually(lambda: not Path(f"/proc/{new}").exists(), within_s=10)


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
