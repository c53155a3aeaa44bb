"""The embedded delivery alone: the kernel moves the media, permits bound it, and nothing is left behind."""

from __future__ import annotations

import errno
import os
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Request
from werkzeug.test import create_environ

from app.delivery.sendfile import Sendfile
from app.errors import Mismatch, NotFound, OriginError, Overloaded, Unreadable
from app.permits import Permits
from app.plan import FileIdentity, Plan, one_range
from tests.app.conftest import Client, MakeArchive, StartOrigin
from tests.app.made_archive import MadeArchive
from tests.app.running_origin import Origin, eventually
from tests.processes import children_of, open_files

SEGMENT = "/v/film/seg_0001.m4s"
LARGE = {"range_bytes": 6 << 20, "ranges": 2}
SLOW_BUFFER_BYTES = 64 * 1024


def ask_and_wait(origin: Origin, target: str = SEGMENT) -> socket.socket:
    """A client that has asked for a body, got its first bytes and takes no more."""
    client = origin.socket(SLOW_BUFFER_BYTES)
    client.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert client.recv(100).startswith(b"HTTP/1.1 200")
    return client


def bytes_read(trace: str, path: Path) -> Iterator[str]:
    """Lines of an strace in which anything but the kernel's own copy takes bytes out of `path`."""
    calls = r"\b(?:read|pread64|readv|preadv2?|mmap|copy_file_range|splice)\("
    return (line for line in trace.splitlines() if re.search(calls, line) and str(path) in line)


@pytest.mark.requires_tool("strace")
def test_media_does_not_pass_through_python(
    make: MakeArchive, start: StartOrigin, tmp_path: Path, tool: Callable[[str], str]
) -> None:
    film = make("film", ranges=5)
    trace = tmp_path / "trace"
    prefix = (tool("strace"), "-f", "-y", "-s", "0", "-o", str(trace), "-e", "trace=%desc,%network")
    with start("--workers", "1", prefix=prefix) as origin:
        assert origin.get(SEGMENT).body.endswith(film.media[0])
        assert origin.get(SEGMENT, Range="bytes=30000-40000").status == 206
    lines = trace.read_text()
    sent = [line for line in lines.splitlines() if "sendfile(" in line and str(film.path) in line]
    assert len(sent) >= 5 + 1  # a range each, and the last byte after a last look
    assert list(bytes_read(lines, film.path)) == []
    assert list(bytes_read(lines, film.index)) != []  # so what is looked for would be seen


@pytest.mark.parametrize("workers", ["1", "4"])
def test_permits_bound_what_is_sent(make: MakeArchive, start: StartOrigin, workers: str) -> None:
    """By all workers: whichever of them gets a request."""
    make("film", **LARGE)
    flags = ("--workers", workers, "--max-inflight-segments", "1", "--permit-wait-timeout", "0.2")
    with start(*flags) as origin:
        with ask_and_wait(origin):
            asked_s = time.monotonic()
            refused = origin.get(SEGMENT)
            assert time.monotonic() - asked_s >= 0.2
            assert (refused.status, refused.headers["cache-control"]) == (503, "no-store")
            assert int(refused.headers["retry-after"]) > 0
            others = [
                origin.get("/v/film/playlist.m3u8"),
                origin.get(SEGMENT, "HEAD"),
                origin.get("/healthz"),
            ]
            assert [reply.status for reply in others] == [200, 200, 200]
            unsatisfiable = origin.get(SEGMENT, Range="bytes=99999999-")
            assert unsatisfiable.status == 416
        assert eventually(lambda: origin.get(SEGMENT, Range="bytes=0-9").status == 206)


def test_one_that_waits_is_served_when_its_turn_comes(make: MakeArchive, start: StartOrigin) -> None:
    make("film", **LARGE)
    with start("--workers", "1", "--max-inflight-segments", "1", "--permit-wait-timeout", "10") as origin:
        client = ask_and_wait(origin)
        waiting = origin.socket()
        waiting.sendall(f"GET {SEGMENT} HTTP/1.1\r\nHost: x\r\nRange: bytes=0-9\r\n\r\n".encode())
        client.close()
        with waiting:
            assert waiting.recv(100).startswith(b"HTTP/1.1 206")


