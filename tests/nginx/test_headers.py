"""What nginx says with an answer, whoever made it, and what clients cannot make it say."""

from __future__ import annotations

import gzip
import os
import re
import socket
import stat
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from app import webvtt
from app.manifest import dash, hls, info
from tests.app.made_archive import MadeArchive, make_archive
from tests.app.running_origin import Reply
from tests.nginx.running_stack import StackOrigin, running_stack

pytestmark = pytest.mark.nginx

NGINX = Path(__file__).parents[2] / "nginx"
FOREVER = "public, max-age=31536000, immutable"
A_MINUTE = "public, max-age=60"
NEVER = "no-store"


@dataclass(frozen=True, slots=True)
class Case:
    """A request and what its answer must say. `{etag}` is the segment's."""

    status: int
    cache_control: str
    target: str = "{segment}"
    headers: dict[str, str] = field(default_factory=dict)
    method: str = "GET"


CASES = {
    "whole": Case(200, FOREVER),
    "part": Case(206, FOREVER, headers={"Range": "bytes=0-"}),
    "HEAD": Case(200, FOREVER, method="HEAD"),
    "not modified": Case(304, FOREVER, headers={"If-None-Match": "{etag}"}),
    "condition holds": Case(200, FOREVER, headers={"If-Match": "{etag}"}),
    "no version": Case(200, A_MINUTE, "{plain}"),
    "no version, part": Case(206, A_MINUTE, "{plain}", {"Range": "bytes=5-"}),
    "playlist": Case(200, "public, max-age=300", "/v/headers/playlist.m3u8"),
    "no version that could be": Case(400, NEVER, "{plain}?v=x"),
    "two versions": Case(400, NEVER, "{segment}&v=0123456789"),
    "two starts": Case(400, NEVER, "/v/headers/playlist.m3u8?start=1&start=7"),
    "no start that could be": Case(400, NEVER, "/v/headers/playlist.m3u8?start=x"),
    "two ends": Case(400, NEVER, "/v/headers/playlist.m3u8?end=7&end=1"),
    "no end that could be": Case(400, NEVER, "/v/headers/playlist.m3u8?end=x"),
    "not to be read": Case(400, NEVER, "/v/%00"),
    "header too long": Case(400, NEVER, headers={"Cookie": "a" * 9000}),
    "absent": Case(404, NEVER, "/v/none/seg_0001.m4s"),
    "absent, with a condition": Case(404, NEVER, "/v/none/seg_0001.m4s", {"If-None-Match": "*"}),
    "outside of /v/": Case(404, NEVER, "/nothing"),
    "POST": Case(405, NEVER, method="POST"),
    "POST that says GET": Case(405, NEVER, method="POST", headers={"If-Match": ":GET::/", "Cookie": "GET::"}),
    "POST of much": Case(413, NEVER, method="POST", headers={"Content-Length": "99999999999"}),
    "GET with much": Case(413, NEVER, headers={"Content-Length": "99999999999"}),
    "other version": Case(410, NEVER, "{plain}?v=0123456789"),
    "condition does not hold": Case(412, NEVER, headers={"If-Match": '"other"'}),
    "condition of another language": Case(412, NEVER, headers={"If-Match": "GET::"}),
    "target too long": Case(414, NEVER, "/v/" + "a" * 9000),
    "out of range": Case(416, NEVER, headers={"Range": "bytes=99999999-"}),
    "out of range, no version": Case(416, NEVER, "{plain}", {"Range": "bytes=99999999-"}),
}


@pytest.fixture(scope="module")
def film(spliced: StackOrigin) -> MadeArchive:
    return make_archive(spliced.media_dir, spliced.index_dir, "headers")


@pytest.fixture
def places(film: MadeArchive) -> dict[str, str]:
    plain = f"/v/{film.id}/seg_0001.m4s"
    return {"plain": plain, "segment": f"{plain}?v={film.version}", "etag": f'"{film.version}-muxed-0"'}


def ask_once(origin: StackOrigin, case: Case, places: dict[str, str]) -> Reply:
    """The answer, in which no header may come twice."""
    connection = origin.connection()
    headers = {name: value.format(**places) for name, value in case.headers.items()}
    connection.request(case.method, case.target.format(**places), headers=headers)
    response = connection.getresponse()
    found = [(name.lower(), value) for name, value in response.getheaders()]
    assert len(dict(found)) == len(found), found
    reply = Reply(response.status, dict(found), response.read())
    connection.close()
    return reply


@pytest.fixture(params=["spliced", "proxied"])
def origin(request: pytest.FixtureRequest) -> StackOrigin:
    found: StackOrigin = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize("name", CASES)
