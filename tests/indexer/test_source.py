"""An open archive: bounded reads, changes noticed, nothing leaked."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from indexer.errors import Malformed, SourceError, Unfinished, Unsupported
from indexer.source import Source


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "a.mp4"
    path.write_bytes(bytes(range(100)))
    return path


def open_descriptors() -> set[str]:
    return set(os.listdir("/proc/self/fd"))


def test_reads_what_is_there(archive: Path) -> None:
    with Source(archive) as source:
        assert (source.size_bytes, source.path) == (100, str(archive))
        assert source.pread(10, 5) == bytes(range(10, 15))
        assert source.pread(100, 0) == b""
        source.check_unchanged()


@pytest.mark.parametrize(("offset", "length"), [(-1, 2), (0, -1), (99, 2), (101, 0), (2**64, 1)])
def test_reads_nothing_else(archive: Path, offset: int, length: int) -> None:
    with Source(archive) as source, pytest.raises(Malformed) as caught:
        source.pread(offset, length, "moov")
    assert (caught.value.where, caught.value.offset) == ("moov", offset)


def test_closes_its_descriptor(archive: Path) -> None:
    before = open_descriptors()
    with Source(archive) as source:
        assert len(open_descriptors()) == len(before) + 1
        assert not os.get_inheritable(source.fileno())
    source.close()
    assert open_descriptors() == before


def test_a_file_that_shrinks_under_the_reader(archive: Path) -> None:
    with Source(archive) as source:
        os.truncate(archive, 50)
        assert source.pread(40, 10) == bytes(range(40, 50))
        with pytest.raises(Unfinished, match="changed while"):
            source.pread(40, 20)


def replace(path: Path) -> None:
    other = path.with_name("b")
    other.write_bytes(path.read_bytes())
    os.utime(other, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    other.rename(path)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda path: os.truncate(path, 99), id="truncated"),
        pytest.param(lambda path: os.utime(path, ns=(1, 1)), id="written"),
        pytest.param(replace, id="replaced by its own copy"),
        pytest.param(os.unlink, id="deleted"),
    ],
)
def test_a_change_is_noticed(archive: Path, change: object) -> None:
    assert callable(change)
    with Source(archive) as source:
        change(archive)
        with pytest.raises(Unfinished, match="changed while"):
            source.check_unchanged()


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="No such file"):
        Source(tmp_path / "none.mp4")


def test_only_regular_files(tmp_path: Path) -> None:
    """A FIFO that nobody writes to must not stop the indexer."""
    fifo = tmp_path / "fifo.mp4"
    os.mkfifo(fifo)
    before = open_descriptors()
    for path in (fifo, tmp_path, Path("/dev/null")):
        with pytest.raises(Unsupported, match="not a regular file"):
            Source(path)
    assert open_descriptors() == before
