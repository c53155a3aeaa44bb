"""Plans of every shape, acted on by nginx: each body and each part of it is what the files hold."""

from __future__ import annotations

import os
import random
import resource
import socket
import sys
import time
from collections.abc import Iterable, Iterator
from http.client import HTTPException
from pathlib import Path

import pytest

from deploy.stack import Wanted, running
from tests.app.read_plan import read_pieces
from tests.app.running_origin import ask, eventually
from tests.nginx import plan_app
from tests.nginx.running_stack import StackOrigin, nginx_workers
from tests.processes import open_files

pytestmark = pytest.mark.nginx

NAMES = ("one-range", "many-ranges", "one-byte-ranges", "backwards", "large-backwards",
         "much-in-small", "overlapping", "adjacent", "two-files",
         "inline-between", "inline-only", "inline-long", "far", "whole-file", "too-large",
         *(f"odd-name-{number}" for number in range(len(plan_app.ODD_NAMES))))  # fmt: skip


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackOrigin]:
    """nginx in front of `plan_app`."""
    folder = tmp_path_factory.mktemp("plans")
    plan_app.fill(folder)
    program = (sys.executable, str(Path(plan_app.__file__)))
    log = folder.with_suffix(".log")
    with log.open("wb") as output, running(Wanted(folder, folder, serve_program=program), output) as stack:
        yield StackOrigin(stack, folder, folder, log, splices=True)


@pytest.fixture(scope="module")
def bodies(plans: StackOrigin) -> dict[str, bytes]:
    return {name: read_pieces(pieces) for name, pieces in plan_app.shapes(plans.media_dir).items()}


def test_every_shape_has_a_case(bodies: dict[str, bytes]) -> None:
    assert bodies.keys() == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_whole_and_in_parts(plans: StackOrigin, bodies: dict[str, bytes], name: str) -> None:
    body, url = bodies[name], f"/v/{name}"
    connection = plans.connection()
    cold, hot = ask(connection, url), ask(connection, url)
    assert cold.body == body
    assert hot.body == body
    assert ("x-direct" in hot.headers) == (name == "too-large")
    rng = random.Random(name)
    for _ in range(15):
        start = rng.randrange(len(body))
        stop = rng.choice([start + 1, rng.randrange(start, len(body)) + 1, len(body)])
        part = ask(connection, url, Range=f"bytes={start}-{stop - 1}")
        assert part.status == 206
        assert part.body == body[start:stop]
        assert part.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(body)}"
    head = ask(connection, url, "HEAD")
    assert (head.status, head.body, int(head.headers["content-length"])) == (200, b"", len(body))
    tag = hot.headers["etag"]
    assert ask(connection, url, If_None_Match=tag).status == 304
    assert ask(connection, url, Range="bytes=1-2", If_Range=tag).status == 206
    connection.close()


def test_what_is_not_in_memory(plans: StackOrigin, bodies: dict[str, bytes]) -> None:
    """Small pieces are read only where nobody has to wait for a disk."""
    assert plans.get("/v/backwards").status == 200
    with (plans.media_dir / "one").open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    assert plans.get("/v/backwards").body == bodies["backwards"]


def test_a_plan_that_is_due_is_made_anew(plans: StackOrigin) -> None:
    """The old one is good until the new one is there."""
    url = "/v/brief/one-range"
    first = plans.get(url)
    assert first.status == 200
    time.sleep(2.1)  # nginx counts in whole seconds
    due = plans.get(url)
    assert (due.status, due.headers["cache-status"]) == (200, "vodsplice; hit; detail=stale")
    assert due.headers["etag"] == first.headers["etag"]
    assert eventually(lambda: plans.get(url).headers["etag"] != first.headers["etag"])


@pytest.mark.parametrize(("times", "status"), [(1, 200), (3, 200), (4, 409), (1000, 409)])
def test_how_many_plans_a_request_is_given(
    plans: StackOrigin, bodies: dict[str, bytes], times: int, status: int
) -> None:
    """Cold, and where the plan that was kept is not true any more either."""
    for _ in range(2):
        reply = plans.get(f"/v/changing/{times}/adjacent")
        assert reply.status == status
        assert status != 200 or reply.body == bodies["adjacent"]