def test_every_answer(origin: StackOrigin, places: dict[str, str], name: str) -> None:
    case = CASES[name]
    reply = ask_once(origin, case, places)
    said = reply.headers
    assert reply.status == case.status
    assert said["cache-control"] == case.cache_control
    assert said["access-control-allow-origin"] == "*"
    assert {"ETag", "Content-Range", "X-Request-Id"} <= set(said["access-control-expose-headers"].split(", "))
    assert said["server"] == "nginx"
    assert re.fullmatch(r"[0-9a-f]{32}", said["x-request-id"])
    if case.status in (200, 206, 304, 416) and name != "playlist":
        assert said["etag"] == places["etag"]
    assert case.status not in (200, 206) or "last-modified" in said
    if case.status >= 400:
        assert said["content-type"] == "text/plain; charset=utf-8"
        assert case.method == "HEAD" or reply.body.endswith(b"\n")
        assert said["content-length"] == str(len(reply.body))
    assert not [header for header in said if header.startswith(("x-splice", "x-accel"))]


def test_both_say_the_same_as_gunicorn_alone(origin: StackOrigin, places: dict[str, str]) -> None:
    """The names that clients may read are written down twice, in the application and in headers.conf."""
    with socket.socket(socket.AF_UNIX) as direct:
        direct.connect(str(origin.stack.prefix / "run" / "gunicorn.sock"))
        direct.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
        alone = b"".join(iter(lambda: direct.recv(4096), b"")).decode()
    reply = ask_once(origin, CASES["GET with much"], places)
    for name in ("Access-Control-Allow-Origin", "Access-Control-Expose-Headers"):
        assert f"\r\n{name}: {reply.headers[name.lower()]}\r\n" in alone


NGINX_REFUSES = {
    "not to be read", "header too long", "POST of much", "GET with much", "target too long"
}  # fmt: skip
OF_NGINX_ITSELF = "*"


@pytest.mark.parametrize("splice", [True, False], ids=["spliced", "proxied"])
@pytest.mark.parametrize("setting", ["https://player.example", "off"])
def test_who_may_read_is_what_gunicorn_says(
    folders: Path, places: dict[str, str], tmp_path: Path, setting: str, *, splice: bool
) -> None:
    """With a plan, new or kept, and where nginx cannot act on it; what nginx refuses on its own, anyone."""
    of_gunicorn = None if setting == "off" else setting
    flags = ("--workers", "1", "--cors-origin", setting)
    locked = make_archive(folders / "media", folders / "index", "locked")
    with running_stack(
        folders / "media", folders / "index", tmp_path / "log", *flags, splice=splice
    ) as origin:
        for name, case in (*CASES.items(), *CASES.items()):
            expected = OF_NGINX_ITSELF if name in NGINX_REFUSES else of_gunicorn
            said = ask_once(origin, case, places).headers
            assert said.get("access-control-allow-origin") == expected, name
            assert ("access-control-expose-headers" in said) == (expected is not None), name
        assert origin.get("/v/locked/seg_0001.m4s").status == 200
        (origin.stack.prefix / "run" / "gunicorn.sock").unlink()
        away = ask_once(origin, Case(503, NEVER, "/v/other/playlist.m3u8"), places)
        assert (away.status, away.headers["access-control-allow-origin"]) == (503, OF_NGINX_ITSELF)
        if splice:
            kept = ask_once(origin, CASES["whole"], places)
            assert kept.status == 200
            assert kept.headers.get("access-control-allow-origin") == of_gunicorn
            locked.path.unlink()
            os.mknod(locked.path, stat.S_IFSOCK | 0o644)  # a socket, which nobody can open
            refused = ask_once(origin, Case(503, NEVER, "/v/locked/seg_0001.m4s"), places)
            locked.path.unlink()
            assert (refused.status, refused.headers.get("access-control-allow-origin")) == (503, of_gunicorn)


def test_preflight(origin: StackOrigin, places: dict[str, str]) -> None:
    asked = {"Origin": "http://player", "Access-Control-Request-Method": "GET"}
    reply = ask_once(origin, Case(204, NEVER, method="OPTIONS", headers=asked), places)
    assert reply.status == 204
    assert "Range" in reply.headers["access-control-allow-headers"]


FORGED = (
    "X-Accel-Redirect: @splice", "X-Accel-Redirect: /refusal", "X-Accel-Expires: 0", "X-Accel-Limit-Rate: 1",
    "X-Splice-Format: 2", "x-splice-format: 2", "X-SPLICE-FORMAT: 2", "X_Splice_Format: 2",
    "X-Splice_Format: 2", "X-Splice-Retry: 1", "x-splice-retry: 1", "X-Splice-Refusal: 410 Gone.",
    "X-Request-Id: forged", "Host: other",
    "X-Forwarded-For: 1.2.3.4", "Connection: close, X-Request-Id",
)  # fmt: skip


@pytest.mark.parametrize("header", FORGED)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("target", ["{segment}", "{plain}?v=0123456789", "{plain}", "/healthz"])
def test_forged_headers_change_nothing(
    origin: StackOrigin, places: dict[str, str], header: str, method: str, target: str
) -> None:
    """Status, headers and body are those without it."""
    request = f"{method} {target.format(**places)} HTTP/1.0\r\n"
    assert said_to(origin, f"{request}{header}\r\n\r\n") == said_to(origin, f"{request}\r\n")


