"""What is counted, over all workers, on a listener of its own."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from tests.app.conftest import MakeArchive, StartOrigin
from tests.app.running_origin import eventually
from tests.app.scrape import scrape
from tests.processes import children_of, open_files

PLAYLISTS = 'vodsplice_requests_total{route="playlist",status="200"}'


def comes_to(address: str, wanted: Mapping[str, float]) -> bool:
    """Whether all of that is counted in the end. An answer may arrive before it is."""

    def is_counted() -> bool:
        with suppress(OSError):  # a new process takes the listener over within a second
            return wanted.items() <= scrape(address).items()
        return False

    return eventually(is_counted)


def test_counts_of_all_workers_meet(make: MakeArchive, start: StartOrigin, metrics_address: str) -> None:
    make("film", range_bytes=6 << 20)
    with start("--workers", "2", "--metrics-bind", metrics_address) as origin:
        for _ in range(20):
            assert origin.get("/v/film/playlist.m3u8").status == 200
            assert origin.get("/v/absent/playlist.m3u8").status == 404
        assert origin.get("/metrics").status == 404
        with origin.socket(4096) as client:
            client.sendall(b"GET /v/film/seg_0001.m4s HTTP/1.1\r\nHost: x\r\n\r\n")
            client.recv(100)
            wanted = {
                PLAYLISTS: 20,
                'vodsplice_requests_total{route="playlist",status="404"}': 20,
                'vodsplice_refusals_total{cause="not_found"}': 21,
                'vodsplice_plan_seconds_count{route="playlist"}': 20,
                "vodsplice_segments_in_flight": 1,
            }
            assert comes_to(metrics_address, wanted), scrape(metrics_address)
        assert 1 <= scrape(metrics_address)["vodsplice_open_archives"] <= 2


def test_nobody_but_nginx_counts_mismatches(
    make: MakeArchive, start: StartOrigin, metrics_address: str
) -> None:
    make("film")
    with start("--workers", "1", "--metrics-bind", metrics_address) as origin:
        forged = {"X_Splice_Retry": "1", "X_Splice_Format": "1"}
        assert origin.get("/v/film/seg_0001.m4s", **forged).status == 200
        assert comes_to(metrics_address, {'vodsplice_requests_total{route="segment",status="200"}': 1})
        assert scrape(metrics_address).get("vodsplice_identity_mismatches_total", 0) == 0


def test_counts_outlive_a_worker(make: MakeArchive, start: StartOrigin, metrics_address: str) -> None:
    make("film")
    with start("--workers", "1", "--metrics-bind", metrics_address) as origin:
        assert origin.get("/v/film/playlist.m3u8").status == 200
        pid = origin.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children")
        worker = children.read_text().split()[0]
        os.kill(int(worker), signal.SIGKILL)
        assert eventually(lambda: children.read_text().split() not in ([], [worker]))
        assert comes_to(metrics_address, {"vodsplice_open_archives": 0})
        assert origin.get("/v/film/playlist.m3u8").status == 200
        assert comes_to(metrics_address, {PLAYLISTS: 2, "vodsplice_open_archives": 1})


def test_counts_outlive_a_reload(make: MakeArchive, start: StartOrigin, metrics_address: str) -> None:
    """Workers that end in peace leave the folder of the counts to those that come."""
    make("film")
    with start("--workers", "1", "--metrics-bind", metrics_address) as origin:
        assert origin.get("/v/film/playlist.m3u8").status == 200
        before = children_of(origin.process.pid)
        origin.process.send_signal(signal.SIGHUP)
        assert eventually(lambda: not set(before) & set(children_of(origin.process.pid)))
        assert origin.get("/v/film/playlist.m3u8").status == 200
        assert comes_to(metrics_address, {PLAYLISTS: 2})


def test_no_worker_holds_the_listener(make: MakeArchive, start: StartOrigin, metrics_address: str) -> None:
    """One that ends later than its master would keep the next one from it."""
    make("film")
    with start("--workers", "1", "--metrics-bind", metrics_address) as origin:
        assert origin.get("/healthz").status == 200
        (worker,) = children_of(origin.process.pid)
        assert f"socket:[{listening(metrics_address)}]" in open_files(origin.process.pid)
        assert f"socket:[{listening(metrics_address)}]" not in open_files(worker)


def listening(address: str) -> str:
    """The inode of the socket that listens there."""
    end = f":{int(address.rpartition(':')[2]):04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    (inode,) = (row[9] for row in rows if row[1].endswith(end) and row[3] == "0A")
    return inode


def test_upgrade_hands_over_without_a_failed_request(
    make: MakeArchive, start: StartOrigin, metrics_address: str
) -> None:
    """SIGUSR2 starts a second master on the same sockets; then the first one is asked to go."""
    make("film")
    with start("--workers", "1", "--metrics-bind", metrics_address) as origin:
        ended, statuses = threading.Event(), set()

        def load() -> None:
            while not ended.is_set():
                statuses.add(origin.get("/v/film/seg_0001.m4s").status)

        loading = threading.Thread(target=load)
        loading.start()
        os.kill(origin.process.pid, signal.SIGUSR2)
        assert eventually(lambda: origin.log.read_text().count("serving 1 archive at") == 2)
        os.kill(origin.process.pid, signal.SIGTERM)
        assert origin.process.wait(60) == 0
        assert comes_to(metrics_address, {"vodsplice_open_archives": 1})
        ended.set()
        loading.join()
        assert statuses == {200}
        assert scrape(metrics_address)['vodsplice_requests_total{route="segment",status="200"}'] > 0
        assert "Traceback" not in origin.log.read_text()
