"""Who watches on waits for no plan but the first: nginx asks for those that come next while it sends."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.manifest.urls import planned_next
from deploy.stack import nginx_command
from tests.app.made_archive import MadeArchive, make_archive
from tests.app.running_origin import ask, eventually
from tests.nginx.kept_plans import HIT, MISS, NAMES, asked_of_gunicorn, segment_url
from tests.nginx.running_stack import StackOrigin, running_stack
from tests.nginx.test_stampedes import at_once

pytestmark = pytest.mark.nginx
SEGMENTS = 25


@pytest.fixture
def film(spliced: StackOrigin) -> MadeArchive:
    """Its plans are three files: of segments 1 to 9, 10 to 19 and 20 to 25."""
    return make_archive(spliced.media_dir, spliced.index_dir, next(NAMES), segments=SEGMENTS)


def test_a_viewer(spliced: StackOrigin, film: MadeArchive) -> None:
    found = []
    for number in range(1, SEGMENTS + 1):
        reply = spliced.get(segment_url(film, number))
        assert reply.body.endswith(film.media[number - 1])
        found.append(reply.headers["cache-status"])
        asked = 1 + (number >= 5) + (number >= 15)
        assert asked_of_gunicorn(spliced, film, asked) == asked
    assert found == [MISS] + [HIT] * (SEGMENTS - 1)


def test_nothing_is_asked_for_that_is_kept_or_is_not_there(spliced: StackOrigin, film: MadeArchive) -> None:
    for number in (1, 5, 15):
        spliced.get(segment_url(film, number))
    assert asked_of_gunicorn(spliced, film, 3) == 3
    for _ in range(3):
        for number in range(1, SEGMENTS + 1):
            assert spliced.get(segment_url(film, number)).headers["cache-status"] == HIT
    assert spliced.get(f"/v/{film.id}/seg_0030.m4s?v={film.version}").status == 404
    assert asked_of_gunicorn(spliced, film, 4) == 4


def test_a_crowd_of_viewers(spliced: StackOrigin, film: MadeArchive) -> None:
    assert spliced.get(segment_url(film, 1)).headers["cache-status"] == MISS
    answers = at_once(spliced, f"GET {segment_url(film, 5)} HTTP/1.0\r\n\r\n".encode(), clients=500)
    assert {answer.partition(b"\r\n\r\n")[2][-1000:] for answer in answers} == {film.media[4][-1000:]}
    assert asked_of_gunicorn(spliced, film, 2) == 2


def test_parts_and_heads_look_ahead_too(spliced: StackOrigin, film: MadeArchive) -> None:
    part = spliced.get(segment_url(film, 5), Range="bytes=-100")
    assert (part.status, part.body) == (206, film.media[4][-100:])
    head = spliced.get(segment_url(film, 15), "HEAD")
    assert (head.status, head.body, head.headers["cache-status"]) == (200, b"", HIT)
    assert asked_of_gunicorn(spliced, film, 3) == 3


@pytest.fixture
def stopped_gunicorn(spliced: StackOrigin, film: MadeArchive) -> Iterator[None]:
    """It hangs from when the first plans are kept."""
    assert spliced.get(segment_url(film, 1)).status == 200
    os.killpg(spliced.process.pid, signal.SIGSTOP)
    yield
    os.killpg(spliced.process.pid, signal.SIGCONT)


@pytest.mark.usefixtures("stopped_gunicorn")
def test_what_is_kept_does_not_wait_for_gunicorn(spliced: StackOrigin, film: MadeArchive) -> None:
    """Nor does the next request of the connection."""
    connection = spliced.connection()
    try:
        for number in (5, 6, 9, 1):
            began_s = time.monotonic()
            reply = ask(connection, segment_url(film, number))
            assert (reply.status, reply.headers["cache-status"]) == (200, HIT)
            assert reply.body.endswith(film.media[number - 1])
            assert time.monotonic() - began_s < 20  # a plan that is needed waits for 30 s
    finally:
        connection.close()


def test_nginx_starts_where_another_was_killed(tmp_path: Path) -> None:
    """Its socket for wishes is still there."""
    for name in ("media", "index"):
        (tmp_path / name).mkdir()
    film = make_archive(tmp_path / "media", tmp_path / "index", segments=SEGMENTS)
    log = tmp_path / "log"
    with running_stack(tmp_path / "media", tmp_path / "index", log, "--access-log", "on") as origin:
        prefix = origin.stack.prefix
        os.killpg(origin.stack.nginx.pid, signal.SIGKILL)
        origin.stack.nginx.wait()
        assert (prefix / "run" / "plans-wanted.sock").is_socket()
        with subprocess.Popen(nginx_command(prefix, "nginx.conf"), cwd=prefix) as again:
            try:
                pid_file = prefix / "run" / "nginx.pid"
                assert eventually(lambda: pid_file.read_text().strip() == str(again.pid))
                assert origin.get(segment_url(film, 5)).body.endswith(film.media[4])
                assert asked_of_gunicorn(origin, film, 2) == 2
            finally:
                again.send_signal(signal.SIGQUIT)
        assert again.returncode == 0


@pytest.mark.parametrize(
    ("name", "following"),
    [
        ("seg_0001.m4s", "seg_0010.m4s"),
        ("seg_0999.vtt", "seg_1000.vtt"),
        ("seg_9999.m4s", "seg_10000.m4s"),
        ("iframe_12345.m4s", "iframe_12350.m4s"),
        ("init.mp4", ""),
    ],
)
def test_what_comes_next(name: str, following: str) -> None:
    assert planned_next(name) == following
