"""What a track is with each of its init segments, as the header of an index has it."""

from __future__ import annotations

from array import array
from typing import Any

import pytest

from app.idx.header import TrackFacts
from app.idx.view import IndexDamaged, read_idx
from app.plan import FileIdentity
from tests.app.idx.sealed import COLUMNS, FORMAT, HEADER, TRACK, VIEW, sealed

NOWHERE = FileIdentity("made.idx", 0, 0, 0, 0)
OTHER = FORMAT | {"codec": "avc1.64000b", "width": 128}


def read(formats: list[dict[str, Any]]) -> TrackFacts:
    """The facts of the one track of an index with two init segments."""
    track, view = TRACK | {"formats": formats}, VIEW | {"inits": [b"init", b"other"]}
    columns = COLUMNS | {"segment.init": array("B", [0, 1])}
    content = sealed(HEADER | {"tracks": [track], "views": [view]}, columns)
    (facts,) = read_idx(NOWHERE, memoryview(content)).header.tracks
    return facts


def test_one_for_each_init_segment() -> None:
    facts = read([FORMAT, OTHER])
    found = [(each.codec, each.width, each.height) for each in map(facts.in_format, range(2))]
    assert found == [("avc1.640028", 640, 360), ("avc1.64000b", 128, 360)]
    assert facts.codecs == ("avc1.640028", "avc1.64000b")


def test_none_where_they_are_alike() -> None:
    facts = read([])
    assert facts.in_format(1) is facts
    assert facts.codecs == ("avc1.640028",)


def test_an_index_from_before_there_were_any_is_refused() -> None:
    track = {name: value for name, value in TRACK.items() if name != "formats"}
    with pytest.raises(IndexDamaged, match="its header has other fields than this vodsplice writes"):
        read_idx(NOWHERE, memoryview(sealed(HEADER | {"tracks": [track]})))


def test_too_few_are_refused() -> None:
    with pytest.raises(IndexDamaged, match="track video does not fit the rest"):
        read([FORMAT])
