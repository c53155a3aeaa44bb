"""Small files that ask for much: within 64 MB + 8 times the tables, within 2 s, with one typed refusal."""

from __future__ import annotations

import time
import tracemalloc
from pathlib import Path

import pytest

from indexer.demux.open import demux
from indexer.errors import LimitExceeded, Malformed, SourceError
from indexer.limits import EXPANSION_FLOOR_BYTES, MAX_FRAGMENT_BOXES, MAX_FRAGMENTS, MAX_MOOV_BYTES, MAX_RUNS
from indexer.source import Source
from tests.indexer.demux.made_fragments import BASE_IS_MOOF, DEFAULTS, fragment, init
from tests.indexer.demux.made_mp4 import (
    DATA,
    NO_TABLES,
    box,
    ctts,
    ftyp,
    full_box,
    moof,
    moov,
    stco,
    stsc,
    stss,
    stsz_constant,
    stts,
    tfhd,
    trak,
    trun,
    u32,
)

MOST = 2**32 - 1
FILE_BYTES = 2**35
"""Sparse, so that the size of the file does not bound what is asked for."""

TO_THE_END = u32(0) + b"mdat"


def demux_sparse(path: Path, head: bytes, file_bytes: int = FILE_BYTES) -> SourceError | None:
    """Demux `head` in a huge file; the refusal, if any. Fails where it takes too much."""
    with path.open("wb") as file:
        file.write(head)
        file.truncate(max(file_bytes, len(head)))
    with Source(path) as source:
        started = time.process_time()
        refusal = refusal_of(source)
        assert time.process_time() - started < 20
        tracemalloc.start()
        try:
            assert repr(refusal_of(source)) == repr(refusal)
            _, peak_bytes = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak_bytes < (64 << 20) + 8 * len(head)
    return refusal


def refusal_of(source: Source) -> SourceError | None:
    try:
        demux(source)
    except SourceError as error:
        return error
    return None


def progressive(*tables: bytes) -> bytes:
    """Tables of `MOST` samples of one byte in a file large enough for them; a few hundred bytes in all."""
    sizes = stsc((1, MOST, 1)), stsz_constant(1, MOST), stco(DATA)
    return ftyp() + moov(trak((*tables, *sizes))) + TO_THE_END


def test_many_samples_that_are_alike_cost_nothing(tmp_path: Path) -> None:
    """Hours of PCM: a sample a frame."""
    assert demux_sparse(tmp_path / "a.mp4", progressive(stts((MOST, 1)), ctts((MOST, 5)))) is None


@pytest.mark.parametrize(("tables", "blamed"), [
    pytest.param([stts((MOST - 1, 1), (1, 2))], "stts", id="durations"),
    pytest.param([stts(*[(MOST, 1), (MOST, 2)] * 9)], "", id="durations beyond the samples"),
    pytest.param([stts((MOST - 1, 1), (1, -5))], "stts", id="negative durations"),
    pytest.param([stts((MOST, 1)), ctts((MOST - 1, 1), (1, 2))], "ctts", id="composition offsets"),
    pytest.param([stts((MOST, 1)), ctts((1, 2))], "ctts", id="composition offsets that are missing"),
    pytest.param([stts((MOST, 1)), stss(1)], "stss", id="sync samples"),
    pytest.param([stts((MOST, 1)), full_box("sdtp", bytes(9))], "sdtp", id="dependencies"),
])  # fmt: skip
def test_runs_that_expand(tables: list[bytes], blamed: str, tmp_path: Path) -> None:
    error = demux_sparse(tmp_path / "a.mp4", progressive(*tables))
    if blamed:
        assert isinstance(error, LimitExceeded)
        assert error.where.endswith(blamed)