def said_to(origin: StackOrigin, request: str) -> tuple[list[str], bytes]:
    """Head and body of an answer; what differs from request to request by nature is left out."""
    with origin.socket() as client:
        client.sendall(request.encode())
        received = b"".join(iter(lambda: client.recv(1 << 16), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    differing = ("Date: ", "X-Request-Id: ", "Cache-Status: ")
    return [line for line in lines if not line.startswith(differing)], body


@pytest.mark.parametrize(
    ("request_head", "status", "text"),
    [
        ("GET / HTTP/1.1\r\nHost: x\r\nCookie: " + "a" * 9000, "400", "or its headers are too long."),
        ("GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip", "501", "Nothing here takes a body."),
        ("GET /v/" + '"' * 6000 + " HTTP/1.1\r\nHost: x", "414", "is too long for anything here."),
        ("GET / HTTP/9.0\r\nHost: x", "505", "This version of HTTP is not spoken here."),
    ],
)
def test_what_nginx_cannot_read_is_told_why(
    origin: StackOrigin, request_head: str, status: str, text: str
) -> None:
    (status_line, *_), body = said_to(origin, f"{request_head}\r\nConnection: close\r\n\r\n")
    assert status_line.split()[1] == status
    assert body.decode().endswith(f"{text}\n")


@pytest.mark.parametrize(
    "name", ["seg_0001.m4s", "playlist.m3u8", "download.mp4", "nothing", "../../", "../none/seg_0001.m4s"]
)
@pytest.mark.parametrize("is_chunked", [False, True])
@pytest.mark.parametrize("late_by_s", [0, 0.001, 0.1])
def test_a_body_is_no_request(
    origin: StackOrigin, film: MadeArchive, name: str, is_chunked: bool, late_by_s: float
) -> None:
    """Which would put the answers of a shared connection out of step; nor does it break anything."""
    body = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    length = b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    chunked = b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    head, framed = f"GET /v/{film.id}/{name} HTTP/1.1\r\nHost: x\r\n", chunked if is_chunked else length
    announced, _, sent = framed.partition(b"\r\n\r\n")
    last = b"GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    for _ in range(2):
        with origin.socket() as client:
            client.sendall(head.encode() + announced + b"\r\n\r\n")
            time.sleep(late_by_s)
            client.sendall(sent + last)
            received = b"".join(iter(lambda: client.recv(1 << 16), b""))
        statuses = re.findall(rb"HTTP/1\.1 (\d{3}) ", received)
        assert statuses[1:] == [b"404"]
        assert b"\r\n\r\nok\n" not in received
    assert "exited on signal" not in origin.log.read_text()


def test_playlists_are_compressed(spliced: StackOrigin) -> None:
    make_archive(spliced.media_dir, spliced.index_dir, "long", segments=60, range_bytes=100)
    plain = spliced.get("/v/long/playlist.m3u8")
    packed = spliced.get("/v/long/playlist.m3u8", Accept_Encoding="gzip")
    assert packed.headers["content-encoding"] == "gzip"
    assert {reply.headers.get("vary") for reply in (plain, packed)} == {"Accept-Encoding"}
    assert packed.headers["etag"] == f"W/{plain.headers['etag']}"
    assert gzip.decompress(packed.body) == plain.body
    assert len(packed.body) < len(plain.body) / 2


def test_all_that_is_text_is_compressed() -> None:
    (types,) = re.findall(r"^gzip_types (.*);$", (NGINX / "transfer.conf").read_text(), re.MULTILINE)
    assert {dash.CONTENT_TYPE, hls.CONTENT_TYPE, info.CONTENT_TYPE, webvtt.CONTENT_TYPE} <= set(types.split())


@pytest.mark.parametrize("header", ["X-Splice-Retry: 1", "x-splice-retry: 1", "Cache-Control: no-cache"])
def test_clients_cannot_go_past_the_plan_cache(
    spliced: StackOrigin, places: dict[str, str], header: str
) -> None:
    name, value = header.split(": ")
    ask_once(spliced, CASES["whole"], places)
    reply = ask_once(spliced, Case(200, FOREVER, headers={name: value}), places)
    assert reply.headers["cache-status"] == "vodsplice; hit"


INTERNAL = (
    "@plan", "@planned", "@direct", "plan", "unplanned", "refusal", "unavailable", "metrics", "nginx_status",
)  # fmt: skip
SPELLINGS = ("/{0}", "//{0}", "/./{0}", "/v/../{0}", "/{0}/", "/{0}?v=1", "/{1}", "/{2}", "/v/{0}", "{0}")


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("name", INTERNAL)
def test_internal_locations_are_out_of_reach(origin: StackOrigin, name: str, spelling: str) -> None:
    encoded = "".join(f"%{ord(letter):02x}" for letter in name)
    target = spelling.format(name, encoded, name.upper())
    with origin.socket() as client:
        client.sendall(f"GET {target} HTTP/1.0\r\n\r\n".encode())
        received = b"".join(iter(lambda: client.recv(1 << 16), b"")).decode()
    assert re.match(r"HTTP/1.1 40[04] ", received)
    assert "\r\nCache-Control: no-store\r\n" in received
