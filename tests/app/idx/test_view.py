"""Opening an `.idx`: what was written comes back, and nothing else is ever taken for an index.

Files are put together by `sealed` from the description at the top of `app.idx.layout`, not by the writer.
"""

from __future__ import annotations

import os
from array import array
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from app.idx.view import Idx, IndexDamaged, open_idx, read_idx
from app.plan import FileIdentity
from tests.app.idx.sealed import (
    COLUMNS,
    DIGEST_BYTES,
    HEADER,
    PROLOGUE_BYTES,
    TEXT,
    TRACK,
    VIEW,
    Columns,
    sealed,
    with_digest,
)
from tests.app.made_archive import MadeArchive

NOWHERE = FileIdentity("made.idx", 0, 0, 0, 0)


def read(content: bytes) -> Idx:
    return read_idx(NOWHERE, memoryview(content))


def refusal(content: bytes) -> str:
    with pytest.raises(IndexDamaged) as caught:
        read(content)
    return str(caught.value)


def test_everything_comes_back() -> None:
    content = sealed(HEADER)
    idx = read(content)
    assert idx.digest == blake3(content[:-32]).hexdigest()
    assert idx.version == idx.digest[:10]
    assert idx.header.source.fingerprint_kind == "fast"
    assert idx.header.chapters[0].title == "one"
    assert idx.view(idx.view_number("muxed")).inits == (b"init",)
    assert list(idx.segment_time) == [0, 2000, 4000]
    assert list(idx.runs.first) == [0, 1, 4]
    assert list(idx.segment_offset) == [28, 78]
    assert idx.segment_init is None
    codes = [idx.runs.codes(segment) for segment in range(2)]
    assert codes == [b"\0", b"\1\2\1"]
    assert idx.runs.tracks(codes[1]) == b"\0\xff\0"
    assert list(idx.runs.extents(0, codes[0], 0)) == [2]
    assert [list(idx.runs.extents(1, codes[1], track)) for track in (0, 255)] == [[1, 1], [5]]
    assert list(idx.view_bytes[0]) == [300, 301]
    (rows,) = idx.tracks
    assert rows.track_id == 1
    assert rows.size is not None
    assert list(rows.size) == [20, 30, 25, 25]
    text = idx.text("text-eng")
    assert (text.facts.file, text.facts.hearing_impaired) == ("a.eng.srt", True)
    assert (list(text.start_ms), list(text.end_ms), list(text.cue)) == ([0, 1500], [1000, 2500], [0, 1, 1])
    assert bytes(text.content[text.offset[1] : text.offset[2]]) == b" line:0\nYou"
    assert (rows.default_duration, rows.default_flags, rows.default_composition) == (1000, None, 0)


def test_a_sidecar_may_hold_a_track_or_not() -> None:
    view = read(sealed(HEADER)).view(0)
    without, within = COLUMNS, COLUMNS | {"track.0.sidecar_offset": array("B", [0, 50, 100])}
    found = [read(sealed(HEADER, columns)).has_in_sidecar(view) for columns in (without, within)]
    assert found == [False, True]
    assert read(sealed(HEADER)).sidecar is None
    no_sidecar = sealed(HEADER | {"sidecar": None}, within)
    assert "track.0.sidecar_offset does not fit" in refusal(no_sidecar)


def test_a_view_is_found_by_its_name() -> None:
    with pytest.raises(KeyError):
        read(sealed(HEADER)).view_number("audio")
    with pytest.raises(KeyError):
        read(sealed(HEADER)).text("text-deu")


@pytest.mark.parametrize(
    ("timescale", "time", "durations_us"),
    [
        (1000, [0, 2000, 4000], [2_000_000, 2_000_000]),
        (90_000, [0, 180_180, 360_360], [2_002_000, 2_002_000]),
        (3, [0, 1, 2], [333_333, 333_334]),
        (2_000_000, [0, 1, 2], [1, 0]),
        (1000, [500, 2500, 4500], [2_000_000, 2_000_000]),
    ],
)
def test_durations_add_up_to_the_whole(timescale: int, time: list[int], durations_us: list[int]) -> None:
    idx = read(sealed(HEADER | {"timescale": timescale}, COLUMNS | {"segment.time": array("I", time)}))
    assert idx.durations_us() == durations_us


def test_any_flipped_bit_is_refused() -> None:
    whole = sealed(HEADER)
    for at in range(len(whole)):
        for bit in range(8):
            flipped = bytearray(whole)
            flipped[at] ^= 1 << bit
            with pytest.raises(IndexDamaged):
                read_idx(NOWHERE, memoryview(flipped))


