"""Titles among what cannot be looked at, read or removed: they are kept, and that is told."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from indexer.titles import TitleOutcome, Titles
from tests.indexer.conftest import Settle
from tests.indexer.test_titles_end import titles
from tests.media.made_title import listed, picture, put_film, put_list, put_rendition


@pytest.mark.parametrize("where", ["film.toml", "film/1080p.mp4", "film/720p.mp4"])
@pytest.mark.parametrize("listing", ["", listed("film/1080p.mp4", "film/720p.mp4")])
@pytest.mark.parametrize("everywhere", [False, True])
def test_what_cannot_be_looked_at_is_not_gone(
    settle: Settle,
    media_dir: Path,
    index_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    where: str,
    listing: str,
    *,
    everywhere: bool,
) -> None:
    put_film(media_dir)
    put_list(media_dir, listing)
    settle()
    lstat = os.lstat

    def failing(path: str | Path, **more: int) -> os.stat_result:
        if str(path).endswith(where):
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE), str(path))
        return lstat(path, **more)

    before = (index_dir / "film.title").read_bytes()
    with monkeypatch.context() as patched:
        patched.setattr(os, "lstat", failing)
        (outcome,) = Titles(str(media_dir), str(index_dir)).settle(["film/1080p"], everywhere=everywhere)
    assert (outcome.id, outcome.status) == ("film", "kept")
    assert outcome.text == (
        f"the title is kept as it was: [Errno 116] Stale file handle: '{media_dir / where}'"
    )
    assert (index_dir / "film.title").read_bytes() == before


@pytest.mark.parametrize("where", ["media/film.toml", "index/film/720p.idx"])
def test_what_cannot_be_read_is_not_gone(
    settle: Settle, media_dir: Path, index_dir: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    put_film(media_dir)
    put_list(media_dir, listed("film/1080p.mp4", "film/720p.mp4"))
    settle()
    opened = os.open

    def failing(path: str | Path, flags: int) -> int:
        if str(path).endswith(where):
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))
        return opened(path, flags)

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", failing)
        (outcome,) = Titles(str(media_dir), str(index_dir)).settle(["film/1080p"])
    path = media_dir.parent / where
    text = f"the title is kept as it was: [Errno 5] Input/output error: '{path}'"
    assert outcome == TitleOutcome("film", "kept", text)
    assert titles(index_dir) == {"film.title"}


def test_what_cannot_be_removed_is_told(
    settle: Settle, media_dir: Path, index_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_rendition(media_dir / "a.mp4", picture(1000))
    put_rendition(media_dir / "b.mp4", picture(2000))
    put_list(media_dir, listed("a.mp4", "b.mp4"))
    settle()
    (media_dir / "film.toml").unlink()

    def failing(path: str) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)

    with monkeypatch.context() as patched:
        patched.setattr(os, "unlink", failing)
        (outcome,) = Titles(str(media_dir), str(index_dir)).settle(["a"])
    path = index_dir / "film.title"
    text = f"the title is kept as it was: [Errno 30] Read-only file system: '{path}'"
    assert outcome == TitleOutcome("film", "kept", text)
    assert [each.status for each in settle()] == ["withdrawn"]


def test_a_list_in_a_folder_that_cannot_be_listed_is_read(
    settle: Settle, media_dir: Path, index_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_rendition(media_dir / "shows/a.mp4", picture(1000))
    put_rendition(media_dir / "shows/b.mp4", picture(2000))
    put_list(media_dir / "shows", listed("a.mp4", "b.mp4"))
    settle()
    listdir = os.listdir

    def failing(path: str) -> list[str]:
        if path == str(media_dir / "shows"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return listdir(path)

    monkeypatch.setattr(os, "listdir", failing)
    (outcome,) = Titles(str(media_dir), str(index_dir)).settle(["shows/a"])
    assert (outcome.id, outcome.status) == ("shows/film", "up to date")
