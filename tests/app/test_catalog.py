"""Each request sees the files as they are now, at the price of two `stat`."""

from __future__ import annotations

import errno
import logging
import os
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import app.catalog
from app.catalog import Archive, Catalog
from app.errors import Malformed, Mismatch, NotFound, Overloaded, Unreadable
from app.idx.view import Idx, open_idx
from tests.app.conftest import MakeArchive
from tests.app.made_archive import MadeArchive


@pytest.fixture
def catalog(media_dir: Path, index_dir: Path) -> Catalog:
    return Catalog(str(media_dir), str(index_dir), max_open=2)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Paths of the indexes that are opened, as they are."""
    paths: list[str] = []

    def recording(path: str) -> Idx:
        paths.append(path)
        return open_idx(path)

    monkeypatch.setattr(app.catalog, "open_idx", recording)
    return paths


def flip_a_bit(path: Path, at: int) -> None:
    """Within the file, and with the times that it had: only its content tells."""
    found = path.stat()
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1]))
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


def test_an_index_is_opened_once(catalog: Catalog, archive: MadeArchive, opened: list[str]) -> None:
    first = catalog.find("film")
    assert catalog.find("film") is first
    assert first.source.path == str(archive.path)
    assert len(opened) == 1


def test_the_least_recently_used_makes_room(catalog: Catalog, make: MakeArchive, opened: list[str]) -> None:
    for name in "abc":
        make(name)
    for name in "abacab":
        catalog.find(name)
    assert [Path(path).stem for path in opened] == ["a", "b", "c", "b"]
    assert len(catalog) == 2


def test_archives_appear_and_disappear(catalog: Catalog, make: MakeArchive) -> None:
    with pytest.raises(NotFound):
        catalog.find("film")
    made = make("film")
    assert catalog.find("film").idx.version == made.version
    moved = made.path.rename(made.path.with_suffix(".away"))
    with pytest.raises(NotFound):
        catalog.find("film")
    moved.rename(made.path)
    assert catalog.find("film").idx.version == made.version
    made.index.unlink()
    with pytest.raises(NotFound):
        catalog.find("film")
    assert len(catalog) == 0


def test_a_new_index_is_taken_up(catalog: Catalog, make: MakeArchive) -> None:
    before = catalog.find(make("film").id).idx.version
    after = make("film", seed=2)
    assert catalog.find("film").idx.version == after.version != before


def test_a_changed_archive_is_refused(
    catalog: Catalog, archive: MadeArchive, opened: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    size = archive.path.stat().st_size
    os.utime(archive.path, ns=(0, 1_700_000_000_123_456_789))
    for _ in range(3):
        with pytest.raises(Mismatch):
            catalog.find("film")
    assert len(opened) == 1
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    (line,) = caplog.messages
    assert line.startswith(f"{archive.path}: {size} bytes of 2023-11-14 22:13:20.123456789 UTC; indexed")


@pytest.mark.parametrize("seconds", [2**40, -(2**40), 2**62])
def test_a_time_that_no_calendar_has_is_refused_like_any(
    catalog: Catalog, archive: MadeArchive, seconds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not every file system has such times, so `stat` has to say so."""
    found = [*archive.path.stat()]
    found[stat.ST_MTIME] = seconds
    odd = os.stat_result(found, {"st_mtime_ns": seconds * 10**9})
    monkeypatch.setattr(
        app.catalog, "stat_of", lambda path: odd if path == str(archive.path) else os.stat(path)
    )
    with pytest.raises(Mismatch):
        catalog.find("film")


@pytest.mark.parametrize("at", [0, 9, 100, -1])
def test_a_damaged_index_is_checked_once(
    catalog: Catalog, archive: MadeArchive, opened: list[str], caplog: pytest.LogCaptureFixture, at: int
) -> None:
    flip_a_bit(archive.index, at % archive.index.stat().st_size)
    for _ in range(3):
        with pytest.raises(Mismatch) as caught:
            catalog.find("film")
        assert str(archive.index.parent) not in str(caught.value)
    assert len(opened) == 1
    assert str(archive.index) in caplog.text