def test_expansion_is_bounded_over_all_tracks(tmp_path: Path) -> None:
    """Each track stays below the floor; together they do not."""
    count = EXPANSION_FLOOR_BYTES // 8
    tables = stts((count - 1, 1), (1, 2)), stsc((1, count, 1)), stsz_constant(1, count), stco(DATA)
    tracks = [trak(tables, track_id=number) for number in range(1, 6)]
    error = demux_sparse(tmp_path / "a.mp4", ftyp() + moov(*tracks) + TO_THE_END)
    assert isinstance(error, LimitExceeded)
    assert error.where == "moov/trak[3]/mdia/minf/stbl/stts"


def test_runs_of_a_fragment_that_expand(tmp_path: Path) -> None:
    head = init(DEFAULTS.replace(u32(10, 4), u32(10, 1)))
    run = trun(MOST, u32(0), u32(7), flags=5)
    error = demux_sparse(tmp_path / "a.mp4", head + moof([tfhd(flags=BASE_IS_MOOF), run]) + TO_THE_END)
    assert isinstance(error, LimitExceeded)
    assert error.where == "moof[1]/traf[1]/trun[1]"


def test_runs_of_two_fragments_that_differ(tmp_path: Path) -> None:
    """Each alone stays one number a column; joined they would be two arrays of 16 GiB."""
    head = init(DEFAULTS.replace(u32(10, 4), u32(10, 1)))
    moofs = [
        moof([tfhd(1, u32(duration), flags=BASE_IS_MOOF | 8), trun(MOST, u32(0), flags=1)])
        for duration in (1, 2)
    ]
    error = demux_sparse(tmp_path / "a.mp4", head + b"".join(moofs) + TO_THE_END)
    assert isinstance(error, LimitExceeded | Malformed)


def test_a_movie_header_that_is_not_read(tmp_path: Path) -> None:
    head = ftyp() + u32(MAX_MOOV_BYTES + 1) + b"moov"
    assert isinstance(demux_sparse(tmp_path / "a.mp4", head, 2 * MAX_MOOV_BYTES), LimitExceeded)


def test_boxes_nested_as_deep_as_they_go(tmp_path: Path) -> None:
    nested = b""
    for kind in ["moov", "trak", "mdia", "minf", "stbl"] * 2000:
        nested = box(kind, nested)
    assert isinstance(demux_sparse(tmp_path / "a.mp4", ftyp() + nested, 0), Malformed)


def test_a_large_table_of_runs_of_no_sample(tmp_path: Path) -> None:
    runs = bytes(8 * 2**20)
    tables = full_box("stts", u32(2**20), runs), *NO_TABLES[1:2], stsz_constant(1, 1), stco(DATA)
    assert isinstance(demux_sparse(tmp_path / "a.mp4", ftyp() + moov(trak(tables)), 2**24), Malformed)


@pytest.mark.parametrize("many", [
    pytest.param((moof() + box("mdat")) * (MAX_FRAGMENTS + 1), id="fragments"),
    pytest.param(moof(*[[tfhd(flags=BASE_IS_MOOF), *[trun(0)] * 900]] * (MAX_RUNS // 900 + 1)), id="runs"),
    pytest.param(moof(*[[tfhd(), *[box("free")] * 1000]] * (MAX_FRAGMENT_BOXES // 1000)), id="boxes"),
])  # fmt: skip
def test_more_fragments_than_are_read(many: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(init() + fragment() + many + box("mdat"))
    with Source(path) as source:
        started = time.process_time()
        assert isinstance(refusal_of(source), LimitExceeded)
        assert time.process_time() - started < 20


def test_samples_of_no_bytes(tmp_path: Path) -> None:
    """Neither rows nor media data back them: two thousand million in 800 bytes, found by mutation."""
    head = init(DEFAULTS.replace(u32(10, 4), u32(10, 0)))
    run = trun(1_953_658_222, u32(0), flags=1)
    content = head + moof([tfhd(flags=BASE_IS_MOOF), run]) + box("mdat")
    assert isinstance(demux_sparse(tmp_path / "a.mp4", content, 0), LimitExceeded)
