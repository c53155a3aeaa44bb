"""The columns of I-frames and of the storyboard: read back, and refused where they do not fit the rest."""

from __future__ import annotations

from array import array

import pytest

from app.idx.view import IndexDamaged, read_idx
from app.plan import FileIdentity
from tests.app.idx.sealed import COLUMNS, HEADER, TRACK, Columns, sealed

NOWHERE = FileIdentity("made.idx", 0, 0, 0, 0)

IFRAMES: Columns = {
    "iframe.time": array("h", [-5, 2000, 4000]),
    "iframe.sample": array("B", [0, 2]),
    "iframe.offset": array("B", [28, 78]),
}


def refusal(content: bytes) -> str:
    with pytest.raises(IndexDamaged) as refused:
        read_idx(NOWHERE, memoryview(content))
    return str(refused.value)


def test_iframes_come_back_and_their_first_stands_for_all_before_it() -> None:
    idx = read_idx(NOWHERE, memoryview(sealed(HEADER, COLUMNS | IFRAMES)))
    assert idx.iframes is not None
    assert [list(each) for each in (idx.iframes.time, idx.iframes.sample, idx.iframes.offset)] == [
        [-5, 2000, 4000], [0, 2], [28, 78],
    ]  # fmt: skip
    assert idx.iframe_durations_us() == [2_000_000, 2_000_000]
    assert read_idx(NOWHERE, memoryview(sealed(HEADER))).iframe_durations_us() == []


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("iframe.sample", array("B", [0, 4])),
        ("iframe.sample", array("b", [-1, 2])),
        ("iframe.sample", array("B", [0])),
        ("iframe.offset", array("B", [28])),
        ("iframe.time", array("H", [0, 2000])),
        ("iframe.time", array("H", [2000, 0, 4000])),
    ],
)
def test_iframes_that_do_not_fit_are_refused(name: str, column: array[int]) -> None:
    assert refusal(sealed(HEADER, COLUMNS | IFRAMES | {name: column})).startswith("inconsistent: iframe.")


def test_only_a_video_has_iframes() -> None:
    header = HEADER | {"tracks": [TRACK | {"kind": "audio"}]}
    assert refusal(sealed(header, COLUMNS | IFRAMES)) == "inconsistent: iframe.sample does not fit the rest"


STORYBOARD = {
    "size": 70, "mtime_ns": 1, "columns": 1, "rows": 1, "tile_width": 160, "tile_height": 90,
    "sheets": [30, 40],
}  # fmt: skip
TILES: Columns = COLUMNS | IFRAMES | {"storyboard.iframe": array("B", [0, 1])}


def test_a_storyboard_comes_back() -> None:
    idx = read_idx(NOWHERE, memoryview(sealed(HEADER | {"storyboard": STORYBOARD}, TILES)))
    assert list(idx.storyboard or ()) == [0, 1]
    assert read_idx(NOWHERE, memoryview(sealed(HEADER, TILES))).storyboard is None


@pytest.mark.parametrize(
    "facts",
    [{"size": 71}, {"sheets": [70]}, {"sheets": [70, 0]}, {"columns": 0}, {"rows": 2}, {"tile_height": 0}],
    ids=str,
)
def test_a_storyboard_that_does_not_fit_is_refused(facts: dict[str, object]) -> None:
    refused = refusal(sealed(HEADER | {"storyboard": STORYBOARD | facts}, TILES))
    assert refused.startswith("inconsistent: storyboard")


@pytest.mark.parametrize("tiles", [[0, 2], [1, 0], []])
def test_tiles_that_do_not_fit_are_refused(tiles: list[int]) -> None:
    columns = TILES | {"storyboard.iframe": array("B", tiles)}
    assert refusal(sealed(HEADER | {"storyboard": STORYBOARD}, columns)).startswith("inconsistent: ")