def test_a_crowd_waits_for_its_turn(make: MakeArchive, start: StartOrigin) -> None:
    """Sixty that ask at once, one permit: all are served, by two workers, one after the other."""
    make("film")
    flags = ("--workers", "2", "--max-inflight-segments", "1", "--permit-wait-timeout", "30")
    with start(*flags) as origin, ThreadPoolExecutor(60) as crowd:
        statuses = list(crowd.map(lambda _: origin.get(SEGMENT).status, range(240)))
    assert statuses == [200] * 240


def test_a_killed_worker_gives_back(make: MakeArchive, start: StartOrigin) -> None:
    make("film", **LARGE)
    flags = ("--workers", "1", "--max-inflight-segments", "1", "--permit-wait-timeout", "0.2")
    with start(*flags) as origin, ask_and_wait(origin):
        assert origin.get(SEGMENT).status == 503
        (worker,) = children_of(origin.process.pid)
        os.kill(worker, signal.SIGKILL)
        assert eventually(lambda: children_of(origin.process.pid) not in ([], [worker]))
        assert origin.get(SEGMENT, Range="bytes=0-9").status == 206


def test_a_client_that_takes_nothing_is_cut_off(make: MakeArchive, start: StartOrigin) -> None:
    make("film", **LARGE)
    with start("--workers", "1", "--max-inflight-segments", "1", "--stall-timeout", "0.3") as origin:
        with ask_and_wait(origin):
            assert eventually(lambda: "took nothing for 0.3 s" in origin.log.read_text())
            assert origin.get(SEGMENT, Range="bytes=0-9").status == 206
        assert "Traceback" not in origin.log.read_text()
        assert "cause=stalled" in origin.log.read_text()


def test_half_a_request_gives_its_thread_back(make: MakeArchive, start: StartOrigin) -> None:
    make("film")
    with start("--workers", "1", "--max-inflight-segments", "1", "--stall-timeout", "1") as origin:
        halves = [origin.socket() for _ in range(600)]  # more than there are threads
        for half in halves:
            half.sendall(b"GET /healthz HTTP/1.1\r\nHost")
        assert origin.get("/healthz").status == 200
        assert "Traceback" not in origin.log.read_text()
        for half in halves:
            half.close()


def test_nothing_stays_open(make: MakeArchive, start: StartOrigin) -> None:
    film = make("film", **LARGE)
    with start("--workers", "1") as origin:
        origin.get(SEGMENT)
        (worker,) = children_of(origin.process.pid)
        before = len(open_files(worker))
        for _ in range(10):
            ask_and_wait(origin).close()
            origin.get(SEGMENT, Range="bytes=0-")
            origin.get(SEGMENT, "HEAD")
            origin.get(SEGMENT, If_None_Match="*")
            origin.get(SEGMENT, Range="bytes=99999999-")
            origin.get("/v/nothing/playlist.m3u8")
        assert eventually(lambda: str(film.path) not in open_files(worker))
        assert eventually(lambda: len(open_files(worker)) <= before)
        assert "Traceback" not in origin.log.read_text()


def test_transfers_end_before_the_server_does(make: MakeArchive, start: StartOrigin) -> None:
    film = make("film", **LARGE)
    with start("--workers", "1") as origin:
        client = ask_and_wait(origin)
        os.kill(origin.process.pid, signal.SIGTERM)
        time.sleep(0.3)
        received = 0
        while block := client.recv(1 << 20):
            received += len(block)
        client.close()
        assert received > len(film.media[0])
        assert origin.process.wait(25) == 0


