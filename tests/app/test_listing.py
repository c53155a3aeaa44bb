"""The walk of the two folders: bounded, cached, one at a time."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

import app.listing
from app.idx.layout import TITLE_MAGIC
from app.idx.title import MemberFacts, TitleFacts, pack_title
from app.listing import Listed, Listing, walk
from tests.app.conftest import MakeArchive
from tests.app.made_archive import write_index


def test_walk(tmp_path: Path) -> None:
    for name in ("b", "a/c", "a/.hidden", ".a/d", "z/y/x", "b\n"):
        _touch_both(tmp_path / name)
    _touch(tmp_path / "a/e.txt")
    (tmp_path / "loop").symlink_to(tmp_path)
    assert walk(str(tmp_path), str(tmp_path)) == Listed(("a/c", "b", "z/y/x"), is_complete=True)


def test_a_title_stands_for_its_archives(tmp_path: Path) -> None:
    for name in ("film/1080p", "film/720p", "film/trailer", "other/1080p"):
        _touch_both(tmp_path / name)
    members = tuple(MemberFacts(f"film/{height}", "00") for height in ("1080p", "720p"))
    (tmp_path / "film.title").write_bytes(pack_title(TitleFacts("tests", "", "", members)))
    (tmp_path / "other.title").write_bytes(TITLE_MAGIC + b"damaged")
    (tmp_path / "notes.title").write_bytes(b"a user's notes")
    listed = Listed(("film", "film/trailer", "other", "other/1080p"), is_complete=True)
    assert walk(str(tmp_path), str(tmp_path)) == listed


def test_walk_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.listing, "MAX_ARCHIVES", 3)
    for name in "dcba":
        _touch_both(tmp_path / name)
    assert walk(str(tmp_path), str(tmp_path)) == Listed(("a", "b", "c"), is_complete=False)


def test_no_folder_is_not_an_empty_one(tmp_path: Path) -> None:
    for folders in ((tmp_path / "absent", tmp_path), (tmp_path, tmp_path / "absent")):
        with pytest.raises(FileNotFoundError):
            walk(*map(str, folders))


def test_an_archive_that_is_gone_is_not_listed(tmp_path: Path) -> None:
    media, index = tmp_path / "media", tmp_path / "index"
    for name in ("kept.idx", "gone.idx", "a/kept.v1.idx", "a/gone.idx", "b/gone.idx", "no folder/gone.idx"):
        _touch(index / name)
    for name in ("kept.mp4", "gone.too.mp4", "a/kept.v1.MOV", "b", "no folder"):
        _touch(media / name)
    assert walk(str(index), str(media)) == Listed(("a/kept.v1", "kept"), is_complete=True)


def test_a_file_beside_an_archive_that_is_gone_does_not_keep_it(make: MakeArchive) -> None:
    kept, gone = make("kept"), make("gone")
    media, index = kept.path.parent, kept.index.parent
    for made in (kept, gone):
        made.path.with_suffix(".srt").touch()
    gone.path.unlink()
    (index / "damaged.idx").touch()
    (media / "damaged.srt").touch()
    assert walk(str(index), str(media)).ids == ("kept",)


def test_an_archive_may_have_any_extension(media_dir: Path, index_dir: Path) -> None:
    archive = media_dir / "film.bin"
    archive.write_bytes(bytes(100))
    write_index(index_dir / "film.idx", archive, segments=1, ranges=1, range_bytes=100, hole_bytes=0)
    assert walk(str(index_dir), str(media_dir)).ids == ("film",)


def test_a_title_goes_with_the_last_of_its_archives(tmp_path: Path) -> None:
    media, index = tmp_path / "media", tmp_path / "index"
    for title in ("film", "gone"):
        members = tuple(MemberFacts(f"{title}/{height}", "00") for height in ("1080p", "720p"))
        for member in members:
            _touch(index / f"{member.id}.idx")
        (index / f"{title}.title").write_bytes(pack_title(TitleFacts("tests", "", "", members)))
    _touch(media / "film/720p.mp4")
    assert walk(str(index), str(media)) == Listed(("film",), is_complete=True)


def _touch(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def _touch_both(path: Path) -> None:
    """An archive and an index, in one folder."""
    _touch(path.with_name(f"{path.name}.mp4"))
    _touch(path.with_name(f"{path.name}.idx"))


def test_walks_are_rare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock_s = [100.0]
    monkeypatch.setattr("app.listing.time.monotonic", lambda: clock_s[0])
    listing = Listing(str(tmp_path), str(tmp_path))
    assert listing.now().ids == ()
    _touch_both(tmp_path / "film")
    clock_s[0] += app.listing.MIN_AGE_S - 0.1
    assert listing.now().ids == ()
    clock_s[0] += 0.2
    assert listing.now().ids == ("film",)


def test_others_get_the_old_list_while_one_walks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.listing, "MIN_AGE_S", 0.0)
    monkeypatch.setattr(app.listing, "REST_FACTOR", 0)
    listing = Listing(str(tmp_path), str(tmp_path))
    listing.now()
    walking, go_on = threading.Event(), threading.Event()

    def slowly(*folders: str) -> Listed:
        walking.set()
        go_on.wait(60)
        return Listed(("new",), is_complete=True)

    monkeypatch.setattr(app.listing, "walk", slowly)
    walker = threading.Thread(target=listing.now)
    walker.start()
    assert walking.wait(60)
    assert listing.now().ids == ()
    go_on.set()
    walker.join()