@pytest.mark.parametrize(
    ("part", "more"),
    [("dev", 1), ("dev", 1 << 8), ("ino", 1), ("size", 1), ("mtime_ns", -1), ("mtime_ns", 1_000_000_000)],
)
def test_each_part_of_an_identity_counts(plans: StackOrigin, part: str, more: int) -> None:
    """Of a device, minor and major number; of a time, nanoseconds and seconds."""
    assert plans.get(f"/v/other/{part}/0/adjacent").status == 200
    assert plans.get(f"/v/other/{part}/{more}/adjacent").status == 409


def test_only_plans_are_kept(plans: StackOrigin, bodies: dict[str, bytes]) -> None:
    """What else gunicorn may answer with is megabytes, whoever else may keep it."""
    reply = plans.get("/v/unplanned/whole-file")
    assert (reply.status, reply.body, "x-direct" in reply.headers) == (200, bodies["whole-file"], True)
    assert "max-age=31536000" in reply.headers["cache-control"]
    kept = [path for path in (plans.stack.prefix / "run" / "plans").rglob("*") if path.is_file()]
    assert not any(b"/v/unplanned/" in path.read_bytes() for path in kept)


def test_a_plan_that_is_due_while_gunicorn_is_away(plans: StackOrigin, bodies: dict[str, bytes]) -> None:
    url = "/v/brief/backwards"
    assert plans.get(url).body == bodies["backwards"]
    path = plans.stack.prefix / "run" / "gunicorn.sock"
    away = path.rename(path.with_suffix(".away"))
    try:
        time.sleep(2.1)  # nginx counts in whole seconds
        for _ in range(3):
            due = plans.get(url)
            assert (due.status, due.body) == (200, bodies["backwards"])
    finally:
        away.rename(path)


def test_a_plan_that_is_due_and_refused(plans: StackOrigin, bodies: dict[str, bytes]) -> None:
    url = "/v/ending/adjacent"
    assert plans.get(url).body == bodies["adjacent"]
    time.sleep(2.1)  # nginx counts in whole seconds
    due = plans.get(url)
    assert (due.body, due.headers["cache-status"]) == (bodies["adjacent"], "vodsplice; hit; detail=stale")
    assert eventually(lambda: plans.get(url).status == 410)


def test_who_is_served_suffers_from_no_plan_that_nobody_waits_for(plans: StackOrigin) -> None:
    """One that comes next, and then a new one for one that is due, break off while a client still reads."""
    for breaking, status in enumerate(("fwd=uri-miss", "hit; detail=stale"), start=1):
        with plans.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
            client.sendall(b"GET /v/cut/seg_0005.m4s HTTP/1.0\r\n\r\n")
            received = client.recv(1000)
            assert f"Cache-Status: vodsplice; {status}\r\n".encode() in received
            assert eventually(lambda: plans.log.read_text().count("prematurely closed") >= breaking)  # noqa: B023
            received += b"".join(iter(lambda: client.recv(1 << 20), b""))
        assert len(received.partition(b"\r\n\r\n")[2]) == 60 * 300_000
        time.sleep(2.1)  # nginx counts in whole seconds


def test_a_kept_plan_that_cannot_be_read(plans: StackOrigin, bodies: dict[str, bytes]) -> None:
    """Cut short anywhere, or of another format: a new one is made, or gunicorn sends the body."""
    assert plans.get("/v/adjacent").status == 200
    kept = [path for path in (plans.stack.prefix / "run" / "plans").rglob("*") if path.is_file()]
    (plan,) = (path for path in kept if b"\nKEY: 2 /v/adjacent?\n" in path.read_bytes())
    content = plan.read_bytes()
    cut = (content[:length] for length in range(0, len(content), 3))
    try:
        for spoilt in (*cut, bytes(len(content)), content.replace(b"\nsplice 2\n", b"\nsplice 1\n")):
            plan.write_bytes(spoilt)
            reply = plans.get("/v/adjacent", Range="bytes=1-")  # else it may be remembered
            assert (reply.status, reply.body) == (206, bodies["adjacent"][1:])
        assert "x-direct" in reply.headers
    finally:
        plan.write_bytes(content)


