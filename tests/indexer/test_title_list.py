"""Lists of renditions: those that become titles, those that are refused, and such as nobody would write."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.limits import MAX_TITLE_CHARACTERS, MAX_TITLE_LIST_BYTES
from indexer.title_list import Candidate, Refused, read_list
from indexer.titles import TitleOutcome
from tests.indexer.conftest import Settle
from tests.media.made_title import LIST, facts, listed, picture, put_film, put_list, put_rendition

ROWS = [
    f'[[rendition]]\narchive = "{name}"\n'
    for name in ("a.mp4", "b.mp4", "../c.mp4", "d/e.mp4", r"\u0000", r"\U0001F600.mp4", "")
]
WORDS = ["[[rendition]]\n", "[rendition]\n", "rendition", "archive", "title", "inf", "1979-05-27T25:99:99Z"]
SIGNS = [*"[]{}.,=\"'\\\n\r\0#1é ", '"""', r"\ud800", "1e9"]


def test_a_list_of_renditions(settle: Settle, media_dir: Path, index_dir: Path) -> None:
    put_rendition(media_dir / "small/film.mov", picture(100))
    put_rendition(media_dir / "big.mp4", picture(200))
    put_list(media_dir, f'title = "A film"\n{LIST}')
    assert [each.status for each in settle()] == ["published"]
    found = facts(index_dir)
    assert (found.title, found.listed_in) == ("A film", "film.toml")
    assert [each.id for each in found.members] == ["big", "small/film"]


def test_a_list_of_one_folder_is_found_from_archives_below_it(settle: Settle, media_dir: Path) -> None:
    put_rendition(media_dir / "a/b/one.mp4", picture(100))
    put_rendition(media_dir / "a/b/two.mp4", picture(200))
    put_list(media_dir, listed("a/b/one.mp4", "a/b/two.mp4"))
    assert [each.status for each in settle()] == ["published"]


def test_a_list_that_is_gone_takes_its_title_along(settle: Settle, media_dir: Path, index_dir: Path) -> None:
    put_rendition(media_dir / "small/film.mov", picture(100))
    put_rendition(media_dir / "big.mp4", picture(200))
    put_list(media_dir, LIST)
    settle()
    (media_dir / "film.toml").unlink()
    assert settle() == [TitleOutcome("film", "withdrawn", "no title any more: film.toml is gone")]
    assert settle() == []
    assert not (index_dir / "film.title").exists()


