"""The instructions for nginx, read back by a second reader; `tests/nginx` has the first act on them."""

from __future__ import annotations

import time
from urllib.parse import unquote_to_bytes

import pytest
from flask import Flask, Request, Response, request
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.wrappers import Response as AnyResponse

from app.delivery.splice import ASKED, FORMAT, MAX_RANGES, PLAN_TYPE, Splice, instructions
from app.plan import FileIdentity, FileRanges, Neighbours, Piece, Plan, one_range

FILES = tuple(
    FileIdentity(f"/films/{name}", 2049, 100 + number, 1 << 40, 1_795_206_780_123_456_789 + number)
    for number, name in enumerate(("a.mp4", "ü, \udcff \x01.mp4", "%41 #1.mp4"))
)
INDEX = FileIdentity("/index/a.idx", 0x10FF02, 977, 4000, -5)

columns = st.lists(
    st.tuples(st.integers(0, (1 << 63) - 1 - (1 << 40)), st.integers(1, 1 << 40)), min_size=1, max_size=5
).map(lambda rows: tuple(zip(*rows, strict=True)))
ranges = st.builds(
    lambda file, both: FileRanges(file, both[0], both[1], sum(both[1])), st.sampled_from(FILES), columns
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


def plans_of(body: bytes) -> dict[str, tuple[list[str], bytes]]:
    """A plan's eight lines and inline bytes, by its name."""
    _, _, table, _, content = body.split(b"\n", 4)
    rows = [row.split() for row in table.decode("ascii").split(", ")]
    ends = [*(int(begin) for _, begin, _ in rows[1:]), len(content)]
    found = {}
    for (name, begin, length), end in zip(rows, ends, strict=True):
        lines_end = int(begin) + int(length)
        lines = content[int(begin) : lines_end].decode("ascii").splitlines()
        found[name] = lines, content[lines_end:end]
    return found


def written(*pieces: Piece) -> tuple[list[str], bytes]:
    return plans_of(instructions({"x.m4s": plan(*pieces)}, ahead="", until_s=0))["x.m4s"]


def read_back(lines: list[str], inline: bytes) -> tuple[Piece, ...]:
    files = [identity(row) for row in lines[5].split(", ") if row]
    pieces: list[Piece] = []
    inline_at = 0
    for words in filter(None, lines[7].split(", ")):
        file, *numbers = map(int, words.split())
        offsets, lengths = tuple(numbers[0::2]), tuple(numbers[1::2])
        if file == -1:
            assert offsets == (inline_at,)
            inline_at += lengths[0]
            pieces.append(inline[offsets[0] : inline_at])
        else:
            pieces.append(FileRanges(files[file], offsets, lengths, sum(lengths)))
    assert inline_at == len(inline)
    return tuple(pieces)


@given(st.lists(bodies, min_size=1, max_size=4))
def test_pieces_come_back(each: list[tuple[Piece, ...]]) -> None:
    names = [f"seg_{number:04d}.m4s" for number in range(len(each))]
    plans = {name: plan(*pieces) for name, pieces in zip(names, each, strict=True)}
    found = plans_of(instructions(plans, ahead="", until_s=0))
    assert list(found) == names
    for name, (lines, inline) in found.items():
        assert read_back(lines, inline) == plans[name].pieces
        assert int(lines[6]) == plans[name].length


def test_the_lines() -> None:
    body = instructions({"x.m4s": plan(b"head\n", one_range(FILES[0], 5, 6))}, ahead="y.m4s", until_s=17)
    first, until, _, ahead, _ = body.split(b"\n", 4)
    assert (first, until, ahead) == (b"splice 2", b"17", b"y.m4s")
    lines, inline = plans_of(body)["x.m4s"]
    assert lines[:4] == [
        "video/mp4", '"0123456789-muxed-7"', "Fri, 20 Nov 2026 20:33:00 GMT", "public, max-age=60",
    ]  # fmt: skip
    assert identity(lines[4]) == INDEX
    assert identity(lines[5]) == FILES[0]
    assert lines[6:] == ["11", "-1 0 5, 0 5 6"]
    assert inline == b"head\n"


def test_a_file_is_named_once() -> None:
    one, two = (one_range(file, 100, 10) for file in FILES[:2])
    again = FileRanges(FILES[0], (105, 90), (1, 2), 3)
    lines, _ = written(one, two, one, again)
    assert lines[5].count(", ") == 1
    assert lines[7] == "0 100 10, 1 100 10, 0 100 10, 0 105 1 90 2"


class AsSent(Response):
    """What went to the server, with nothing added."""

    default_mimetype = None


NEIGHBOUR = Plan("video/mp4", "0123456789-muxed-8", 1_795_206_780, 60, False, (b"next",))


def delivered(what: Plan, **environ: str) -> AnyResponse:
    def direct(plan: Plan, request: Request) -> Response:
        return Response("the media itself")

    def neighbours() -> Neighbours:
        assert environ.get(ASKED) == FORMAT, "planned for nothing"
        return Neighbours({"seg_0002.m4s": NEIGHBOUR}, "seg_0010.m4s")

    with Flask("tests").test_request_context("/v/film/seg_0001.m4s", environ_overrides=environ):
        return AsSent.from_app(Splice(direct).deliver(what, request, neighbours), request.environ)


@pytest.mark.parametrize("environ", [{}, {ASKED: "1"}, {ASKED: "0"}])
def test_who_asks_for_no_such_format_gets_the_media(environ: dict[str, str]) -> None:
    assert delivered(plan(b"x"), **environ).get_data() == b"the media itself"


def test_who_asks_gets_instructions() -> None:
    response = delivered(plan(b"x"), **{ASKED: FORMAT})
    assert (response.status_code, response.headers["Content-Type"]) == (200, PLAN_TYPE)
    found = {name: read_back(*each) for name, each in plans_of(response.get_data()).items()}
    assert found == {"seg_0001.m4s": (b"x",), "seg_0002.m4s": (b"next",)}
    assert response.get_data().split(b"\n")[3] == b"seg_0010.m4s"
    until_s = int(response.get_data().split(b"\n")[1])
    assert 0 < int(response.headers["X-Accel-Expires"]) < until_s - time.time()
    assert int(response.headers["Content-Length"]) == len(response.get_data())


@pytest.mark.parametrize(("more", "has_pieces"), [(0, True), (1, False)])
def test_the_number_of_ranges_is_bounded(more: int, has_pieces: bool) -> None:
    count = MAX_RANGES - 1 + more
    ranges = FileRanges(FILES[0], range(0, 100 * count, 100), [50] * count, 50 * count)
    found = plans_of(delivered(plan(b"head", ranges), **{ASKED: FORMAT}).get_data())
    assert bool(found["seg_0001.m4s"][0]) == has_pieces
    assert found["seg_0002.m4s"][1] == b"next"
