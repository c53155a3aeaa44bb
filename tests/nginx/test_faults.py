"""What 16 clients see while parts of the origin die and archives change: never a wrong byte.

A failure is allowed only where nothing could be done, and then it can be seen: a status, or a connection that
ends early. Each case runs a few rounds here, and as many as can be asked of it in `make exam`.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.app.made_archive import make_archive
from tests.app.running_origin import ask, eventually
from tests.nginx.kept_plans import FRESH
from tests.nginx.load import digest, loaded
from tests.nginx.running_stack import StackOrigin, nginx_workers, running_stack
from tests.processes import children_of

pytestmark = [pytest.mark.nginx, pytest.mark.timeout(600)]

SEGMENTS = 25
"""Of three files of plans: those of the second and third are wished for."""

TARGETS = [f"/v/film/seg_{number:04d}.m4s" for number in range(1, SEGMENTS + 1)]
CHANGING = {200, 404, 409, 503, "broken"}
"""What a client may see of an archive that is being changed."""


class Film:
    """One archive under an origin, in two versions that differ in every byte; `oracle` knows both."""

    def __init__(self, origin: StackOrigin) -> None:
        self.origin = origin
        self.oracle: dict[str, bytes] = {}
        self._versions: list[tuple[bytes, bytes, int]] = []
        for seed in (1, 2):
            self.made = make_archive(
                origin.media_dir, origin.index_dir, segments=SEGMENTS, ranges=8, range_bytes=25_000, seed=seed
            )
            stat = self.made.path.stat()
            self._versions.append(
                (self.made.path.read_bytes(), self.made.index.read_bytes(), stat.st_mtime_ns)
            )
            for target, media in zip(TARGETS, self.made.media, strict=True):
                reply = origin.get(target)
                assert reply.body.endswith(media)
                self.oracle[reply.headers["etag"]] = digest(reply.body)

    def put(self, version: int) -> None:
        """As it should be done: a new file each, renamed."""
        content, index, mtime_ns = self._versions[version]
        for path, data in ((self.made.path, content), (self.made.index, index)):
            replacement = path.with_suffix(".new")
            replacement.write_bytes(data)
            if path is self.made.path:
                os.utime(replacement, ns=(mtime_ns, mtime_ns))
            os.replace(replacement, path)

    def rename_index(self) -> None:
        """The same bytes are another file: a plan from before must not be acted on."""
        replacement = self.made.index.with_suffix(".new")
        replacement.write_bytes(self.made.index.read_bytes())
        os.replace(replacement, self.made.index)


@pytest.fixture
def film(tmp_path: Path) -> Iterator[Film]:
    for name in ("media", "index"):
        (tmp_path / name).mkdir()
    with running_stack(tmp_path / "media", tmp_path / "index", tmp_path / "log", "--workers", "2") as origin:
        yield Film(origin)


def rounds(few: int, many: int) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("rounds", [few, pytest.param(many, marks=pytest.mark.exam)])


@rounds(10, 50)
def test_gunicorn_workers_die(film: Film, rounds: int) -> None:
    """Requests of a dead worker go to another; plans that are kept need none. Only where it had begun with an
    answer a client sees it, and it sends one at a time.
    """
    gunicorn = film.origin.process.pid
    workers = len(children_of(gunicorn))
    targets = [*TARGETS, *["/healthz"] * 3 * SEGMENTS]  # of which the latter always go to gunicorn
    with loaded(film.origin, targets, film.oracle) as load:
        for _ in range(rounds):
            film.rename_index()  # so that plans must be made
            first, *_ = children_of(gunicorn)
            os.kill(first, signal.SIGKILL)
            assert eventually(lambda: len(set(children_of(gunicorn)) - {first}) == workers)  # noqa: B023
            load.wait_for_more(50)
    assert load.wrong == []
    assert set(load.outcomes) <= {200, "broken", 503}
    assert load.outcomes["broken"] <= rounds
    assert load.outcomes[503] <= rounds // 10  # that the next death met, too


def test_gunicorn_is_back(film: Film) -> None:
    """It is asked again at once, however often it was not there."""
    path = film.origin.stack.prefix / "run" / "gunicorn.sock"
    away = path.with_suffix(".away")
    with closing(film.origin.connection()) as client:  # of one worker of nginx: each has its own opinion
        path.rename(away)
        assert [ask(client, "/healthz").status for _ in range(3)] == [503] * 3
        away.rename(path)
        assert ask(client, "/healthz").status == 200


@rounds(1, 5)
def test_nginx_workers_die(film: Film, rounds: int) -> None:
    workers = len(nginx_workers(film.origin))
    with loaded(film.origin, TARGETS, film.oracle) as load:
        for _ in range(rounds):
            first, *_ = nginx_workers(film.origin)
            os.kill(first, signal.SIGKILL)
            load.wait_for_more(200)
            assert eventually(lambda: len(set(nginx_workers(film.origin)) - {first}) == workers)  # noqa: B023
    assert load.wrong == []
    assert set(load.outcomes) <= {200, "broken"}
    assert load.outcomes["broken"] <= 16 * rounds


def test_nginx_workers_die_with_a_plan_underway(film: Film) -> None:
    """gunicorn answers itself then: nginx's lock, which outlives them, would hold up all for 30 s."""
    notes = film.origin.stack.prefix / "run" / "plans-underway"
    before = nginx_workers(film.origin)
    cold = [f"{target}?v={film.made.version}" for target in TARGETS[:3]]
    with film.origin.socket() as client:
        os.killpg(film.origin.process.pid, signal.SIGSTOP)
        client.sendall(f"GET {cold[0]} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert eventually(lambda: any(notes.read_bytes()))
        for worker in before:
            os.kill(worker, signal.SIGKILL)
        os.killpg(film.origin.process.pid, signal.SIGCONT)
    assert eventually(lambda: len(set(nginx_workers(film.origin)) - {*before}) == len(before))
    for target in cold:
        reply = film.origin.get(target)
        assert (reply.status, reply.headers["cache-status"]) == (200, FRESH)
        assert film.oracle[reply.headers["etag"]] == digest(reply.body)


@rounds(3, 20)
@pytest.mark.parametrize("which", ["nginx", "gunicorn"])
def test_reload_fails_no_request(film: Film, rounds: int, which: str) -> None:
    process = film.origin.stack.nginx if which == "nginx" else film.origin.process
    before = children_of(process.pid)
    targets = [*TARGETS, *["/healthz"] * SEGMENTS]  # of which the latter always go to gunicorn
    with loaded(film.origin, targets, film.oracle) as load:
        for _ in range(rounds):
            process.send_signal(signal.SIGHUP)
            load.wait_for_more(100)
    assert load.wrong == []
    assert set(load.outcomes) == {200}
    assert eventually(lambda: not set(children_of(process.pid)) & set(before))


@rounds(20, 200)
def test_archive_replaced(film: Film, rounds: int) -> None:
    with loaded(film.origin, TARGETS, film.oracle) as load:
        for number in range(rounds):
            film.put(number % 2)
            load.wait_for_more(10)
    assert load.wrong == []
    assert set(load.outcomes) <= CHANGING
    assert film.origin.get(TARGETS[0]).status == 200


def truncate(film: Film) -> None:
    """To nothing. Cut within a page, the kernel zeroes the rest of it, and so what sockets hold of it by
    reference: nobody who sends by sendfile can help that.
    """
    os.truncate(film.made.path, 0)


def delete(film: Film) -> None:
    film.made.path.unlink()


def corrupt_index(film: Film) -> None:
    content = bytearray(film.made.index.read_bytes())
    content[len(content) // 2] ^= 0x10
    film.made.index.write_bytes(content)


def delete_index(film: Film) -> None:
    film.made.index.unlink()


@rounds(5, 50)
@pytest.mark.parametrize("harm", [truncate, delete, corrupt_index, delete_index])
def test_archive_harmed_and_restored(film: Film, rounds: int, harm: Callable[[Film], None]) -> None:
    before = nginx_workers(film.origin)
    with loaded(film.origin, TARGETS, film.oracle) as load:
        for number in range(rounds):
            harm(film)
            time.sleep(0.01)
            assert film.origin.get(TARGETS[0]).status in (404, 409)
            film.put(number % 2)
            load.wait_for_more(20)
    assert load.wrong == []
    assert set(load.outcomes) <= CHANGING
    assert film.origin.get(TARGETS[0]).status == 200
    assert nginx_workers(film.origin) == before  # none of them died of it


def test_gunicorn_away(film: Film) -> None:
    """Hot segments keep playing without a failure."""
    with loaded(film.origin, TARGETS, film.oracle) as load:
        os.killpg(film.origin.process.pid, signal.SIGKILL)
        film.origin.process.wait()
        load.wait_for_more(300)
    assert load.wrong == []
    assert set(load.outcomes) == {200}
