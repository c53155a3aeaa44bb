"""`vodsplice-serve` as a user meets it: what it prints, how it ends, what it says is wrong."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.app.conftest import MakeArchive, StartOrigin
from tests.app.running_origin import command, eventually, stop
from tests.processes import children_of

GOING_ON = "going on with the settings in use"


def run(*flags: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """To its end, which comes soon where something is wrong."""
    return subprocess.run(
        command(*flags), env=os.environ | environ, capture_output=True, text=True, timeout=60, check=False
    )


def folders(media_dir: Path, index_dir: Path) -> tuple[str, ...]:
    return "--media-dir", str(media_dir), "--index-dir", str(index_dir)


def test_says_what_it_serves_and_ends_quietly(make: MakeArchive, start: StartOrigin) -> None:
    make("a/film")
    make("b")
    with start("--workers", "2", "--access-log", "off") as origin:
        assert origin.get("/healthz").status == 200
    lines = origin.log.read_text().splitlines()
    assert re.fullmatch(rf"vodsplice \d\S* serving 2 archives at {origin.base}/", lines[0])
    assert re.fullmatch(
        r"capacity: workers=2 \(flag\) max_open_archives=\d+ \(auto\) max_inflight_segments=\d+ \(auto\) "
        r"permit_wait_timeout=5s \(default\) from cores=\d+ memory=\d+MiB files=\d+",
        lines[1],
    )
    assert lines[2:] == []
    assert origin.process.returncode == 0


def test_ctrl_c_during_a_transfer_is_quick(make: MakeArchive, start: StartOrigin) -> None:
    make("film", range_bytes=6 << 20)
    with start("--workers", "1") as origin:
        client = origin.socket(4096)
        client.sendall(b"GET /v/film/seg_0001.m4s HTTP/1.1\r\nHost: x\r\n\r\n")
        client.recv(100)
    assert origin.process.returncode == 0
    assert "Traceback" not in origin.log.read_text()
    client.close()


@pytest.mark.parametrize("moment_s", [0, 0.02, 0.05])
def test_ctrl_c_while_it_starts(start: StartOrigin, moment_s: float) -> None:
    with start("--workers", "2") as origin:
        time.sleep(moment_s)
    assert origin.process.returncode == 0


def test_taken_port(media_dir: Path, index_dir: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        ended = run(*folders(media_dir, index_dir), "--bind", address)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == (
        f"Error: cannot listen on {address}: Address already in use; name another --bind or VODSPLICE_BIND\n"
    )


def test_taken_metrics_port(media_dir: Path, index_dir: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        ended = run(*folders(media_dir, index_dir), "--bind", "127.0.0.1:0", "--metrics-bind", address)
    assert ended.returncode == 1
    assert "name another --metrics-bind or VODSPLICE_METRICS_BIND" in ended.stderr


@pytest.mark.parametrize(
    ("absent", "remedy"),
    [
        ("media", "name another --media-dir or VODSPLICE_MEDIA_DIR"),
        ("index", "run vodsplice-index first, or name another --index-dir or VODSPLICE_INDEX_DIR"),
    ],
)
def test_absent_folder(media_dir: Path, index_dir: Path, absent: str, remedy: str) -> None:
    missing = {"media": media_dir, "index": index_dir}[absent]
    missing.rmdir()
    ended = run(*folders(media_dir, index_dir))
    assert ended.returncode == 1
    assert ended.stderr == f"Error: {missing}: No such file or directory; {remedy}\n"


def test_a_file_is_no_folder(media_dir: Path, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    ended = run(*folders(media_dir, file))
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"Error: {file}: Not a directory; ")


def test_wrong_setting() -> None:
    ended = run(VODSPLICE_WORKERS="many")
    assert ended.returncode == 2
    assert "VODSPLICE_WORKERS: 'many' is not a whole number from 1 to 1024, or auto" in ended.stderr


def test_help_names_every_setting() -> None:
    ended = run("--help")
    assert ended.returncode == 0
    assert "--max-inflight-segments" in ended.stdout


def test_a_locale_of_another_encoding_is_wrong_usage(media_dir: Path, index_dir: Path) -> None:
    """Python has its own ways out of the C locale, which it has not out of others."""
    ended = run(*folders(media_dir, index_dir), LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert ended.returncode == 2
    assert ended.stderr.endswith(
        "\nError: this locale has names of files in ascii, and they are UTF-8 here: set LC_ALL=C.UTF-8\n"
    )


def test_several_addresses(make: MakeArchive, start: StartOrigin, tmp_path: Path) -> None:
    film = make("film")
    path = tmp_path / "origin.sock"
    with start("--workers", "1", "--bind", f"127.0.0.1:0,unix:{path}") as origin:
        assert origin.get("/healthz").status == 200
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
            client.sendall(b"GET /v/film/seg_0001.m4s HTTP/1.0\r\n\r\n")
            received = b"".join(iter(lambda: client.recv(1 << 16), b""))
    assert received.endswith(film.media[0])
    assert not path.exists()


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_line_a_request(make: MakeArchive, start: StartOrigin, log_format: str) -> None:
    film = make("film")
    with start("--workers", "1", "--log-format", log_format) as origin:
        body = origin.get("/v/film/seg_0001.m4s?x=%22%0a", X_Request_Id="abc-1").body
        assert body.endswith(film.media[0])
        assert eventually(lambda: "/v/film" in origin.log.read_text())  # or the next overtakes it
        refused = origin.get("/v/absent/seg_0001.m4s", X_Request_Id='"bad\t')
        assert eventually(lambda: origin.log.read_text().count("/v/") == 2)
    lines = origin.log.read_text().splitlines()[2:]
    assert len(lines) == 2
    own_id = refused.headers["x-request-id"]
    assert re.fullmatch("[0-9a-f]{16}", own_id)
    if log_format == "text":
        moment = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z 127\.0\.0\.1 GET"
        target = r"/v/film/seg_0001\.m4s\?x=%22%0a"
        assert re.fullmatch(rf"{moment} {target} 200 {len(body)}B \d+\.\dms id=abc-1 via=sendfile", lines[0])
        assert re.fullmatch(rf"{moment} \S+ 404 \d+B \d+\.\dms id={own_id} via=- cause=not_found", lines[1])
    else:
        served, missed = map(json.loads, lines)
        assert (served["request_id"], served["archive"], served["route"]) == ("abc-1", "film", "segment")
        assert (served["status"], served["bytes"], served["delivery"]) == (200, len(body), "sendfile")
        assert (missed["status"], missed["cause"], missed["archive"]) == (404, "not_found", "absent")


def test_sockets_of_a_supervisor(make: MakeArchive, media_dir: Path, index_dir: Path, tmp_path: Path) -> None:
    """Socket activation: the listener is file descriptor 3, and `bind` is not used."""
    make("film")
    log = tmp_path / "log"
    with log.open("wb") as output, socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        script = 'exec 3<&"$1"; shift; export LISTEN_FDS=1 LISTEN_PID=$$; exec "$@"'
        serve = command(*folders(media_dir, index_dir), "--workers", "1", "--bind", f"127.0.0.1:{port}")
        process = subprocess.Popen(
            ["bash", "-c", script, "bash", str(listener.fileno()), *serve],
            pass_fds=[listener.fileno()], stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
                client.sendall(b"GET /v/film/playlist.m3u8 HTTP/1.0\r\n\r\n")
                assert client.recv(100).startswith(b"HTTP/1.0 200")
            masters = len(children_of(process.pid))
            process.send_signal(signal.SIGUSR2)  # to gunicorn, a second master beside it
            assert eventually(lambda: "restart the service instead" in log.read_text())
            assert len(children_of(process.pid)) == masters
        finally:
            assert stop(process) == 0


def test_reload_reads_the_file_again_and_fails_no_request(
    make: MakeArchive, start: StartOrigin, tmp_path: Path
) -> None:
    film = make("film")
    config = tmp_path / "origin.toml"
    config.write_text('cors_origin = "https://before.example"')
    origins, failures = set(), []
    with start("--workers", "2", "--config", str(config)) as origin:
        ended = threading.Event()

        def load() -> None:
            while not ended.is_set():
                reply = origin.get("/v/film/seg_0001.m4s")
                origins.add(reply.headers["access-control-allow-origin"])
                if reply.status != 200 or not reply.body.endswith(film.media[0]):
                    failures.append(reply)

        with ThreadPoolExecutor(4) as pool:
            loads = [pool.submit(load) for _ in range(4)]
            for content, is_done in (
                ('cors_origin = "https://after.example"', lambda: "https://after.example" in origins),
                ('stall_timeout = "soon"', lambda: GOING_ON in origin.log.read_text()),
            ):
                config.write_text(content)
                os.kill(origin.process.pid, signal.SIGHUP)
                assert eventually(is_done)
                time.sleep(0.5)  # requests go on
            ended.set()
            for each in loads:
                each.result()
    assert failures == []
    assert origins == {"https://before.example", "https://after.example"}
    log = origin.log.read_text()
    assert "stall_timeout: 'soon' is not a number of seconds" in log
    assert GOING_ON in log
