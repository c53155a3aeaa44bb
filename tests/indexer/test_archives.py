"""Which archives a command line names: ids, order, clashes, and what has no id."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from indexer.archives import ArchivePath, OutsideMediaDir, find_archives, folders_in

Make = Callable[..., None]


@pytest.fixture
def media(media_dir: Path) -> Path:
    return media_dir


@pytest.fixture
def make(media: Path) -> Make:
    """Empty files below the media folder."""

    def touch(*names: str) -> None:
        for name in names:
            path = media / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()

    return touch


def found(media: Path, *named: str | Path) -> list[ArchivePath]:
    return find_archives([str(media / name) for name in named], str(media), "/index")


def ids(media: Path, *named: str | Path) -> list[str]:
    return [each.id for each in found(media, *named)]


def test_an_id_is_the_path_below_the_media_folder_without_extension(media: Path, make: Make) -> None:
    make("films/One. Two.mp4")
    (archive,) = found(media, "films/One. Two.mp4")
    assert archive == ArchivePath(
        str(media / "films/One. Two.mp4"), "films/One. Two", "/index/films/One. Two.idx"
    )


def test_folders_are_searched_for_what_may_be_an_archive(media: Path, make: Make) -> None:
    make("b.mp4", "a/2.M4V", "a/1.mov", "a/deep/er/3.m4a", "notes.txt", "film.mp4.part", "no_extension")
    assert ids(media, ".") == ["a/1", "a/2", "a/deep/er/3", "b"]


def test_which_folders_are_searched(media: Path, make: Make, tmp_path: Path) -> None:
    make("b.mp4", "a/deep/er/3.m4a", "lists/film.toml", ".hidden/1.mp4", "a/.hidden/1.mp4")
    everything = {"", "a", "a/deep", "a/deep/er", "lists"}
    (tmp_path / "link").symlink_to(media)
    assert folders_in([str(tmp_path / "link")], str(media)) == everything
    assert folders_in([str(media)], str(tmp_path / "link")) == everything
    assert folders_in([str(media.parent)], str(media)) == everything
    below = [str(media / name) for name in ("a/deep", "b.mp4", "a")]
    assert folders_in(below, str(media)) == {"a", "a/deep", "a/deep/er"}


def test_a_file_named_outright_may_have_any_extension(media: Path, make: Make) -> None:
    make("film.bin", "film2")
    assert ids(media, "film.bin", "film2") == ["film", "film2"]


def test_each_archive_is_found_once(media: Path, make: Make) -> None:
    make("a/film.mp4")
    (media / "again.mp4").symlink_to(media / "a/film.mp4")
    assert ids(media, ".", "a", "a/film.mp4", "a/../a/film.mp4", "again.mp4") == ["a/film"]


def test_hidden_names_are_passed_over_in_folders_and_refused_outright(media: Path, make: Make) -> None:
    make(".trash/film.mp4", ".film.mp4", "film.mp4")
    assert ids(media, ".") == ["film"]
    hidden = found(media, ".film.mp4", ".trash/film.mp4")
    assert [each.refusal for each in hidden] == ["hidden files are not served; rename it"] * 2


@pytest.mark.parametrize(
    "name",
    ["new\nline.mp4", "back\\slash.mp4", "\x7f.mp4", os.fsdecode(b"\xff.mp4"), f"{'deep/' * 410}film.mp4"],
)
def test_names_that_no_url_can_say_are_refused(name: str, media: Path, make: Make) -> None:
    make(name, "fine.mp4")
    refused, fine = sorted(found(media, "."), key=lambda each: each.id == "fine")
    assert (fine.id, fine.refusal) == ("fine", "")
    assert refused.refusal.startswith("its path holds control characters, a backslash or bytes that are not")


def test_of_two_with_one_id_the_commoner_kind_is_served(media: Path, make: Make) -> None:
    make("film.mp4", "film.mov", "film.m4v", "other.mp4")
    assert [(each.id, Path(each.path).suffix, each.refusal) for each in found(media, ".")] == [
        ("film", ".mp4", ""),
        ("other", ".mp4", ""),
        ("film", ".m4v", "film.mp4 has the same id; rename one of the two"),
        ("film", ".mov", "film.mp4 has the same id; rename one of the two"),
    ]


def test_what_is_not_there_is_wrong_usage(media: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"there is no such file or folder: .*none\.mp4"):
        found(media, "none.mp4", "nor this.mp4")


def test_one_that_is_not_there_stops_no_other(media: Path, make: Make) -> None:
    make("film.mp4")
    (media / "dangling.mp4").symlink_to(media / "nowhere/dangling.mp4")
    assert ids(media, "dangling.mp4", "film.mp4", "gone.mp4") == ["film", "gone", "nowhere/dangling"]
    assert ids(media, "dangling.mp4") == ["nowhere/dangling"]


def test_what_lies_outside_the_media_folder_is_wrong_usage(media: Path, tmp_path: Path) -> None:
    (tmp_path / "film.mp4").touch()
    (tmp_path / "media2").mkdir()
    (tmp_path / "media2" / "film.mp4").touch()
    for outside in (tmp_path / "film.mp4", tmp_path / "media2"):
        with pytest.raises(OutsideMediaDir, match="does not lie below the media folder"):
            found(media, outside)


def test_a_name_that_begins_with_dots_lies_inside(media: Path, make: Make) -> None:
    make("a/film.mp4")
    (media / "..film.mp4").touch()
    assert [each.refusal for each in found(media, "..film.mp4")] == ["hidden files are not served; rename it"]


def test_a_link_that_leaves_the_media_folder_stops_no_other(media: Path, make: Make, tmp_path: Path) -> None:
    make("film.mp4")
    (tmp_path / "elsewhere.mp4").touch()
    (media / "link.mp4").symlink_to(tmp_path / "elsewhere.mp4")
    archive, link = found(media, ".")
    assert (archive.id, archive.refusal) == ("film", "")
    outside = tmp_path / "elsewhere.mp4"
    assert link.path == str(media / "link.mp4")
    assert link.id == "link"
    assert link.refusal == f"is a link to {outside}, outside the media folder; put the archive itself there"


def test_a_link_to_nothing_is_left_for_the_indexer_to_refuse(media: Path) -> None:
    (media / "dangling.mp4").symlink_to(media / "gone.mp4")
    assert ids(media, ".") == ["gone"]


def test_a_folder_that_goes_meanwhile_stops_no_other(
    media: Path, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    make("film.mp4", "film.srt", "gone/other.mp4", "gone/other.srt")
    read = os.listdir

    def listdir(path: str) -> list[str]:
        if path.endswith("gone"):
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", path)
        return read(path)

    monkeypatch.setattr(os, "listdir", listdir)
    assert {each.id: len(each.subtitle_files) for each in found(media, ".")} == {"film": 1, "gone/other": 0}


def test_a_folder_that_cannot_be_read_is_told_and_stops_no_other(
    media: Path, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    make("film.mp4", "locked/other.mp4")
    read = os.scandir

    def scandir(path: str) -> object:
        if path.endswith("locked"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return read(path)

    monkeypatch.setattr(os, "scandir", scandir)  # root may read any
    assert [each.path for each in found(media, ".")] == [str(media / "film.mp4"), str(media / "locked")]


def test_a_media_folder_may_be_a_link(media: Path, make: Make, tmp_path: Path) -> None:
    make("film.mp4")
    (tmp_path / "link").symlink_to(media)
    for root, named in (("link", "media"), ("media", "link"), ("link", "link")):
        (archive,) = find_archives([str(tmp_path / named)], str(tmp_path / root), "/index")
        assert (archive.id, archive.refusal) == ("film", "")


def test_subtitles_go_with_the_archive_whose_name_they_begin_with(media: Path, make: Make) -> None:
    make("a/film.mp4", "a/film.eng.mp4", "a/film.eng.srt", "a/film.deu.vtt", "a/film.txt", "film.srt")
    make("b.bin", "b.srt")
    beside = {each.id: each.subtitle_files for each in found(media, ".", "b.bin")}
    assert beside == {
        "a/film": (str(media / "a/film.deu.vtt"),),
        "a/film.eng": (str(media / "a/film.eng.srt"),),
        "b": (str(media / "b.srt"),),
    }


def test_another_archive_has_its_subtitles_where_it_is_not_named(media: Path, make: Make) -> None:
    make("film.mp4", "film.eng.mp4", "film.eng.srt")
    (archive,) = found(media, "film.mp4")
    assert archive.subtitle_files == ()


def test_subtitles_outside_the_media_folder_are_not_read(media: Path, make: Make, tmp_path: Path) -> None:
    make("film.mp4", "store/words.srt")
    (tmp_path / "secret.srt").touch()
    (media / "film.deu.srt").symlink_to(tmp_path / "secret.srt")
    (media / "film.eng.srt").symlink_to(media / "store/words.srt")
    (archive,) = found(media, "film.mp4")
    assert archive.subtitle_files == (str(media / "film.eng.srt"),)