def test_a_list_decides_over_names(settle: Settle, media_dir: Path, index_dir: Path) -> None:
    put_film(media_dir)
    put_list(media_dir, listed("film/720p.mp4", "film/1080p.mp4"))
    assert [each.status for each in settle()] == ["published"]
    assert [each.status for each in settle()] == ["up to date"]
    assert facts(index_dir).listed_in == "film.toml"


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("[[rendition]\n", "cannot be read as TOML: "),
        ("a = " + "[" * 20_000, "cannot be read as TOML: "),
        ("a = " + "{b = " * 6_000, "cannot be read as TOML: "),
        (f"a = {'1' * 5000}", "cannot be read as TOML: Exceeds the limit"),
        (f"{'a.' * 501}a = 1", "has 501 dots; 500 are read; mend it, or rename or remove it"),
        (f"#{' ' * MAX_TITLE_LIST_BYTES}", f"bytes; {MAX_TITLE_LIST_BYTES} are read; mend it, or rename"),
        ('[rendition]\narchive = "big.mp4"\n', "its rendition is no list; write [[rendition]] over each"),
        ("rendition = []\n", "lists 0 archives; a title has 2 to 64"),
        (listed("big.mp4"), "lists 1 archive; a title has 2 to 64"),
        (listed("big.mp4", "./big.mp4"), "renditions 1 and 2 are both big; list each once"),
        ('[[rendition]]\nfile = "big.mp4"\n' * 2, 'rendition 1 names no archive; write archive = "name.mp4"'),
        (f"{listed('big.mp4')}[[rendition]]\narchive = 1", 'rendition 2 names no archive; write archive = "'),
        ("rendition = ['big.mp4', 'big.mov']", 'rendition 1 names no archive; write archive = "name.mp4"'),
        (f"{listed('big.mp4')}height = 3\n{LIST}", "rendition 1 has height; what it may have is archive"),
        (listed("big.mp4", "../big.mp4"), "rendition 2, ../big.mp4, is outside of the media folder; "),
        (listed("/big.mp4", "big.mp4"), "rendition 1, /big.mp4, is outside of the media folder; "),
        (listed(".hidden/big.mp4", "big.mp4"), "rendition 1, .hidden/big.mp4, is hidden, or no URL could"),
        (listed("a\\u0000b.mp4", "big.mp4"), ", is hidden, or no URL could hold its name; rename it"),
        (listed("big.mp\\u0000", "big.mp4"), ", is hidden, or no URL could hold its name; rename it"),
        (listed("x" * 9000, "big.mp4"), "x, is hidden, or no URL could hold its name; rename it"),
        (f"title = 1\n{LIST}", 'its title is no text; write title = "A film"'),
        (f"titel = 1\n{LIST}", "has titel; what it may have is title and rendition"),
        (LIST, "rendition 2, small/film.mov, is not there; correct the list"),
        (listed("big.mp4", "seen.avi"), "seen has no index; index it too"),
        (LIST.replace("rendition", "renditions"), "has [[renditions]]; write [[rendition]] over each"),
        (LIST.replace("rendition", "Redition"), "has [[Redition]]; write [[rendition]] over each"),
        ("[Rendition]\n", "has [[Rendition]]; write [[rendition]] over each"),
    ],
)
def test_lists_that_are_refused(content: str, word: str, settle: Settle, media_dir: Path) -> None:
    put_rendition(media_dir / "big.mp4", picture(200))
    (media_dir / "seen.avi").touch()
    put_list(media_dir, content)
    (outcome,) = settle()
    assert (outcome.id, outcome.status) == ("film", "refused")
    assert word in outcome.text


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (os.mkfifo, "is not a regular file; mend it, or rename or remove it"),
        (Path.mkdir, "is not a regular file; mend it, or rename or remove it"),
        (lambda path: path.symlink_to("nowhere"), "cannot be read: No such file or directory; "),
        (lambda path: path.symlink_to("../film.toml"), "is a link out of the media folder; put the file"),
        (lambda path: path.symlink_to("/dev/zero"), "is a link out of the media folder; put the file"),
        (lambda path: path.write_bytes(LIST.encode("utf-16")), "is not UTF-8; mend it"),
    ],
)
def test_what_is_no_list_is_refused_by_its_name(
    make: Callable[[Path], object], word: str, settle: Settle, media_dir: Path
) -> None:
    put_film(media_dir)
    (media_dir.parent / "film.toml").write_text(LIST)
    make(media_dir / "film.toml")
    (outcome,) = settle()
    assert (outcome.id, outcome.status) == ("film", "refused")
    assert outcome.text.startswith(f"refused as a title: film.toml: {word}")


def test_a_link_within_the_media_folder_is_a_list(settle: Settle, media_dir: Path) -> None:
    put_film(media_dir)
    (media_dir / "lists").mkdir()
    (media_dir / "lists/of film").write_text(listed("film/720p.mp4", "film/1080p.mp4"))
    (media_dir / "film.toml").symlink_to("lists/of film")
    assert [each.status for each in settle()] == ["published"]


def test_a_list_whose_name_is_not_utf_8_is_refused(settle: Settle, media_dir: Path) -> None:
    put_film(media_dir)
    (media_dir / os.fsdecode(b"\xe9.toml")).write_text("[other]")
    assert [each.status for each in settle()] == ["published"]
    (media_dir / os.fsdecode(b"\xe9.toml")).write_text(listed("film/720p.mp4", "film/1080p.mp4"))
    up_to_date, refused = settle()
    assert (up_to_date.status, refused.status) == ("up to date", "refused")
    assert refused.text.endswith(": no title can have this name, as no URL could hold it; rename the file")


