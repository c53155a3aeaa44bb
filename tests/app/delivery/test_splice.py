"""The instructions for nginx, read back by a second reader; `tests/nginx` has the first act on them."""

from __future__ import annotations

import re
import zlib
from base64 import b64decode
from urllib.parse import unquote_to_bytes

import pytest
from flask import Flask, Request, Response, request
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.wrappers import Response as AnyResponse

from app.delivery.splice import DEFLATED_FROM_BYTES, Splice, instructions
from app.plan import FileIdentity, FileRange, Piece, Plan

FILES = tuple(
    FileIdentity(f"/films/{name}", 2049, 100 + number, 1 << 40, 1_795_206_780_123_456_789 + number)
    for number, name in enumerate(("a.mp4", "ü, \udcff \x01.mp4", "%41 #1.mp4"))
)
INDEX = FileIdentity("/index/a.idx", 0x10FF02, 977, 4000, -5)

ranges = st.builds(
    FileRange, st.sampled_from(FILES), st.integers(0, (1 << 63) - 1 - (1 << 40)), st.integers(1, 1 << 40)
)
bodies = st.lists(st.binary(min_size=1, max_size=50) | ranges, max_size=30).map(tuple)


def plan(*pieces: Piece) -> Plan:
    return Plan("video/mp4", "0123456789-muxed-7", 1_795_206_780, 60, False, pieces, (INDEX,))


def identity(row: str) -> FileIdentity:
    path, device, *numbers = row.split(" ")
    major, minor = map(int, device.split(":"))
    inode, size, mtime_ns = map(int, numbers)
    name = unquote_to_bytes(path).decode(errors="surrogateescape")
    # Linux's huge encoding of a device number: minor's low byte, major's 12 bits, minor's others.
    return FileIdentity(name, minor & 0xFF | major << 8 | (minor >> 8) << 20, inode, size, mtime_ns)


def read_back(headers: dict[str, str]) -> tuple[Piece, ...]:
    text = headers.get("X-Splice-Inline", "")
    inline = b64decode(text.removeprefix("~"), validate=True)
    if text.startswith("~"):
        inline = zlib.decompress(inline)
    files = [identity(row) for row in headers.get("X-Splice-Files", "").split(", ") if row]
    pieces: list[Piece] = []
    current = at = inline_at = 0
    for word in headers.get("X-Splice-Pieces", "").split():
        if found := re.fullmatch(r"#(\d+)", word):
            current, at = int(found[1]), 0
        elif found := re.fullmatch(r"(-?\d+)\+(\d+)", word):
            at += int(found[1])
            pieces.append(FileRange(files[current], at, int(found[2])))
            at += int(found[2])
        else:
            pieces.append(inline[inline_at : inline_at + int(word)])
            inline_at += int(word)
    assert inline_at == len(inline)
    return tuple(pieces)


@given(bodies)
def test_pieces_come_back(pieces: tuple[Piece, ...]) -> None:
    assert read_back(dict(instructions(plan(*pieces)))) == pieces


@given(bodies)
def test_headers_are_printable_ascii(pieces: tuple[Piece, ...]) -> None:
    for name, value in instructions(plan(*pieces)):
        assert re.fullmatch(r"[!-~][ -~]*[!-~]|[!-~]", value), name


def test_what_is_not_sent_is_a_guard() -> None:
    headers = dict(instructions(plan(b"head", FileRange(FILES[0], 5, 6))))
    assert identity(headers["X-Splice-Files"]) == FILES[0]
    assert identity(headers["X-Splice-Guards"]) == INDEX
    assert headers["X-Splice-Pieces"] == "4 5+6"


def test_a_file_is_named_once() -> None:
    one, two = (FileRange(file, 100, 10) for file in FILES[:2])
    headers = dict(instructions(plan(one, two, one, FileRange(FILES[0], 105, 1))))
    assert headers["X-Splice-Files"].count(", ") == 1
    assert headers["X-Splice-Pieces"] == "100+10 #1 100+10 #0 100+10 -5+1"


def test_nothing_that_nginx_would_copy_onto_an_error() -> None:
    names = {name for name, _ in instructions(plan(b"head"))}
    copied = {
        "Content-Type",
        "Cache-Control",
        "Expires",
        "Set-Cookie",
        "Accept-Ranges",
        "Content-Disposition",
    }
    assert names & copied == set()


@pytest.mark.parametrize(
    ("size", "is_deflated"), [(DEFLATED_FROM_BYTES - 1, False), (DEFLATED_FROM_BYTES, True)]
)
def test_many_inline_bytes_are_deflated(size: int, is_deflated: bool) -> None:
    headers = dict(instructions(plan((b"#EXTINF:6.000000,\n" * size)[:size])))
    assert headers["X-Splice-Inline"].startswith("~") == is_deflated


class AsSent(Response):
    """What went to the server, with nothing added."""

    default_mimetype = None


def delivered(what: Plan, **headers: str) -> AnyResponse:
    def direct(plan: Plan, request: Request) -> Response:
        return Response("the media itself")

    with Flask("tests").test_request_context(headers=headers):
        return AsSent.from_app(Splice(direct).deliver(what, request), request.environ)


def test_who_does_not_ask_gets_the_media() -> None:
    assert delivered(plan(b"x")).get_data() == b"the media itself"


def test_who_asks_gets_instructions() -> None:
    response = delivered(plan(b"x"), **{"X-Splice-Accept": "1000"})
    assert (response.status_code, response.get_data()) == (200, b"")
    assert response.headers["X-Accel-Redirect"] == "@splice"
    assert int(response.headers["X-Accel-Expires"]) > 0
    assert "Content-Type" not in response.headers


def test_the_length_of_instructions_is_bounded() -> None:
    what = plan(b"x" * 100, *(FileRange(FILES[0], at * 100, 50) for at in range(100)))
    headers = delivered(what, **{"X-Splice-Accept": "100000"}).headers
    said = sum(
        len(f"{name}: {value}\r\n") for name, value in headers if name.startswith(("X-Splice", "X-Accel"))
    )
    full = delivered(what, **{"X-Splice-Accept": str(said + 200)})
    assert full.headers["X-Accel-Redirect"] == "@splice"
    short = delivered(what, **{"X-Splice-Accept": str(said - 200)})
    assert short.headers["X-Accel-Redirect"] == "@direct"
    assert [name for name, _ in short.headers if name.startswith("X-Splice")] == []
