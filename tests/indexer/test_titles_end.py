"""When a title ends, and when it stays: what is not seen may be another media folder's, or out of sight."""

from __future__ import annotations

import errno
import os
import posixpath
import shutil
from pathlib import Path

import pytest

from app.idx.layout import TITLE_MAGIC
from indexer.titles import TitleOutcome, Titles
from tests.indexer.conftest import Settle
from tests.media.made_title import (
    LIST,
    facts,
    index_all,
    listed,
    picture,
    put_film,
    put_list,
    put_rendition,
)

NO_RENDITIONS = "no title any more: fewer than two of its renditions are left"


def titles(index_dir: Path) -> set[str]:
    return {str(each.relative_to(index_dir)) for each in index_dir.rglob("*.title")}


@pytest.mark.parametrize("left", [[], ["film/poster.jpg", "film/720p.srt"]])
@pytest.mark.parametrize("folder", ["", "shows", "shows/new"])
def test_a_title_outlives_all_its_renditions_until_it_is_to_go(
    settle: Settle, media_dir: Path, index_dir: Path, folder: str, left: list[str]
) -> None:
    below, top = media_dir / folder, media_dir / (folder or "film").partition("/")[0]
    put_film(below)
    put_rendition(media_dir / "other.mp4", picture(100))
    settle()
    shutil.rmtree(top)
    for name in left:
        (below / name).parent.mkdir(exist_ok=True, parents=True)
        (below / name).write_text("")
    assert settle() == []
    title_id = posixpath.join(folder, "film")
    assert titles(index_dir) == {f"{title_id}.title"}
    assert settle(everywhere=True) == [TitleOutcome(title_id, "withdrawn", NO_RENDITIONS)]
    assert titles(index_dir) == set()


@pytest.mark.parametrize("is_empty", [False, True])
def test_a_title_goes_with_the_folder_of_its_list(
    settle: Settle, media_dir: Path, index_dir: Path, *, is_empty: bool
) -> None:
    """But for one that may not be mounted."""
    put_rendition(media_dir / "shows/a.mp4", picture(1000))
    put_rendition(media_dir / "shows/b.mp4", picture(2000))
    put_rendition(media_dir / "other.mp4", picture(100))
    put_list(media_dir / "shows", listed("a.mp4", "b.mp4"))
    settle()
    shutil.rmtree(media_dir / "shows")
    if is_empty:
        (media_dir / "shows").mkdir()
    assert settle() == []
    outcomes = [TitleOutcome("shows/film", "withdrawn", "no title any more: film.toml is gone")]
    assert settle(everywhere=True) == ([] if is_empty else outcomes)
    assert (index_dir / "shows/film.title").exists() == is_empty


@pytest.mark.parametrize("listing", [None, 'title = "A film"\n'])
@pytest.mark.parametrize("is_link", [False, True])
def test_a_title_whose_folder_may_not_be_mounted_stays(
    settle: Settle, media_dir: Path, index_dir: Path, *, is_link: bool, listing: str | None
) -> None:
    put_film(media_dir)
    put_rendition(media_dir / "other.mp4", picture(100))
    if listing:
        put_list(media_dir, listing)
    settle()
    shutil.rmtree(media_dir / "film")
    if is_link:
        (media_dir / "film").symlink_to("/nowhere/at all")
    else:
        (media_dir / "film").mkdir()
    for everywhere in (False, True):
        assert settle(everywhere=everywhere) == []
    assert (index_dir / "film.title").exists()


def test_titles_of_another_media_folder_stay(
    settle: Settle, media_dir: Path, index_dir: Path, tmp_path: Path
) -> None:
    put_film(media_dir)
    put_film(media_dir / "below")
    put_rendition(media_dir / "big.mp4", picture(200))
    put_rendition(media_dir / "small/film.mov", picture(100))
    put_list(media_dir, "")
    (media_dir / "listed.toml").write_text(LIST)
    (media_dir / "below/listed.toml").write_text(listed("../big.mp4", "film/720p.mp4"))
    settle()
    published = {"film.title", "below/film.title", "listed.title", "below/listed.title"}
    assert titles(index_dir) == published
    put_rendition(tmp_path / "other/x.mp4", picture(100))
    put_rendition(tmp_path / "other/below/x.mp4", picture(100))
    assert index_all(tmp_path / "other", index_dir) == []
    assert titles(index_dir) == published
    assert {each.status for each in settle()} == {"up to date"}


def test_one_left_is_none(settle: Settle, media_dir: Path, index_dir: Path) -> None:
    put_film(media_dir)
    settle()
    (media_dir / "film/720p.mp4").unlink()
    (outcome,) = Titles(str(media_dir), str(index_dir)).settle(["film/1080p"])
    assert outcome == TitleOutcome("film", "withdrawn", NO_RENDITIONS)


