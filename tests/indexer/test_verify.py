"""Whether an index and its archive still belong together: every kind of no."""

from __future__ import annotations

import os
from array import array
from dataclasses import replace
from pathlib import Path

import pytest

from app.idx.view import Idx, open_idx
from indexer import pipeline
from indexer.archives import find_archives
from indexer.errors import SourceError
from indexer.pipeline import Options, index_archive
from indexer.verify import problems
from tests.indexer.conftest import Put, film

OTHER_BYTES = (
    "ARCHIVE holds other bytes than it did when it was indexed;"
    " copy it again from where it came, or run vodsplice-index --force on it"
)


@pytest.fixture
def archive(put: Put) -> Path:
    return put(made=film(seconds=3000))


def indexed(archive: Path, index_dir: Path, digest: str = "fast") -> Idx:
    (found,) = find_archives([str(archive)], str(archive.parent), str(index_dir))
    assert index_archive(found, Options(digest=digest)).status == "indexed"
    return open_idx(found.index_path)


def found(idx: Idx, archive: Path, *, full: bool = False) -> list[str]:
    return [line.replace(str(archive), "ARCHIVE") for line in problems(idx, str(archive), full=full)]


def overwrite(archive: Path, at: int) -> None:
    """Change a byte, and put the file's times back."""
    times = (archive.stat().st_atime_ns, archive.stat().st_mtime_ns)
    with archive.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)
        file.seek(at)
        file.write(bytes([byte[0] ^ 1]))
    os.utime(archive, ns=times)


@pytest.mark.parametrize("digest", ["fast", "full"])
@pytest.mark.parametrize("full", [False, True])
def test_all_is_well(archive: Path, index_dir: Path, digest: str, full: bool) -> None:
    assert found(indexed(archive, index_dir, digest), archive, full=full) == []


def test_another_length(archive: Path, index_dir: Path) -> None:
    idx = indexed(archive, index_dir)
    with archive.open("ab") as file:
        file.write(b"!")
    size = archive.stat().st_size
    sizes = f"{size} bytes; its index was made of {size - 1}"
    assert found(idx, archive) == [f"ARCHIVE has {sizes}; run vodsplice-index on it again"]


def test_another_time(archive: Path, index_dir: Path) -> None:
    idx = indexed(archive, index_dir)
    os.utime(archive, ns=(0, 0))
    touched = "ARCHIVE was written to since it was indexed; run vodsplice-index on it again"
    assert found(idx, archive) == [touched]


def test_other_bytes_at_the_edges_show_at_once(archive: Path, index_dir: Path) -> None:
    idx = indexed(archive, index_dir)
    overwrite(archive, 100)
    assert found(idx, archive) == [OTHER_BYTES]


def test_other_bytes_in_the_middle_show_where_every_byte_was_hashed(archive: Path, index_dir: Path) -> None:
    fast = indexed(archive, index_dir)
    middle = archive.stat().st_size // 3
    overwrite(archive, middle)
    assert found(fast, archive) == []
    overwrite(archive, middle)
    full = indexed(archive, index_dir, "full")
    overwrite(archive, middle)
    assert found(full, archive) == [OTHER_BYTES]


def test_a_segment_of_another_length_than_stated(archive: Path, index_dir: Path) -> None:
    idx = indexed(archive, index_dir)
    lengths = array("Q", idx.view_bytes[0])
    lengths[2] += 1
    (line,) = found(replace(idx, view_bytes=(lengths, *idx.view_bytes[1:])), archive)
    assert line == f"segment 3 is {lengths[2] - 1} bytes; the index says {lengths[2]}"


def test_a_segment_past_the_end(archive: Path, index_dir: Path) -> None:
    idx = indexed(archive, index_dir)
    offsets = array("Q", idx.segment_offset)
    offsets[-1] = archive.stat().st_size
    lines = found(replace(idx, segment_offset=offsets), archive)
    assert set(lines) == {f"segment {idx.segment_count} reaches past the end of the archive"}
    assert len(lines) == len(idx.header.views)


def test_full_compares_with_a_fresh_index(
    archive: Path, index_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    idx = indexed(archive, index_dir)
    monkeypatch.setattr(pipeline, "GENERATOR", "vodsplice of tomorrow")
    assert found(idx, archive) == []
    (line,) = found(idx, archive, full=True)
    assert line.startswith(
        "film.idx differs from what this vodsplice makes of the archive (it was made by vodsplice "
    )


def test_an_archive_that_is_gone(archive: Path, index_dir: Path) -> None:
    idx = indexed(archive, index_dir)
    archive.unlink()
    with pytest.raises(SourceError, match="cannot be read"):
        found(idx, archive)


def test_other_subtitles_beside_it_are_told(archive: Path, index_dir: Path) -> None:
    beside = archive.with_name("film.deu.srt")
    beside.write_text("1\n00:00:01,000 --> 00:00:02,000\neins\n")
    idx = indexed(archive, index_dir)
    assert list(problems(idx, str(archive), [str(beside)], full=True)) == []
    changed = f"subtitles beside {archive} have changed since; run vodsplice-index on it again"
    assert list(problems(idx, str(archive), [], full=False)) == [changed]
    beside.write_text("1\n00:00:01,000 --> 00:00:02,000\nzwei und mehr\n")
    assert list(problems(idx, str(archive), [str(beside)], full=False)) == [changed]
