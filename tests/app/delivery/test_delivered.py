"""What a client gets from a running origin, whatever moves the bytes: `delivered` is one origin a way."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from hashlib import blake2b
from itertools import count

import pytest

from tests.app.made_archive import MadeArchive, make_archive, write_index
from tests.app.running_origin import Origin, Reply, ask
from tests.nginx.running_stack import StackOrigin

NAMES = (f"film-{number}" for number in count())
SLOW_BUFFER_BYTES = 64 * 1024


@pytest.fixture
def film(delivered: Origin) -> MadeArchive:
    """An archive that only this case touches."""
    return make_archive(delivered.media_dir, delivered.index_dir, next(NAMES), ranges=20)


@pytest.fixture
def large(delivered: Origin) -> Iterator[MadeArchive]:
    """Segments of 12 MB: more than sockets buffer."""
    made = make_archive(delivered.media_dir, delivered.index_dir, next(NAMES), range_bytes=6 << 20, ranges=2)
    yield made
    made.path.unlink(missing_ok=True)


def segment_url(archive: MadeArchive, number: int = 1) -> str:
    return f"/v/{archive.id}/seg_{number:04d}.m4s?v={archive.version}"


def is_spliced(origin: Origin) -> bool:
    return isinstance(origin, StackOrigin) and origin.splices


def read_to_end(
    origin: Origin, target: str, pause_s: float, between: Callable[[], None] = lambda: None
) -> bytes:
    """The body as a slow reader gets it, up to where the connection ends."""
    with origin.socket(SLOW_BUFFER_BYTES) as client:
        client.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        received = client.recv(SLOW_BUFFER_BYTES)
        between()
        time.sleep(pause_s)
        while True:
            try:
                block = client.recv(1 << 20)
            except ConnectionResetError:
                break
            if not block:
                break
            received += block
    return received.partition(b"\r\n\r\n")[2]


def test_segment(delivered: Origin, film: MadeArchive) -> None:
    for number, media in enumerate(film.media, start=1):
        reply = delivered.get(segment_url(film, number))
        assert reply.status == 200
        assert int(reply.headers["content-length"]) == len(reply.body)
        assert "transfer-encoding" not in reply.headers
        assert reply.body.endswith(media)
        assert reply.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_parts(delivered: Origin, film: MadeArchive) -> None:
    url = segment_url(film)
    whole = delivered.get(url).body
    media_at = len(whole) - len(film.media[0])
    for start in (0, media_at - 1, media_at, media_at + 9_999, media_at + 10_000, len(whole) - 1):
        for length in (1, 2, 10_001, len(whole)):
            reply = delivered.get(url, Range=f"bytes={start}-{start + length - 1}")
            assert reply.status == 206
            assert reply.body == whole[start : start + length]


def test_one_connection_serves_many(delivered: Origin, film: MadeArchive) -> None:
    connection = delivered.connection()
    tag = ask(connection, segment_url(film)).headers["etag"]
    local = connection.sock.getsockname()
    replies: list[Reply] = []
    for _ in range(3):
        replies += [
            ask(connection, segment_url(film)),
            ask(connection, segment_url(film), "HEAD"),
            ask(connection, segment_url(film), Range="bytes=100-20000"),
            ask(connection, segment_url(film), Range="bytes=99999999-"),
            ask(connection, segment_url(film), If_None_Match=tag),
            ask(connection, "/v/nothing/playlist.m3u8"),
        ]
        assert connection.sock.getsockname() == local
    connection.close()
    assert [reply.status for reply in replies] == [200, 200, 206, 416, 304, 404] * 3
    assert {reply.body for reply in replies[::6]} == {replies[0].body}
    assert int(replies[1].headers["content-length"]) == len(replies[0].body)
    assert [len(reply.body) for reply in replies[4::6]] == [0, 0, 0]


def test_the_last_bytes_do_not_linger(delivered: Origin, film: MadeArchive) -> None:
    """A socket left corked holds them back for 200 ms, each time."""
    connection = delivered.connection()
    url, took_s = segment_url(film), []
    for _ in range(20):
        began_s = time.monotonic()
        assert ask(connection, url).status == 200
        took_s.append(time.monotonic() - began_s)
    connection.close()
    assert min(took_s) < 0.15


def test_http_1_0(delivered: Origin, film: MadeArchive) -> None:
    with delivered.socket() as client:
        client.sendall(f"GET {segment_url(film)} HTTP/1.0\r\n\r\n".encode())
        received = b"".join(iter(lambda: client.recv(1 << 16), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    assert b" 200 " in head.splitlines()[0]
    assert b"chunked" not in head.lower()
    assert body.endswith(film.media[0])
    assert len(body) == len(delivered.get(segment_url(film)).body)


def test_a_slow_reader_gets_every_byte(delivered: Origin, large: MadeArchive) -> None:
    body = read_to_end(delivered, segment_url(large), pause_s=0.5)
    assert body.endswith(large.media[0])


def test_a_client_that_leaves_is_no_event(delivered: Origin, large: MadeArchive) -> None:
    before = delivered.log.read_text().count("Traceback")
    for _ in range(5):
        with delivered.socket(SLOW_BUFFER_BYTES) as client:
            client.sendall(f"GET {segment_url(large)} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            client.recv(1000)
    assert delivered.get(segment_url(large), Range="bytes=0-9").status == 206
    assert delivered.log.read_text().count("Traceback") == before


def test_archives_come_and_go(delivered: Origin) -> None:
    name = next(NAMES)
    playlist = f"/v/{name}/playlist.m3u8"
    assert delivered.get(playlist).status == 404
    made = make_archive(delivered.media_dir, delivered.index_dir, name)
    assert delivered.get(playlist).status == 200
    assert delivered.get(segment_url(made)).status == 200
    made.path.unlink()
    assert delivered.get(segment_url(made)).status == 404
    assert delivered.get(segment_url(made)).headers["cache-control"] == "no-store"


def test_a_replaced_archive_is_a_new_version(delivered: Origin, film: MadeArchive) -> None:
    old = segment_url(film)
    assert delivered.get(old).status == 200
    replacement = film.path.with_suffix(".new")
    replacement.write_bytes(bytes(reversed(film.path.read_bytes())))
    os.replace(replacement, film.path)
    assert delivered.get(old).status == 409
    write_index(film.index, film.path, 3, 20, 10_000, 100)
    assert delivered.get(old).status == 410
    renewed = delivered.get(segment_url(film))
    assert renewed.status == 200
    assert not renewed.body.endswith(film.media[0])
    assert renewed.body[-10_000:] in film.path.read_bytes()


def test_a_truncated_archive_is_refused(delivered: Origin, film: MadeArchive) -> None:
    assert delivered.get(segment_url(film)).status == 200
    os.truncate(film.path, 1000)
    reply = delivered.get(segment_url(film))
    assert (reply.status, reply.headers["cache-control"]) == (409, "no-store")
    assert str(film.path.parent).encode() not in reply.body


@pytest.mark.parametrize("damage", ["truncate", "overwrite"])
def test_damage_on_the_way_breaks_the_connection(delivered: Origin, large: MadeArchive, damage: str) -> None:
    whole = delivered.get(segment_url(large)).body

    def harm() -> None:
        with large.path.open("r+b") as file:
            if damage == "truncate":
                file.truncate(1_000_000)
            else:
                file.seek(11 << 20)
                file.write(bytes(1000))

    body = read_to_end(delivered, segment_url(large), pause_s=0.3, between=harm)
    if damage == "overwrite" and is_spliced(delivered):
        # nginx looks at an archive before it sends of it, not after: only the next request is refused.
        assert delivered.get(segment_url(large)).status == 409
        return
    # A proxy may have taken all of it before the damage was done; what is whole must be as it was.
    assert 0 < len(body) < len(whole) or body == whole
    assert delivered.get("/healthz").status == 200


def test_swaps_never_mix_versions(delivered: Origin, film: MadeArchive) -> None:
    """Whole bodies are those of one version, whatever happens to the file meanwhile."""
    contents = [film.path.read_bytes(), bytes(reversed(film.path.read_bytes()))]
    stat = film.path.stat()
    was_refused, done = threading.Event(), threading.Event()

    def swap() -> None:
        for number in count():
            if number >= 200 and was_refused.is_set():
                break
            replacement = film.path.with_suffix(".new")
            replacement.write_bytes(contents[number % 2])
            os.utime(replacement, ns=(stat.st_atime_ns, stat.st_mtime_ns + number % 2))
            os.replace(replacement, film.path)
        done.set()

    known = {blake2b(film.media[0]).digest()}
    swapping = threading.Thread(target=swap)
    swapping.start()
    statuses = set()
    while not done.is_set():
        reply = delivered.get(segment_url(film))
        statuses.add(reply.status)
        if reply.status == 409:
            was_refused.set()
        if reply.status == 200:
            assert blake2b(reply.body[-len(film.media[0]) :]).digest() in known
    swapping.join()
    assert statuses <= {200, 404, 409}


def test_a_flipped_bit_in_an_index_is_refused(delivered: Origin, film: MadeArchive) -> None:
    content = bytearray(film.index.read_bytes())
    content[len(content) // 2] ^= 1
    url = segment_url(film)
    film.index.write_bytes(content)
    assert delivered.get(url).status == 409


@pytest.mark.parametrize(
    "target", ["/v/%00/playlist.m3u8", "/v/%ff/playlist.m3u8", "/v/" + "a" * 7000, "/v/..%2f..%2fetc/passwd"]
)
def test_odd_targets(delivered: Origin, target: str) -> None:
    reply = delivered.get(target)
    assert reply.status in (400, 404)
    assert reply.headers["cache-control"] == "no-store"


def test_too_long_a_target(delivered: Origin) -> None:
    assert delivered.get("/v/" + "a" * 20_000).status in (400, 414)
