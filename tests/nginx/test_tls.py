"""The TLS example as it is, but for its port and its certificate: the same bytes, encrypted."""

from __future__ import annotations

import os
import re
import signal
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPException, HTTPSConnection
from pathlib import Path

import pytest

from tests.app.made_archive import MadeArchive, make_archive
from tests.app.running_origin import eventually
from tests.free_port import free_port, is_open
from tests.nginx.running_stack import StackOrigin, nginx_workers, running_stack

pytestmark = [pytest.mark.nginx, pytest.mark.requires_tool("openssl")]

LARGE = {"range_bytes": 6 << 20, "ranges": 2}
"""More than sockets buffer."""


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackOrigin]:
    """Over plain HTTP at `port`, and over TLS at `tls_port`."""
    folder = tmp_path_factory.mktemp("tls")
    for name in ("media", "index"):
        (folder / name).mkdir()
    with running_stack(folder / "media", folder / "index", folder / "log", "--workers", "1") as running:
        yield running


@pytest.fixture(scope="module")
def tls_port(origin: StackOrigin) -> Iterator[int]:
    conf, keys = origin.stack.prefix / "conf", origin.stack.prefix / "tls"
    keys.mkdir()
    files = ("-keyout", str(keys / "privkey.pem"), "-out", str(keys / "fullchain.pem"))
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", *files],
        check=True,
        capture_output=True,
    )
    example = (conf / "listen-tls.conf.example").read_text()
    example = re.sub(r"^listen \[::\].*\n", "", example, flags=re.MULTILINE)
    example = example.replace("/etc/vodsplice/tls", str(keys))
    listen = conf / "listen.conf"
    with free_port() as port:
        example = re.sub(r"^listen 443 ", f"listen 127.0.0.1:{port} ", example, flags=re.MULTILINE)
        listen.write_text(listen.read_text() + example)
        before = set(nginx_workers(origin))
        origin.stack.nginx.send_signal(signal.SIGHUP)
        assert eventually(lambda: is_open(port) and before.isdisjoint(nginx_workers(origin)))
        yield port


def connect(port: int, version: ssl.TLSVersion) -> HTTPSConnection:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = context.maximum_version = version
    return HTTPSConnection("127.0.0.1", port, timeout=20, context=context)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_the_same_bytes(origin: StackOrigin, tls_port: int, version: ssl.TLSVersion) -> None:
    film: MadeArchive = make_archive(origin.media_dir, origin.index_dir, "film", ranges=9)
    url = f"/v/{film.id}/seg_0001.m4s"
    plain = origin.get(url)
    connection = connect(tls_port, version)
    for header, expected in (({}, plain.body), ({"Range": "bytes=100-50000"}, plain.body[100:50001])):
        connection.request("GET", url, headers=header)
        reply = connection.getresponse()
        assert reply.read() == expected
        assert reply.headers["etag"] == plain.headers["etag"]
    connection.close()


@pytest.mark.requires_tool("curl")
def test_many_segments_at_once_over_http2(origin: StackOrigin, tls_port: int, tmp_path: Path) -> None:
    """As browsers ask: nobody has asked for these before, and they share a connection."""
    film = make_archive(origin.media_dir, origin.index_dir, "long", segments=20, ranges=9)
    targets = [f"/v/{film.id}/seg_{number:04d}.m4s" for number in range(1, 21)]
    files = [tmp_path / target.rpartition("/")[2] for target in targets]
    urls = [f"https://127.0.0.1:{tls_port}{target}" for target in targets]
    outputs = [word for url, file in zip(urls, files, strict=True) for word in ("-o", str(file), url)]
    said = curl("--parallel", "-w", "%{http_version} %{http_code}\n", *outputs)
    assert said.splitlines() == ["2 200"] * 20
    assert [file.read_bytes() for file in files] == [origin.get(target).body for target in targets]


@pytest.mark.requires_tool("curl")
def test_conditions_and_ranges_over_http2(origin: StackOrigin, tls_port: int) -> None:
    film = make_archive(origin.media_dir, origin.index_dir, "asked", ranges=9)
    target = f"/v/{film.id}/seg_0001.m4s"
    plain = origin.get(target)
    for header, status, length in (
        ("Range: bytes=100-50000", 206, 49_901),
        ("Range: bytes=-5", 206, 5),
        ("Range: bytes=99999999-", 416, None),
        (f"If-None-Match: {plain.headers['etag']}", 304, 0),
        ("Accept: */*", 200, len(plain.body)),
    ):
        form = "%{http_version} %{http_code} %{size_download}"
        words = ("-o", os.devnull, "-w", form, "-H", header, f"https://127.0.0.1:{tls_port}{target}")
        version, code, received = curl(*words).split()
        assert (version, int(code)) == ("2", status)
        assert length is None or int(received) == length


def curl(*words: str) -> str:
    return subprocess.run(
        ["curl", "-sk", "--http2", *words], stdout=subprocess.PIPE, text=True, check=True
    ).stdout


def test_cut_short_on_the_way(origin: StackOrigin, tls_port: int) -> None:
    """Only that transfer ends, and it can be seen."""
    film = make_archive(origin.media_dir, origin.index_dir, "large", **LARGE)
    before = nginx_workers(origin)
    connection = connect(tls_port, ssl.TLSVersion.TLSv1_3)
    connection.request("GET", f"/v/{film.id}/seg_0001.m4s")
    reply = connection.getresponse()
    length = int(reply.headers["content-length"])
    received = len(reply.read(1000))
    os.truncate(film.path, 0)
    with suppress(OSError, HTTPException):  # whichever of ssl and http.client sees it first
        while block := reply.read(1 << 16):
            received += len(block)
    assert received < length
    assert origin.get("/healthz").status == 200
    assert nginx_workers(origin) == before
    connection.close()