def test_any_shorter_or_longer_file_is_refused(archive: MadeArchive) -> None:
    whole = archive.index.read_bytes()
    assert open_idx(str(archive.index)).identity.size == len(whole)
    with archive.index.open("ab") as file:
        file.write(b"\0")
    with pytest.raises(IndexDamaged, match=f"{len(whole) + 1} bytes long, written as {len(whole)}"):
        open_idx(str(archive.index))
    for length in reversed(range(len(whole))):
        os.truncate(archive.index, length)
        with pytest.raises(IndexDamaged):
            open_idx(str(archive.index))


def test_a_missing_index_is_the_caller_s_business(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_idx(str(tmp_path / "none.idx"))


def test_an_open_index_outlives_its_file(archive: MadeArchive) -> None:
    idx = open_idx(str(archive.index))
    archive.index.unlink()
    assert idx.segment_time[-1] == 18_000


def test_other_files_and_other_formats_are_told_apart() -> None:
    assert refusal(sealed(HEADER, magic=b"\x89PNG\r\n\x1a\n")) == "is no .idx file"
    assert refusal(sealed(HEADER, version=9)) == "format 9; this vodsplice reads format 2"
    flipped = bytearray(sealed(HEADER))
    flipped[-40] ^= 1
    assert "checksum does not hold" in refusal(bytes(flipped))


WRONG_COLUMNS = {
    "time too short": {"segment.time": array("H", [0, 2000])},
    "a run too many": {"segment.run": array("B", [0, 1, 5])},
    "runs that go back": {"segment.run": array("B", [0, 5, 4])},
    "runs from the middle": {"segment.run": array("B", [1, 1, 4])},
    "an offset too few": {"segment.offset": array("B", [28])},
    "an extent too few": {"run_kind.extent": array("B", [2, 1])},
    "a run of no kind": {"run.code": array("B", [0, 1, 2, 3])},
    "codes of two bytes": {"run.code": array("H", [0, 1, 2, 1])},
    "a long extent too few": {"run.long_extent": array("B")},
    "long extents that go back": {"segment.long_run": array("B", [0, 2, 1])},
    "a long run too few": {"run_kind.extent": array("B", [2, 1, 5])},
    "a run of no track": {"run_kind.track": array("B", [0, 1, 255])},
    "an init too few": {"segment.init": array("B", [0])},
    "an init there is none of": {"segment.init": array("B", [0, 1])},
    "a sample too few": {"track.0.first_sample": array("B", [0, 2, 3])},
    "samples that go back": {"track.0.first_sample": array("B", [0, 5, 4])},
    "a decode time too few": {"track.0.decode_time": array("H", [0])},
    "a size too few": {"track.0.size": array("B", [20, 30, 25])},
    "a kind there is none of": {"track.0.kind": array("B", [0, 1, 0, 2])},
    "a wide kind there is none of": {"track.0.kind": array("H", [0, 1, 0, 300])},
    "a kind too few": {"track.0.kind": array("B", [0, 1, 0])},
    "a duration too few": {"track.0.kind_duration": array("H", [1000])},
    "flags too few": {"track.0.kind_flags": array("I", [0])},
    "no kinds": {f"track.0.kind_{name}": array("B") for name in ("duration", "flags", "composition")},
    "lengths too few": {"view.0.bytes": array("H", [300])},
    "a cue's start too few": {"text.0.start": array("H", [0])},
    "a cue's end too few": {"text.0.end": array("H", [1000])},
    "a cue without content": {"text.0.offset": array("B", [0, 17])},
    "content that goes back": {"text.0.offset": array("B", [0, 18, 17])},
    "content past its end": {"text.0.offset": array("B", [0, 6, 18])},
    "cues of a segment too few": {"text.0.first": array("B", [0, 3])},
    "cues of segments that go back": {"text.0.first": array("B", [0, 4, 3])},
    "a cue there is none of": {"text.0.cue": array("B", [0, 1, 2])},
    "a cue from the end": {"text.0.cue": array("b", [0, 1, -1])},
    "places in the sidecar too few": {"track.0.sidecar_offset": array("B", [0, 50])},
    "places that go back": {"track.0.sidecar_offset": array("B", [0, 50, 40])},
    "places past the sidecar's end": {"track.0.sidecar_offset": array("B", [0, 50, 101])},
    "places before its start": {"track.0.sidecar_offset": array("b", [-1, 50, 100])},
}


@pytest.mark.parametrize("wrong", WRONG_COLUMNS.values(), ids=WRONG_COLUMNS)
def test_columns_that_do_not_fit_are_refused(wrong: Columns) -> None:
    assert refusal(sealed(HEADER, COLUMNS | wrong)).startswith("inconsistent: ")


@pytest.mark.parametrize("missing", sorted(COLUMNS))
def test_a_missing_column_is_refused(missing: str) -> None:
    columns = {name: column for name, column in COLUMNS.items() if name != missing}
    assert refusal(sealed(HEADER, columns)).startswith("inconsistent: ")


@pytest.mark.parametrize(
    "place",
    [
        [16, "B", 3],  # the prologue
        [4097, "B", 3],  # not aligned
        [4096, "B", 10**9],
        [2**62, "B", 3],
        [-8, "B", 3],
        [4096, "B", -1],
        [4096, "d", 3],
        [4096, "L", 3],
        [4096, "B"],
        [4096, "B", 3.0],
        ["0", "B", 3],
        None,
    ],
)
def test_a_column_outside_the_file_is_refused(place: Any) -> None:
    places = {name: [4096 + 8 * number, "B", 0] for number, name in enumerate(COLUMNS)}
    header = HEADER | {"columns": places | {"segment.time": place}}
    assert refusal(sealed(header)).startswith("inconsistent: ")


WRONG_HEADERS = {
    "not a map": [1, 2],
    "not msgpack's end": b"",
    "no segments": HEADER | {"segment_count": 0},
    "no timescale": HEADER | {"timescale": 0},
    "no views": HEADER | {"views": []},
    "no tracks": HEADER | {"tracks": []},
    "a view of no track": HEADER | {"views": [VIEW | {"tracks": []}]},
    "a view of another track": HEADER | {"views": [VIEW | {"tracks": [1]}]},
    "a view of a track from the end": HEADER | {"views": [VIEW | {"tracks": [-1]}]},
    "a view without an init": HEADER | {"views": [VIEW | {"inits": []}]},
    "a field too many": HEADER | {"surplus": 1},
    "a field too few": {name: value for name, value in HEADER.items() if name != "notes"},
    "a field of a track too many": HEADER | {"tracks": [TRACK | {"surplus": 1}]},
    "a source that is a list": HEADER | {"source": []},
    "a track that is a number": HEADER | {"tracks": [1]},
    "columns that are a list": HEADER | {"columns": []},
    "one size and many": HEADER | {"tracks": [TRACK | {"size_bytes": 25}]},
    "a text without columns": HEADER | {"texts": [TEXT, TEXT]},
    "a cue too many": HEADER | {"texts": [TEXT | {"cue_count": 3}]},
    "a sidecar that is a number": HEADER | {"sidecar": 1},
    "a sidecar without a size": HEADER | {"sidecar": {"mtime_ns": 1, "fingerprint": "00"}},
    "keys that are numbers": HEADER | {1: 2},
}


@pytest.mark.parametrize("header", WRONG_HEADERS.values(), ids=WRONG_HEADERS)
def test_headers_of_another_shape_are_refused(header: Any) -> None:
    assert refusal(sealed(header)).startswith("inconsistent: ")


def leaves(record: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value of nested maps and lists."""
    pairs = (
        record.items() if isinstance(record, dict) else enumerate(record) if isinstance(record, list) else ()
    )
    return [path, *(leaf for key, value in pairs for leaf in leaves(value, (*path, key)))]


anything = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**63), 2**64 - 1),
        st.floats(),
        st.text(max_size=3),
        st.binary(max_size=3),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=4,
)


@given(st.sampled_from([path for path in leaves(HEADER) if path]), anything)
def test_any_value_in_any_field_is_taken_or_refused(path: tuple[Any, ...], value: Any) -> None:
    header = deepcopy(HEADER)
    place: Any = header
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    try:
        idx = read(sealed(header))
    except IndexDamaged:
        return
    assert sum(idx.durations_us()) >= 0


@given(st.binary(min_size=1, max_size=200))
def test_noise_for_a_header_is_refused(noise: bytes) -> None:
    content = bytearray(sealed(HEADER)[:-DIGEST_BYTES])
    content[PROLOGUE_BYTES : PROLOGUE_BYTES + 200] = noise.ljust(200, b"\xc1")  # which no msgpack holds
    assert refusal(with_digest(bytes(content))).startswith("inconsistent: ")