def test_without_a_plain_socket_blocks_are_read(
    client: Client, archive: MadeArchive, make: MakeArchive
) -> None:
    film = make("film", range_bytes=300_000, ranges=2)
    assert client.get(SEGMENT).body.endswith(film.media[0])
    part = client.get(SEGMENT, headers={"Range": "bytes=-300001"})
    assert part.body == film.media[0][-300_001:]


@pytest.fixture
def plan_of(tmp_path: Path) -> Callable[..., Plan]:
    """A plan of a head and ten bytes of a file, perhaps with another identity than the file has."""
    file = tmp_path / "file"
    file.write_bytes(bytes(100))

    def make_plan(**differences: Any) -> Plan:
        identity = replace(FileIdentity.of(str(file), file.stat()), **differences)
        return Plan("video/mp4", "tag", 0, 60, immutable=False, pieces=(b"head", one_range(identity, 5, 10)))

    return make_plan


@pytest.mark.parametrize(
    ("differences", "refusal"),
    [
        ({"size": 99}, Mismatch),
        ({"mtime_ns": 1}, Mismatch),
        ({"ino": 1}, Mismatch),
        ({"dev": 1}, Mismatch),
        ({"path": "/absent/file"}, NotFound),
        ({"path": f"{__file__}/file"}, NotFound),  # a folder that became a file
    ],
)
def test_another_file_is_refused_and_costs_no_permit(
    plan_of: Callable[..., Plan], differences: dict[str, Any], refusal: type[OriginError]
) -> None:
    permits = Permits(total=1, waiting=1, wait_timeout_s=0.01)
    sendfile = Sendfile(permits, stall_timeout_s=1)
    before = open_files(os.getpid())
    for _ in range(3):
        with pytest.raises(refusal):
            sendfile.deliver(plan_of(**differences), Request(create_environ()))
    assert open_files(os.getpid()) == before
    response = sendfile.deliver(plan_of(), Request(create_environ()))
    assert b"".join(response.iter_encoded()) == b"head" + bytes(10)
    response.close()


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO])
def test_a_file_that_cannot_be_read_is_not_called_removed(
    plan_of: Callable[..., Plan],
    number: int,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    plan = plan_of()

    def fail(path: str, flags: int) -> int:
        raise OSError(number, os.strerror(number), path)

    monkeypatch.setattr(os, "open", fail)
    with pytest.raises(Unreadable) as caught:
        Sendfile(Permits(1, 1, 0.01), stall_timeout_s=1).deliver(plan, Request(create_environ()))
    monkeypatch.undo()
    assert (caught.value.status, caught.value.headers) == (503, (("Retry-After", "10"),))
    assert os.strerror(number) in caplog.text


def test_a_permit_is_held_until_the_body_is_closed(plan_of: Callable[..., Plan]) -> None:
    sendfile = Sendfile(Permits(total=1, waiting=1, wait_timeout_s=0.01), stall_timeout_s=1)
    for _ in range(3):
        response = sendfile.deliver(plan_of(), Request(create_environ()))
        with pytest.raises(Overloaded):
            sendfile.deliver(plan_of(), Request(create_environ()))
        for method in ("HEAD", "GET"):
            range_ = {"Range": "bytes=0-3"}
            inline = sendfile.deliver(plan_of(), Request(create_environ(method=method, headers=range_)))
            assert inline.status_code == 206
        response.close()


def test_a_part_of_the_head_of_a_download_holds_one_too(plan_of: Callable[..., Plan]) -> None:
    sendfile = Sendfile(Permits(total=1, waiting=1, wait_timeout_s=0.01), stall_timeout_s=1)
    download = replace(plan_of(), filename="film.mp4")
    for _ in range(3):
        response = sendfile.deliver(download, Request(create_environ(headers={"Range": "bytes=0-3"})))
        with pytest.raises(Overloaded):
            sendfile.deliver(download, Request(create_environ()))
        assert sendfile.deliver(download, Request(create_environ(method="HEAD"))).status_code == 200
        assert b"".join(response.iter_encoded()) == b"head"
        response.close()