def test_a_list_may_begin_with_a_mark_and_have_a_long_title(
    settle: Settle, media_dir: Path, index_dir: Path
) -> None:
    put_film(media_dir)
    title = f'title = "One\\n{"x" * 1000}"\n'
    put_list(media_dir, f"\ufeff{title}{listed('film/720p.mp4', 'film/1080p.mp4')}")
    assert [each.status for each in settle()] == ["published"]
    assert facts(index_dir).title == f"One {'x' * 1000}"[:MAX_TITLE_CHARACTERS]


@pytest.mark.parametrize(
    "content",
    ['[project]\nname = "something else"\n', 'edition = "uncut"\n', "[[editions]]\nyear = 1\n", ""],
)
def test_other_files_are_none_of_ours(content: str, settle: Settle, media_dir: Path, index_dir: Path) -> None:
    """Names then decide, as they do where there is no such file."""
    put_film(media_dir)
    put_list(media_dir, content)
    assert [each.status for each in settle()] == ["published"]
    assert facts(index_dir).listed_in == ""
    put_film(media_dir, keys_at=[0, 4, 11, 18])
    assert [each.status for each in settle()] == ["refused"]
    assert not (index_dir / "film.title").exists()


def test_a_file_without_renditions_may_tell_the_title(
    settle: Settle, media_dir: Path, index_dir: Path
) -> None:
    put_film(media_dir)
    put_list(media_dir, 'title = "A film"\n')
    for status in ("published", "up to date"):
        assert [each.status for each in settle()] == [status]
        assert (facts(index_dir).title, facts(index_dir).listed_in) == ("A film", "")
    for other in ("", "title = 1\n", "[title]\n"):
        put_list(media_dir, other)
        settle()
        assert facts(index_dir).title == ""
    put_list(media_dir, 'title = "A film"\n')
    settle()
    put_rendition(media_dir / "film/720p.mp4", picture(1001))
    assert [each.status for each in settle()] == ["published"]
    (media_dir / "film.toml").unlink()
    assert [each.status for each in settle()] == ["published"]
    assert facts(index_dir).title == ""


def test_a_list_that_lists_nothing_any_more_is_told(settle: Settle, media_dir: Path, index_dir: Path) -> None:
    put_rendition(media_dir / "small/film.mov", picture(100))
    put_rendition(media_dir / "big.mp4", picture(200))
    put_list(media_dir, LIST)
    settle()
    put_list(media_dir, "")
    text = "no title any more: film.toml lists no renditions any more"
    assert settle() == [TitleOutcome("film", "withdrawn", text)]
    assert settle() == []


def test_a_list_that_is_refused_leaves_no_title_by_names(
    settle: Settle, media_dir: Path, index_dir: Path
) -> None:
    put_film(media_dir)
    settle()
    put_list(media_dir, listed("film/720p.mp4"))
    assert [each.status for each in settle()] == ["refused"]
    assert not (index_dir / "film.title").exists()


@given(st.lists(st.sampled_from([*ROWS, *WORDS, *SIGNS]), max_size=40))
def test_any_text_is_a_list_or_none_or_refused(pieces: list[str]) -> None:
    with TemporaryDirectory() as folder:
        Path(folder, "d").mkdir()
        for name in ("a.mp4", "b.mp4", "d/e.mp4"):
            Path(folder, name).touch()
        path = Path(folder, "film.toml")
        path.write_text("".join(pieces), newline="")
        told: Candidate | Refused
        try:
            told = read_list(str(path), "film", folder)
        except Refused as error:
            told = error
    if isinstance(told, Candidate):
        assert len(told.members) != 1
    else:
        assert len(str(told)) < 400
