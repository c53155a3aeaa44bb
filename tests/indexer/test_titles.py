"""Which archives become renditions of one title, and what is said of those that do not."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.idx.title import TitleFacts, open_title
from app.idx.view import open_idx
from indexer import inspect_cli
from indexer.limits import MAX_TITLE_CHARACTERS, MAX_TITLE_LIST_BYTES
from indexer.titles import RENDITION, TitleOutcome
from tests.media.made_title import index_all, picture, put_rendition, sound

Settle = Callable[[], list[TitleOutcome]]


@pytest.fixture
def settle(media_dir: Path, index_dir: Path) -> Settle:
    return lambda: index_all(media_dir, index_dir)


def facts(index_dir: Path, title_id: str = "film") -> TitleFacts:
    return open_title(str(index_dir / f"{title_id}.title")).facts


def put_film(media_dir: Path, **changed: object) -> None:
    put_rendition(media_dir / "film/720p.mp4", picture(1000, **changed), sound("eng"))  # type: ignore[arg-type]
    put_rendition(media_dir / "film/1080p.mp4", picture(2000), sound("eng"))


def put_list(media_dir: Path, content: str) -> None:
    (media_dir / "film.toml").write_text(content)


def listed(*archives: str) -> str:
    return "".join(f'[[rendition]]\narchive = "{each}"\n' for each in archives)


LIST = listed("big.mp4", "small/film.mov")


@pytest.mark.parametrize("name", ["1080p", "720p60", "4k", "8K30", "2160p-hdr", "480p.hevc_main10"])
def test_names_that_make_a_title(name: str) -> None:
    assert RENDITION.fullmatch(name)


@pytest.mark.parametrize("name", ["film", "1080", "1080i", "20p", "part 1080p", "1080p final", "1k", "p1080"])
def test_names_that_do_not(name: str) -> None:
    assert not RENDITION.fullmatch(name)


def test_a_folder_of_renditions(settle: Settle, media_dir: Path, index_dir: Path) -> None:
    put_film(media_dir)
    put_rendition(media_dir / "film/trailer.mp4", picture(10))
    put_rendition(media_dir / "other/1080p.mp4", picture(10))
    assert settle() == [
        TitleOutcome("film", "published", "title of 2 renditions, the best first: 1080p, 720p")
    ]
    assert [each.id for each in facts(index_dir).members] == ["film/1080p", "film/720p"]
    assert [each.status for each in settle()] == ["up to date"]
    assert not (index_dir / "other.title").exists()


def test_another_timescale_and_another_end_of_sound_do_not_matter(settle: Settle, media_dir: Path) -> None:
    put_rendition(media_dir / "film/1080p.mp4", picture(2000, timescale=90_000), sound("eng"))
    put_rendition(media_dir / "film/720p.mp4", picture(1000, timescale=12_800), sound("eng", lasting=41))
    put_rendition(media_dir / "film/480p.mp4", picture(500, timescale=1000))
    assert [each.status for each in settle()] == ["published"]


def test_the_first_segment_cut_otherwise_is_named(settle: Settle, media_dir: Path, index_dir: Path) -> None:
    put_film(media_dir)
    settle()
    put_film(media_dir, keys_at=[0, 6, 11, 18])
    (outcome,) = settle()
    assert outcome.status == "refused"
    assert outcome.text == (
        "refused as a title: film/720p is not cut as film/1080p, the best, is: its segment 3 begins at"
        " 11.000000 s, -1000.000 ms from the best's; index all with one --segment-duration, a multiple of the"
        " time between keyframes of each; or encode them with keyframes at the same times (a fixed -g with"
        " -sc_threshold 0, or -force_key_frames 'expr:gte(t,n_forced*2)'). Its archives stay served by their"
        " own ids"
    )
    assert not (index_dir / "film.title").exists()


def test_one_that_ends_early_is_refused(settle: Settle, media_dir: Path) -> None:
    put_film(media_dir, seconds=12)
    (outcome,) = settle()
    assert "its video lasts 12.000000 s, the best's 20.000000 s; " in outcome.text


def test_one_without_the_last_segments_is_refused(settle: Settle, media_dir: Path) -> None:
    put_rendition(media_dir / "film/720p.mp4", picture(1000, seconds=12))
    put_rendition(media_dir / "film/1080p.mp4", picture(2000))
    (outcome,) = settle()
    assert "its last segment is 2, where the best cuts again at 12.000000 s" in outcome.text


def test_one_that_goes_on_longer_is_refused(settle: Settle, media_dir: Path) -> None:
    put_film(media_dir, seconds=40)
    (outcome,) = settle()
    assert "begins at 18.000000 s, where the best has no more" in outcome.text


def test_sound_alone_is_no_rendition(settle: Settle, media_dir: Path) -> None:
    put_rendition(media_dir / "film/1080p.mp4", picture(2000))
    put_rendition(media_dir / "film/480p.mp4", sound("eng"))
    (outcome,) = settle()
    assert "film/480p has no video; leave it out" in outcome.text


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
    assert settle() == []
    assert not (index_dir / "film.title").exists()


def test_a_list_decides_over_names(settle: Settle, media_dir: Path, index_dir: Path) -> None:
    put_film(media_dir)
    put_list(media_dir, listed("film/720p.mp4", "film/1080p.mp4"))
    assert [each.status for each in settle()] == ["published"]
    assert [each.status for each in settle()] == ["up to date"]
    assert facts(index_dir).listed_in == "film.toml"


def test_an_archive_of_the_same_id_comes_first(settle: Settle, media_dir: Path, index_dir: Path) -> None:
    put_film(media_dir)
    settle()
    put_rendition(media_dir / "film.mp4", picture(100))
    (outcome,) = settle()
    assert outcome.status == "passed over"
    assert "an archive has the same id" in outcome.text
    assert not (index_dir / "film.title").exists()


def test_a_rendition_that_is_gone_leaves_its_title(settle: Settle, media_dir: Path, index_dir: Path) -> None:
    put_film(media_dir)
    put_rendition(media_dir / "film/480p.mp4", picture(500))
    settle()
    (media_dir / "film/720p.mp4").unlink()
    assert [each.status for each in settle()] == ["published"]
    assert [each.id for each in facts(index_dir).members] == ["film/1080p", "film/480p"]
    (media_dir / "film/480p.mp4").unlink()
    assert settle() == []
    assert not (index_dir / "film.title").exists()


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("[[rendition]\n", "cannot be read as TOML: "),
        ("a = " + "[" * 20_000, "cannot be read as TOML: "),
        ("a = " + "{b = " * 6_000, "cannot be read as TOML: "),
        (f"a = {'1' * 5000}", "cannot be read as TOML: Exceeds the limit"),
        (f"{'a.' * 501}a = 1", "has 501 dots; 500 are read; mend it, or rename or remove it"),
        (f"#{' ' * MAX_TITLE_LIST_BYTES}", f"bytes; {MAX_TITLE_LIST_BYTES} are read; mend it, or rename"),
        ('[rendition]\narchive = "big.mp4"\n', "rendition is a table"),
        (listed("big.mp4"), "lists 1 archive; a title has 2 to 64"),
        (listed("big.mp4", "big.mp4"), "each once"),
        ('[[rendition]]\nfile = "big.mp4"\n' * 2, "a rendition has no archive"),
        (listed("../big.mp4", "big.mp4"), "outside of the media"),
        (listed("/big.mp4", "big.mp4"), "outside of the media"),
        (listed(".hidden/big.mp4", "big.mp4"), ".hidden/big.mp4 is hidden"),
        (listed("a\\u0000b.mp4", "big.mp4"), "no archive's name"),
        (listed("x" * 9000, "big.mp4"), "x is hidden, outside of the media folder or no archive's name"),
        (f"title = 1\n{LIST}", "its title is no string"),
        (LIST, "small/film has no index; index it too"),
    ],
)
def test_lists_that_are_refused(content: str, word: str, settle: Settle, media_dir: Path) -> None:
    put_rendition(media_dir / "big.mp4", picture(200))
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


def test_a_record_that_is_no_file_is_replaced(settle: Settle, media_dir: Path, index_dir: Path) -> None:
    put_film(media_dir)
    os.mkfifo(index_dir / "film.title")
    assert [each.status for each in settle()] == ["published"]
    assert len(facts(index_dir).members) == 2


def test_other_files_are_none_of_ours(settle: Settle, media_dir: Path) -> None:
    put_rendition(media_dir / "big.mp4", picture(200))
    put_list(media_dir, '[project]\nname = "something else"\n')
    assert settle() == []


def test_it_is_shown_as_text(settle: Settle, media_dir: Path, index_dir: Path) -> None:
    put_rendition(media_dir / "small/film.mov", picture(100))
    put_rendition(media_dir / "big.mp4", picture(200))
    put_list(media_dir, f'title = "A film"\n{LIST}')
    settle()
    title = open_title(str(index_dir / "film.title"))
    versions = [open_idx(str(index_dir / f"{name}.idx")).version for name in ("big", "small/film")]
    done = CliRunner().invoke(inspect_cli.main, ["show", str(index_dir / "film.title")])
    assert done.exit_code == 0
    assert done.stdout == (
        f"format: 1\nversion: {title.version}\ntitle: A film\nlisted in: film.toml\n"
        f"rendition: big, version {versions[0]}\nrendition: small/film, version {versions[1]}\n"
    )
    (index_dir / "film.title").write_bytes(b"no title")
    done = CliRunner().invoke(inspect_cli.main, ["show", str(index_dir / "film.title")])
    assert (done.exit_code, "damaged: shorter than its fixed parts" in done.stderr) == (1, True)