def test_a_worker_remembers_plans(plans: StackOrigin, bodies: dict[str, bytes]) -> None:
    """What it has acted on it acts on again without looking at nginx's cache."""
    connection = plans.connection()
    for name in ("inline-between", "inline-long"):
        assert ask(connection, f"/v/{name}?remembered").status == 200
        assert ask(connection, f"/v/{name}?remembered").status == 200
        for path in (plans.stack.prefix / "run" / "plans").rglob("*"):
            if path.is_file():
                path.unlink()
        again = ask(connection, f"/v/{name}?remembered")
        assert (again.headers["cache-status"], again.body) == ("vodsplice; hit", bodies[name])
    connection.close()


def test_how_many_it_remembers(plans: StackOrigin, bodies: dict[str, bytes]) -> None:
    """Each of these keeps nginx's file of it open; one plan is remembered once, however it is spelled."""
    connection = plans.connection()

    def ask_by(queries: Iterable[str]) -> int:
        for query in queries:
            assert ask(connection, f"/v/inline-long?{query}").body == bodies["inline-long"]
        opened = (open_files(pid) for pid in nginx_workers(plans))
        return max(sum("/run/plans/" in path for path in paths) for paths in opened)

    assert ask_by(f"v=1&{number}" for number in range(300)) < 50
    assert 200 < ask_by(f"v={number}" for number in range(800)) < 500
    connection.close()


@pytest.mark.parametrize(("name", "is_read"), [("large-backwards", False), ("backwards", True)])
def test_how_often_one_request_opens_a_file(plans: StackOrigin, name: str, *, is_read: bool) -> None:
    """Once, however many ranges are under way to a client that takes none; small ones are read before."""
    path = plans.media_dir / "one"
    with path.open("rb") as file:
        can_read = is_read and reads_without_waiting(file.fileno())
    with plans.socket(4096) as client:
        client.sendall(f"GET /v/{name} HTTP/1.1\r\nHost: x\r\n\r\n".encode() * 50)
        assert client.recv(1000)
        time.sleep(0.5)  # until the kernel takes no more for this client
        opened = [path for pid in nginx_workers(plans) for path in open_files(pid)]
    assert opened.count(str(path)) == (0 if can_read else 1)


def reads_without_waiting(descriptor: int) -> bool:
    """Whether this kind of file system knows how."""
    try:
        return os.preadv(descriptor, [bytearray(1)], 0, os.RWF_NOWAIT) == 1
    except OSError:
        return False


def test_nothing_stays_open(plans: StackOrigin, bodies: dict[str, bytes]) -> None:
    for name in NAMES:
        plans.get(f"/v/{name}")

    def opened() -> list[str]:
        paths = (path for pid in nginx_workers(plans) for path in open_files(pid))
        return [path for path in paths if Path(path).parent == plans.media_dir]

    assert eventually(lambda: opened() == [])


@pytest.mark.parametrize("spare", range(8))
def test_out_of_descriptors(plans: StackOrigin, bodies: dict[str, bytes], spare: int) -> None:
    """A worker that can open no more refuses, or breaks the body off; it never leaves a range out."""
    client = plans.connection()
    assert ask(client, "/v/two-files").body == bodies["two-files"]
    limits = {pid: resource.prlimit(pid, resource.RLIMIT_NOFILE) for pid in nginx_workers(plans)}
    try:
        for pid in limits:
            highest = max(int(link.name) for link in Path(f"/proc/{pid}/fd").iterdir())
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (highest + 1 + spare, limits[pid][1]))
        try:
            reply = ask(client, "/v/two-files")
        except (HTTPException, ConnectionError):
            return
        assert reply.status in (500, 503) or reply.body == bodies["two-files"]
    finally:
        for pid, limit in limits.items():
            resource.prlimit(pid, resource.RLIMIT_NOFILE, limit)
        client.close()