def test_what_cannot_be_looked_at_is_no_new_title(
    settle: Settle, media_dir: Path, index_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_film(media_dir)
    settle()
    (index_dir / "film.title").unlink()
    lstat = os.lstat

    def failing(path: str | Path, **more: int) -> os.stat_result:
        if str(path).endswith("720p.mp4"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return lstat(path, **more)

    monkeypatch.setattr(os, "lstat", failing)
    (outcome,) = Titles(str(media_dir), str(index_dir)).settle(["film/1080p"])
    assert (outcome.id, outcome.status) == ("film", "refused")
    assert outcome.text.startswith("refused as a title: [Errno 13] Permission denied: ")


def test_a_damaged_record_is_made_anew_from_names(settle: Settle, media_dir: Path, index_dir: Path) -> None:
    """By any run that meets it; where nothing makes it one, it goes when all is looked at."""
    put_film(media_dir)
    put_rendition(media_dir / "x.mp4", picture(100))
    settle()
    damaged = TITLE_MAGIC + b"damaged"
    for name in ("film", "other"):
        (index_dir / f"{name}.title").write_bytes(damaged)
    (outcome,) = Titles(str(media_dir), str(index_dir)).settle(["x"])
    assert (outcome.id, outcome.status) == ("film", "published")
    assert settle(everywhere=True) == [
        TitleOutcome("film", "up to date", outcome.text),
        TitleOutcome(
            "other",
            "withdrawn",
            "no title any more: its record is damaged, and no archives are its renditions by their names",
        ),
    ]
    assert titles(index_dir) == {"film.title"}


def test_without_its_list_a_title_is_made_anew_from_names(
    settle: Settle, media_dir: Path, index_dir: Path
) -> None:
    put_film(media_dir)
    put_rendition(media_dir / "x.mp4", picture(100))
    put_list(media_dir, f'title = "A film"\n{listed("film/1080p.mp4", "film/720p.mp4")}')
    settle()
    (media_dir / "film.toml").unlink()
    (outcome,) = Titles(str(media_dir), str(index_dir)).settle(["x"])
    assert (outcome.id, outcome.status) == ("film", "published")
    assert (facts(index_dir).title, facts(index_dir).listed_in) == ("", "")


def test_a_list_whose_archives_are_gone_is_told_every_time(
    settle: Settle, media_dir: Path, index_dir: Path
) -> None:
    """Its title stays, for a disk that comes back; the origin finds none of its renditions."""
    put_rendition(media_dir / "shows/a.mp4", picture(1000))
    put_rendition(media_dir / "shows/b.mp4", picture(2000))
    put_rendition(media_dir / "x.mp4", picture(100))
    put_list(media_dir / "shows", listed("a.mp4", "b.mp4"))
    settle()
    for name in ("a", "b"):
        (media_dir / f"shows/{name}.mp4").rename(media_dir / f"{name}.away")
    for everywhere in (False, True, True):
        (outcome,) = settle(everywhere=everywhere)
        assert outcome == TitleOutcome(
            "shows/film",
            "refused",
            "refused as a title: film.toml: rendition 1, a.mp4, is not there; correct the list",
        )
    assert titles(index_dir) == {"shows/film.title"}
    for name in ("a", "b"):
        (media_dir / f"{name}.away").rename(media_dir / f"shows/{name}.mp4")
    assert [each.status for each in settle()] == ["up to date"]


def test_a_list_in_a_folder_without_archives_is_read_on(
    settle: Settle, media_dir: Path, index_dir: Path
) -> None:
    put_rendition(media_dir / "a/x.mp4", picture(1000))
    put_rendition(media_dir / "b/y.mp4", picture(2000))
    put_rendition(media_dir / "l/z.mp4", picture(100))
    put_list(media_dir / "l", listed("../a/x.mp4", "../b/y.mp4"))
    settle()
    (media_dir / "l/z.mp4").unlink()
    before = facts(index_dir, "l/film")
    put_rendition(media_dir / "a/x.mp4", picture(1001))
    assert [(each.id, each.status) for each in settle()] == [("l/film", "published")]
    assert facts(index_dir, "l/film") != before


def test_lists_may_have_a_folder_of_their_own(settle: Settle, media_dir: Path, index_dir: Path) -> None:
    """What is refused once is told again, and mended is a title again; without its list it is none."""
    put_rendition(media_dir / "a/x.mp4", picture(1000))
    put_rendition(media_dir / "b/y.mp4", picture(2000))
    path = media_dir / "lists/film.toml"
    path.parent.mkdir()
    told = []
    both, one = ("../a/x.mp4", "../b/y.mp4"), ("../a/x.mp4",)
    for names in (both, one, one, both):
        path.write_text(listed(*names))
        told += [(each.id, each.status) for each in settle()]
    path.rename(media_dir / "lists/notes.txt")
    told += [(each.id, each.status) for each in settle()]
    statuses = ["published", "refused", "refused", "published", "withdrawn"]
    assert told == [("lists/film", status) for status in statuses]
    assert titles(index_dir) == set()
