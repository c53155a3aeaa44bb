"""The columns of I-frames: read back, and refused where they do not fit the rest."""

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