def test_an_open_index_that_is_written_into_is_refused(catalog: Catalog, archive: MadeArchive) -> None:
    """It is mapped, so what is written into the file is what would be served."""
    catalog.find("film")
    opened = archive.index.stat()
    flip_a_bit(archive.index, 100)
    while archive.index.stat().st_ctime_ns == opened.st_ctime_ns:  # the kernel counts it in ticks
        os.utime(archive.index, ns=(opened.st_atime_ns, opened.st_mtime_ns))
    with pytest.raises(Mismatch):
        catalog.find("film")


def test_an_archive_that_is_gone_is_not_known_by_its_damaged_index(
    catalog: Catalog, archive: MadeArchive, opened: list[str]
) -> None:
    flip_a_bit(archive.index, 100)
    with pytest.raises(Mismatch):
        catalog.find("film")
    archive.path.unlink()
    (archive.path.parent / "film.srt").touch()
    (archive.path.parent / "film").mkdir()
    for _ in range(2):
        with pytest.raises(NotFound):
            catalog.find("film")
    assert len(opened) == 1
    archive.index.touch()
    for _ in range(2):
        with pytest.raises(NotFound):
            catalog.find("film")
    assert len(opened) == 2, "nor is it checked again for each who asks"


def test_a_mended_index_is_served(catalog: Catalog, archive: MadeArchive, make: MakeArchive) -> None:
    archive.index.write_bytes(b"")
    with pytest.raises(Mismatch):
        catalog.find("film")
    make("film")
    assert isinstance(catalog.find("film"), Archive)


def test_one_thread_opens_and_the_others_wait(
    catalog: Catalog, archive: MadeArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls, all_in = [], threading.Barrier(8)

    def slowly(path: str) -> Idx:
        calls.append(path)
        release.wait(60)
        return open_idx(path)

    def find() -> Archive:
        all_in.wait(60)
        return catalog.find("film")

    release = threading.Event()
    monkeypatch.setattr(app.catalog, "open_idx", slowly)
    with ThreadPoolExecutor(8) as pool:
        found = [pool.submit(find) for _ in range(8)]
        release.set()
        archives = [each.result() for each in found]
    assert len({id(each.idx) for each in archives}) == len(calls)
    assert len(calls) <= 2  # a thread that came when the first was done looks for itself


def test_an_unknown_id_leaves_no_trace(catalog: Catalog) -> None:
    for number in range(50):
        with pytest.raises(NotFound):
            catalog.find(f"unknown-{number}")
    assert len(catalog) == 0
    assert vars(catalog)["_opening"] == {}


def test_malformed_id(catalog: Catalog) -> None:
    with pytest.raises(Malformed):
        catalog.find("a/../b")


def test_out_of_descriptors_is_overload(
    catalog: Catalog, archive: MadeArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: str) -> Idx:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(app.catalog, "open_idx", fail)
    with pytest.raises(Overloaded):
        catalog.find("film")


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.ESTALE])
@pytest.mark.parametrize("what", ["index", "archive"])
def test_what_cannot_be_read_is_not_absent(
    catalog: Catalog,
    archive: MadeArchive,
    number: int,
    what: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    unspoilt, path = os.stat, {"index": archive.index, "archive": archive.path}[what]

    def fail(asked: str) -> os.stat_result:
        if asked == str(path):
            raise OSError(number, os.strerror(number), asked)
        return unspoilt(asked)

    monkeypatch.setattr(os, "stat", fail)
    with pytest.raises(Unreadable):
        catalog.find("film")
    assert f"{path}: {os.strerror(number)}" in caplog.text


def test_a_folder_that_is_a_file_is_absence(catalog: Catalog, archive: MadeArchive, index_dir: Path) -> None:
    (index_dir / "file").touch()
    with pytest.raises(NotFound):
        catalog.find("file/film")
