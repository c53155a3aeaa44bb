"""HTTP of a segment that is nowhere a file, against the same bytes as a file of the same nginx.

Each raw request goes to the yardstick and to every delivery. Status, Content-Length, Content-Range and body
must agree; of errors, status and Content-Range. What differs on purpose is in `EXCEPTIONS`, with the reason.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from tests.app.made_archive import make_archive
from tests.app.running_origin import running_origin
from tests.nginx.running_stack import StackOrigin
from tests.nginx.static_nginx import running_static

pytestmark = pytest.mark.nginx

NAME = "a film"
SEGMENT = "seg_0002.m4s"
PATH = f"/v/a%20film/{SEGMENT}"
FAR_PAST, FAR_FUTURE = "Thu, 01 Jan 1998 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT"


def _get(*headers: str, method: str = "GET", target: str = "{path}", version: str = "1.1") -> str:
    lines = (f"{method} {target} HTTP/{version}", "Host: x", *headers, "Connection: close")
    return "".join(f"{line}\r\n" for line in (*lines, ""))


def _ranges(*values: str) -> dict[str, str]:
    return {f"Range: {value}": _get(f"Range: {value}") for value in values}


CASES = {
    "plain": _get(),
    "HEAD": _get(method="HEAD"),
    "HTTP/1.0": "GET {path} HTTP/1.0\r\n\r\n",
    "HTTP/1.0 with Host": _get(version="1.0"),
    "HTTP/1.0 and Range": _get("Range: bytes=5-9", version="1.0"),
    "HEAD and Range": _get("Range: bytes=5-9", method="HEAD"),
    **_ranges(
        "bytes=0-", "bytes=0-0", "bytes=5-9", "bytes=100-20000", "bytes=20000-", "bytes=-1", "bytes=-500",
        "bytes=-99999999", "bytes=0-99999999", "bytes={last}-", "bytes={last}-{last}", "bytes={length}-",
        "bytes={length}-{length}", "bytes=99999999-", "bytes=-0", "bytes=9-5", "bytes=0-4,10-14",
        "bytes=0-9,5-14", "bytes=0-0,-1", "bytes=99999999-,0-4", "bytes=0-4,99999999-", "bytes=0-4,",
        "bytes=,0-4", "bytes=0-4,x", "bytes=", "bytes=x", "bytes=5", "bytes=5-x", "bytes=--5", "bytes=-",
        "bytes= 5 - 9 ",
        "bytes=5-9 , 99999999-", "BYTES=5-9", "Bytes=5-9", "bytes =5-9", "bits=5-9", "5-9", "items=0-5",
        "bytes=9223372036854775807-", "bytes=9223372036854775808-", "bytes=0-9223372036854775807",
        "bytes=0-9223372036854775808", "bytes=0-99999999999999999999999", "bytes=-9223372036854775808",
        "bytes=00000000000000000000005-0000000000000000000000009", "bytes=+5-9", "bytes=5-9;", "bytes=0x5-9",
        "bytes=5.0-9", "bytes=" + ",".join(["0-1"] * 50),
    ),
    "tab after a Range": _get("Range: bytes=5-9\t"),
    "two Range headers": _get("Range: bytes=5-9", "Range: bytes=1-2"),
    "two If-Range": _get("Range: bytes=5-9", "If-Range: {etag}", 'If-Range: "a"'),
    "two If-None-Match": _get('If-None-Match: "a"', "If-None-Match: {etag}"),
    "two If-Match": _get('If-Match: "a"', "If-Match: {etag}"),
    "two If-Modified-Since": _get("If-Modified-Since: {date}", f"If-Modified-Since: {FAR_PAST}"),
    "If-Range tag": _get("Range: bytes=5-9", "If-Range: {etag}"),
    "If-Range other tag": _get("Range: bytes=5-9", 'If-Range: "other"'),
    "If-Range weak tag": _get("Range: bytes=5-9", "If-Range: W/{etag}"),
    "If-Range list": _get("Range: bytes=5-9", 'If-Range: "other", {etag}'),
    "If-Range date": _get("Range: bytes=5-9", "If-Range: {date}"),
    "If-Range older date": _get("Range: bytes=5-9", f"If-Range: {FAR_PAST}"),
    "If-Range later date": _get("Range: bytes=5-9", f"If-Range: {FAR_FUTURE}"),
    "If-Range old spelling": _get("Range: bytes=5-9", "If-Range: {rfc_850}"),
    "If-Range nonsense": _get("Range: bytes=5-9", "If-Range: x"),
    "If-Range empty": _get("Range: bytes=5-9", "If-Range:"),
    "If-Range unsatisfiable": _get("Range: bytes=99999999-", "If-Range: {etag}"),
    "If-Range other, unsatisfiable": _get("Range: bytes=99999999-", 'If-Range: "other"'),
    "If-Range alone": _get("If-Range: {etag}"),
    "If-None-Match": _get("If-None-Match: {etag}"),
    "If-None-Match weak": _get("If-None-Match: W/{etag}"),
    "If-None-Match star": _get("If-None-Match: *"),
    "If-None-Match list": _get('If-None-Match: "a", {etag}'),
    "If-None-Match list of weak": _get('If-None-Match: W/"a",W/{etag} , "b"'),
    "If-None-Match other": _get('If-None-Match: "a", "b"'),
    "If-None-Match bare": _get("If-None-Match: a"),
    "If-None-Match empty": _get("If-None-Match:"),
    "If-None-Match HEAD": _get("If-None-Match: {etag}", method="HEAD"),
    "If-None-Match and Range": _get("If-None-Match: {etag}", "Range: bytes=5-9"),
    "If-None-Match other and Range": _get('If-None-Match: "a"', "Range: bytes=5-9"),
    "If-Modified-Since": _get("If-Modified-Since: {date}"),
    "If-Modified-Since older": _get(f"If-Modified-Since: {FAR_PAST}"),
    "If-Modified-Since later": _get(f"If-Modified-Since: {FAR_FUTURE}"),
    "If-Modified-Since old spelling": _get("If-Modified-Since: {rfc_850}"),
    "If-Modified-Since nonsense": _get("If-Modified-Since: yesterday"),
    "If-Modified-Since and other tag": _get("If-Modified-Since: {date}", 'If-None-Match: "a"'),
    "If-Modified-Since older and tag": _get(f"If-Modified-Since: {FAR_PAST}", "If-None-Match: {etag}"),
    "If-Match": _get("If-Match: {etag}"),
    "If-Match and Range": _get("If-Match: {etag}", "Range: bytes=5-9"),
    "If-Match other": _get('If-Match: "a"'),
    "If-Match weak": _get("If-Match: W/{etag}"),
    "If-Match star": _get("If-Match: *"),
    "If-Match empty": _get("If-Match:"),
    "If-Match other and unsatisfiable": _get('If-Match: "a"', "Range: bytes=99999999-"),
    "If-Unmodified-Since": _get("If-Unmodified-Since: {date}"),
    "If-Unmodified-Since empty": _get("If-Unmodified-Since:"),
    "If-Unmodified-Since older": _get(f"If-Unmodified-Since: {FAR_PAST}"),
    "If-Unmodified-Since later": _get(f"If-Unmodified-Since: {FAR_FUTURE}"),
    "POST": _get("Content-Length: 5", method="POST") + "12345",
    "POST without body": _get("Content-Length: 0", method="POST"),
    "POST too large": _get("Content-Length: 2000", method="POST") + "x" * 2000,
    "POST to what is absent": _get("Content-Length: 0", method="POST", target="/v/absent/" + SEGMENT),
    "GET with a body": _get("Content-Length: 5") + "12345",
    "GET with a body too large": _get("Content-Length: 2000") + "x" * 2000,
    "broken chunk": _get("Transfer-Encoding: chunked") + "zz\r\n\r\n",
    "unknown coding": _get("Transfer-Encoding: gzip"),
    "length and chunked": _get("Content-Length: 0", "Transfer-Encoding: chunked") + "0\r\n\r\n",
    "OPTIONS": _get(method="OPTIONS"),
    "PUT": _get("Content-Length: 0", method="PUT"),
    "DELETE": _get(method="DELETE"),
    "TRACE": _get(method="TRACE"),
    "unknown method": _get(method="BREW"),
    "lower-case method": _get(method="get"),
    "no Host": "GET {path} HTTP/1.1\r\nConnection: close\r\n\r\n",
    "two Hosts": _get("Host: y"),
    "bad Host": "GET {path} HTTP/1.1\r\nHost: a/b\r\nConnection: close\r\n\r\n",
    "empty Host": "GET {path} HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n",
    "header without a colon": _get("nonsense"),
    "very many headers": _get(*(f"X-{number}: a" for number in range(120))),
    "bare line feeds": "GET {path} HTTP/1.1\nHost: x\nConnection: close\n\n",
    "HTTP/2.0": _get(version="2.0"),
    "HTTP/9": _get(version="9.0"),
    "no version": "GET {path} \r\n\r\n",
    "not HTTP": "\x16\x03\x01\x02\r\n\r\n",
    "absolute form": _get(target="http://x{path}"),
    "absolute form with a user": _get(target="http://u@x{path}"),
    "oversized target": _get(target="/v/" + "a" * 20_000),
    "oversized query": _get(target="{path}?" + "a" * 20_000),
    "oversized header": _get("Cookie: " + "a" * 20_000),
    "query": _get(target="{path}?x=1"),
    "empty query": _get(target="{path}?"),
    "fragment": _get(target="{path}#top"),
    "encoded letter": _get(target="/%76/a%20%66ilm/%73eg_0002.m4s"),
    "encoded slash": _get(target="/v/a%20film%2f" + SEGMENT),
    "encoded null": _get(target="{path}%00"),
    "bad encoding": _get(target="{path}%zz"),
    "half an encoding": _get(target="{path}%2"),
    "dots": _get(target="/v/x/../a%20film/./" + SEGMENT),
    "encoded dots": _get(target="/v/x/%2e%2e/a%20film/" + SEGMENT),
    "dots out of the root": _get(target="/../../etc/passwd"),
    "two slashes": _get(target="//v//a%20film//" + SEGMENT),
    "absent": _get(target="/v/absent/" + SEGMENT),
    "absent, HEAD": _get(target="/v/absent/" + SEGMENT, method="HEAD"),
    "absent, Range": _get("Range: bytes=5-9", target="/v/absent/" + SEGMENT),
    "slash at the end": _get(target="{path}/"),
    "Accept-Encoding": _get("Accept-Encoding: gzip, br"),
    "Expect": _get("Expect: 100-continue"),
    "Expect something else": _get("Expect: x"),
    "overlong id": _get(target=f"/v/{'a' * 300}/{SEGMENT}"),
    "chunked GET": _get("Transfer-Encoding: chunked") + "0\r\n\r\n",
}  # fmt: skip

BY_GUNICORN = "gunicorn reads requests itself"
ONE_SPELLING = "nginx tidies a path up, the application wants it tidy"
NOT_PASSED_ON = "nginx passes no empty header on"
NOT_TOLD_APART = "to nginx's variables, what is empty is absent"
ONE_HEADER = "WSGI makes one header of two"
EVERYWHERE = {
    "OPTIONS": (204, "browsers ask so before they ask from another origin"),
    "POST to what is absent": (405, "the method comes before the path"),
    "overlong id": (400, "no archive can have this id"),
}
EXCEPTIONS: dict[str, dict[str, tuple[int, str]]] = {
    "embedded": {
        **EVERYWHERE,
        "two Range headers": (416, ONE_HEADER),
        "two If-Range": (200, ONE_HEADER),
        "two If-None-Match": (304, ONE_HEADER),
        "two If-Match": (200, ONE_HEADER),
        "two If-Modified-Since": (304, ONE_HEADER),
        "tab after a Range": (206, BY_GUNICORN),
        "GET with a body too large": (200, BY_GUNICORN),
        "broken chunk": (200, BY_GUNICORN),
        "unknown coding": (400, BY_GUNICORN),
        "empty Host": (200, BY_GUNICORN),
        "header without a colon": (400, BY_GUNICORN),
        "very many headers": (431, BY_GUNICORN),
        "bare line feeds": (400, BY_GUNICORN),
        "absolute form with a user": (200, BY_GUNICORN),
        "Expect something else": (417, BY_GUNICORN),
        "bad Host": (200, BY_GUNICORN),
        "HTTP/2.0": (400, BY_GUNICORN),
        "HTTP/9": (400, BY_GUNICORN),
        "no version": (400, BY_GUNICORN),
        "oversized header": (431, BY_GUNICORN),
        "POST too large": (405, BY_GUNICORN),
        "encoded null": (404, "a name like any other that is not there"),
        "bad encoding": (404, "WSGI takes it literally"),
        "half an encoding": (404, "WSGI takes it literally"),
        "dots": (400, ONE_SPELLING),
        "encoded dots": (400, ONE_SPELLING),
        "dots out of the root": (404, ONE_SPELLING),
        "two slashes": (404, ONE_SPELLING),
    },
    "proxied": {
        **EVERYWHERE,
        "tab after a Range": (206, BY_GUNICORN),
        "If-Range empty": (206, NOT_PASSED_ON),
        "If-Match empty": (200, NOT_PASSED_ON),
        "If-Unmodified-Since empty": (200, NOT_PASSED_ON),
    },
    "spliced": {
        **EVERYWHERE,
        "If-Match empty": (200, NOT_TOLD_APART),
        "If-Unmodified-Since empty": (200, NOT_TOLD_APART),
    },
}
"""By delivery and case: the status instead, and why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Of a raw request; of an error, what is the same whoever words it."""

    status: int
    length: str | None
    content_range: str | None
    body: bytes


@dataclass(frozen=True, slots=True)
class Server:
    """Where the segment is, and how its tag and date are spelled there."""

    port: int
    etag: str
    date: str
    length: int

    @classmethod
    def at(cls, port: int) -> Server:
        received = _exchange(port, _get(target=PATH, method="HEAD").encode())
        status_line, *lines = received.decode().split("\r\n")
        assert " 200 " in status_line
        headers = dict(line.split(": ", 1) for line in lines if line)
        return cls(port, headers["ETag"], headers["Last-Modified"], int(headers["Content-Length"]))

    def answer(self, template: str) -> Answer:
        places = {"path": PATH, "etag": self.etag, "length": self.length, "last": self.length - 1}
        date = parsedate_to_datetime(self.date)
        request = template.format(**places, date=self.date, rfc_850=f"{date:%A, %d-%b-%y %H:%M:%S} GMT")
        received = _exchange(self.port, request.encode("latin-1"))
        received = received.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
        if not received.startswith(b"HTTP/"):
            return Answer(0, None, None, received)
        head, _, body = received.partition(b"\r\n\r\n")
        status_line, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        status, length = int(status_line.split()[1]), headers.get("content-length")
        content_range = headers.get("content-range")
        if status >= 400:
            return Answer(status, None, content_range, b"")
        return Answer(status, length, content_range, body)


def _exchange(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        client.sendall(request)
        return b"".join(iter(lambda: client.recv(1 << 16), b""))


@pytest.fixture(scope="module")
def servers(
    folders: Path, spliced: StackOrigin, proxied: StackOrigin, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Server]]:
    """The deliveries by name, and "static", the yardstick."""
    media_dir, index_dir = folders / "media", folders / "index"
    make_archive(media_dir, index_dir, NAME, ranges=4)
    scratch = tmp_path_factory.mktemp("static")
    twin = scratch / "root" / "v" / NAME / SEGMENT
    twin.parent.mkdir(parents=True)
    segment = spliced.get(PATH)
    assert segment.headers["cache-status"].startswith("vodsplice;")
    twin.write_bytes(segment.body)
    with (
        running_static(scratch / "root", scratch / "prefix") as static_port,
        running_origin(media_dir, index_dir, scratch / "embedded.log", "--workers", "1") as embedded,
    ):
        ports = {
            "static": static_port, "spliced": spliced.port, "proxied": proxied.port, "embedded": embedded.port
        }  # fmt: skip
        yield {name: Server.at(port) for name, port in ports.items()}


@pytest.mark.parametrize("delivery", EXCEPTIONS)
@pytest.mark.parametrize("case", CASES)
def test_as_a_static_file(servers: dict[str, Server], case: str, delivery: str) -> None:
    answer = servers[delivery].answer(CASES[case])
    if case in EXCEPTIONS[delivery]:
        assert answer.status == EXCEPTIONS[delivery][case][0]
    else:
        assert answer == servers["static"].answer(CASES[case])
