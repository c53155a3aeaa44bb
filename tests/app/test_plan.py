"""A Plan against the plainest model of one: its whole body as bytes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.plan import FileIdentity, FileRanges, Piece, Plan, piece_length

CONTENT = bytes(range(256))
FILE = FileIdentity("archive.mp4", 1, 2, len(CONTENT), 3)


def columns_of(ranges: list[tuple[int, int]]) -> tuple[list[int], list[int], int]:
    offsets, lengths = ([each[column] for each in ranges] for column in (0, 1))
    return offsets, lengths, sum(lengths)


one_of_them = st.tuples(st.integers(0, 255), st.integers(1, 256)).map(
    lambda drawn: (drawn[0], min(drawn[1], len(CONTENT) - drawn[0]))
)
ranges = st.lists(one_of_them, min_size=1, max_size=5).map(
    lambda drawn: FileRanges(FILE, *columns_of(drawn))
)
bodies = st.lists(st.one_of(st.binary(max_size=20), ranges), max_size=6).map(tuple)


def plan_of(pieces: tuple[Piece, ...], *, immutable: bool = True) -> Plan:
    return Plan("video/mp4", "tag", 0, 300, immutable, pieces)


def read(pieces: tuple[Piece, ...]) -> bytes:
    return b"".join(piece if isinstance(piece, bytes) else content(piece) for piece in pieces)


def content(ranges: FileRanges) -> bytes:
    each = zip(ranges.offsets, ranges.lengths, strict=True)
    return b"".join(CONTENT[offset : offset + length] for offset, length in each)


@given(bodies, st.data())
def test_cut_is_a_slice_of_the_body(pieces: tuple[Piece, ...], data: st.DataObject) -> None:
    plan, body = plan_of(pieces), read(pieces)
    assert plan.length == len(body)
    start = data.draw(st.integers(0, len(body)))
    stop = data.draw(st.integers(start, len(body)))
    cut = plan.cut(start, stop)
    assert read(cut) == body[start:stop]
    sizes = [size for piece in cut for size in ([len(piece)] if isinstance(piece, bytes) else piece.lengths)]
    assert all(size > 0 for size in sizes), "a piece without bytes is a system call for nothing"


@given(bodies)
def test_cut_of_everything_hands_the_pieces_on(pieces: tuple[Piece, ...]) -> None:
    whole = [piece for piece in pieces if piece_length(piece)]
    assert list(map(id, plan_of(pieces).cut(0, plan_of(pieces).length))) == list(map(id, whole))


@pytest.mark.parametrize(("start", "stop"), [(-1, 2), (3, 2), (0, 11), (11, 11)])
def test_cut_outside_the_body_is_an_error(start: int, stop: int) -> None:
    with pytest.raises(ValueError, match="not within a body of 10 bytes"):
        plan_of((bytes(10),)).cut(start, stop)


def test_cache_control() -> None:
    assert plan_of((), immutable=True).cache_control == "public, max-age=300, immutable"
    assert plan_of((), immutable=False).cache_control == "public, max-age=300"


def test_identity_holds_until_the_file_changes(tmp_path: Path) -> None:
    path = tmp_path / "archive.mp4"
    path.write_bytes(b"four")
    os.utime(path, ns=(0, 1_000_000_001))
    identity = FileIdentity.of(str(path), path.stat())
    assert identity.matches(path.stat())

    os.utime(path, ns=(0, 1_000_000_002))
    assert not identity.matches(path.stat()), "one nanosecond later"
    with path.open("ab") as file:
        file.write(b"!")
    os.utime(path, ns=(0, 1_000_000_001))
    assert not identity.matches(path.stat()), "longer, with the time put back"

    (tmp_path / "other").write_bytes(b"four")
    os.utime(tmp_path / "other", ns=(0, 1_000_000_001))
    os.replace(tmp_path / "other", path)
    assert not identity.matches(path.stat()), "another file of the same size and time"
