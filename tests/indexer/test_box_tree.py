"""Boxes within boxes: their places, their ends, and what refusals call them."""

from __future__ import annotations

import pytest

from indexer import boxes
from indexer.box_tree import Box, children, first_of_each, required
from indexer.errors import LimitExceeded, Malformed
from indexer.limits import MAX_CHILDREN
from tests.indexer.demux.made_mp4 import box, full_box, large_box, u32, u64


def container(body: bytes, offset: int = 1000) -> Box:
    return Box("moov", offset, 8, memoryview(body))


def kinds(body: bytes) -> list[str]:
    return [child.type for child in children(container(body))]


def test_children_know_where_they_are() -> None:
    body = box("free", b"abc") + large_box("mdat", b"de") + box("trak")
    first, second, third = children(container(body))
    assert [(child.offset, child.header_bytes, bytes(child.body)) for child in (first, second, third)] == [
        (1008, 8, b"abc"), (1019, 16, b"de"), (1037, 8, b"")
    ]  # fmt: skip
    assert first.whole + second.whole + third.whole == body


def test_fields_before_the_children_are_skipped() -> None:
    (child,) = children(container(u32(0, 1) + box("avc1")), skip_bytes=8)
    assert (child.type, child.offset) == ("avc1", 1016)


@pytest.mark.parametrize("tail", [b"", b"\0", bytes(7), bytes(8), bytes(4) + b"text" + bytes(9)])
def test_what_ends_a_list_of_boxes(tail: bytes) -> None:
    """Nothing, less than a header, or the size 0 with which QuickTime closes its lists."""
    assert kinds(box("free", b"abc") + tail) == ["free"]


@pytest.mark.parametrize(
    "bad",
    [u32(7) + b"trak", u32(9) + b"trak", u32(2**32 - 1) + b"trak", u32(1) + b"trak",
     u32(1) + b"trak" + u64(15), u32(1) + b"trak" + u64(17), u32(1) + b"trak" + u64(2**64 - 1)],
)  # fmt: skip
def test_sizes_that_do_not_fit(bad: bytes) -> None:
    with pytest.raises(Malformed) as caught:
        kinds(box("trak") + bad)
    assert (caught.value.where, caught.value.offset) == ("moov", 1016)


def test_paths_count_what_may_stand_more_than_once() -> None:
    body = box("trak", box("mdia")) + box("free") + box("free") + box("trak", box("mdia", box("\xa9nam")))
    tracks = [child for child in children(container(body)) if child.type == "trak"]
    assert next(children(tracks[0])).where == "moov/trak[1]/mdia"
    assert next(children(next(children(tracks[1])))).where == "moov/trak[2]/mdia/\\xa9nam"
    assert [child.where for child in children(container(body))][1:3] == ["moov/free", "moov/free[2]"]


def test_more_boxes_than_a_container_may_hold() -> None:
    assert len(kinds(box("free") * MAX_CHILDREN)) == MAX_CHILDREN
    with pytest.raises(LimitExceeded):
        kinds(box("free") * (MAX_CHILDREN + 1))


def test_the_first_of_each_type_counts() -> None:
    found = first_of_each(container(box("stts", b"1") + box("stsc") + box("stts", b"2")))
    assert bytes(found["stts"].body) == b"1"
    with pytest.raises(Malformed, match="'stsz'"):
        required(found, "stsz", container(b""))


def test_declared_boxes_in_both_versions() -> None:
    for version, time in ((0, u32), (1, u64)):
        content = full_box("mdhd", time(1), time(2), u32(90000), time(3), b"\x15\xc7\0\0", version=version)
        mdhd = boxes.read(boxes.MDHD, next(children(container(content))))
        assert (mdhd.timescale, mdhd.language) == (90000, 0x15C7)


def test_a_declared_box_that_is_too_short() -> None:
    content = full_box("mdhd", u32(0, 0, 90000, 0))
    with pytest.raises(Malformed, match="too short") as caught:
        boxes.read(boxes.MDHD, next(children(container(content))))
    assert caught.value.where == "moov/mdhd"


@pytest.mark.parametrize("kind", ["udta", "free", "sgpd"])
def test_a_last_box_that_is_too_long_and_of_which_nothing_is_read_ends_the_list(kind: str) -> None:
    broken = u32(900) + kind.encode() + b"rest"
    assert kinds(box("trak") + broken) == ["trak"]


@pytest.mark.parametrize(
    "tail", [u32(900) + b"trak", u32(900) + b"udta" + box("trak"), u32(9 << 20) + b"free" + bytes(1 << 17)]
)
def test_a_wrong_length_that_may_hide_a_track_is_refused(tail: bytes) -> None:
    with pytest.raises(Malformed, match="does not fit"):
        kinds(box("trak") + tail)
