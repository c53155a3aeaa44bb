"""Which archives become renditions of one title, and what is said of those that do not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.idx.layout import MAGIC, TITLE_MAGIC
from app.idx.title import MAX_MEMBERS, open_title
from app.idx.view import open_idx
from indexer import inspect_cli
from indexer.archives import find_archives
from indexer.pipeline import Options, index_archive
from indexer.titles import RENDITION, TitleOutcome, Titles
from tests.indexer.conftest import Settle
from tests.media.made_title import LIST, facts, listed, picture, put_film, put_list, put_rendition, sound


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


def test_an_archive_of_the_same_id_comes_first(settle: Settle, media_dir: Path, index_dir: Path) -> None:
    put_film(media_dir)
    settle()
    put_rendition(media_dir / "film.mp4", picture(100))
    (outcome,) = settle()
    assert outcome.status == "passed over"
    assert "an archive has the same id" in outcome.text
    assert not (index_dir / "film.title").exists()


def test_a_name_alone_is_no_archives(settle: Settle, media_dir: Path) -> None:
    put_rendition(media_dir / "film.mp4", picture(100))
    (media_dir / "film.toml").write_text('title = "A film"\n')
    (outcome,) = settle()
    assert outcome == (
        "film", "passed over", "film.toml passed over: it names a title, and film is one archive; remove it"
    )  # fmt: skip


def test_an_archive_that_is_indexed_alone_ends_the_title_of_its_name(
    settle: Settle, media_dir: Path, index_dir: Path
) -> None:
    put_film(media_dir)
    settle()
    put_rendition(media_dir / "film.mp4", picture(100))
    (outcome,) = Titles(str(media_dir), str(index_dir)).settle(["film"])
    assert (outcome.id, outcome.status) == ("film", "up to date")  # it has no index yet
    (archive,) = find_archives([str(media_dir / "film.mp4")], str(media_dir), str(index_dir))
    assert index_archive(archive, Options()).status == "indexed"
    (outcome,) = Titles(str(media_dir), str(index_dir)).settle(["film"])
    assert (outcome.id, outcome.status) == ("film", "passed over")
    assert not (index_dir / "film.title").exists()


def test_as_many_renditions_as_the_origin_takes(settle: Settle, media_dir: Path, index_dir: Path) -> None:
    """By their names, as by a list."""
    first = put_rendition(media_dir / "film/720p.mp4", picture(100))
    for number in range(1, MAX_MEMBERS):
        os.link(first, media_dir / f"film/720p-{number}.mp4")
    (outcome,) = settle()
    assert outcome.status == "published"
    os.link(first, media_dir / f"film/720p-{MAX_MEMBERS}.mp4")
    (outcome,) = settle()
    assert outcome.status == "refused"
    assert outcome.text.startswith("refused as a title: it would have 65 renditions; 64 are the most; ")
    assert not (index_dir / "film.title").exists()


def test_a_rendition_whose_index_cannot_be_read_is_not_gone(
    settle: Settle, media_dir: Path, index_dir: Path
) -> None:
    put_film(media_dir)
    settle()
    (index_dir / "film/720p.idx").write_bytes(b"damaged")
    (outcome,) = Titles(str(media_dir), str(index_dir)).settle(["film/1080p"])
    assert outcome.status == "refused"
    assert "film/720p has an index that cannot be read; index it again" in outcome.text


def test_what_is_gone_and_has_an_index_of_another_format_is_no_rendition(
    settle: Settle, media_dir: Path, index_dir: Path
) -> None:
    put_film(media_dir)
    for name in ("film.mp4", "film/240p.mp4"):
        put_rendition(media_dir / name, picture(500))
    settle()
    for name in ("film", "film/240p"):
        (media_dir / f"{name}.mp4").unlink()
        of_another_format(index_dir / f"{name}.idx")
    (media_dir / "film/240p.srt").write_text("")
    assert [each.status for each in settle()] == ["published"]
    assert [each.id for each in facts(index_dir).members] == ["film/1080p", "film/720p"]


def test_an_archive_of_the_same_id_comes_first_though_its_index_cannot_be_read(
    media_dir: Path, index_dir: Path, settle: Settle
) -> None:
    put_film(media_dir)
    put_rendition(media_dir / "film.mov", picture(100))
    settle()
    of_another_format(index_dir / "film.idx")
    (outcome,) = Titles(str(media_dir), str(index_dir)).settle(["film/1080p"])
    assert "an archive has the same id" in outcome.text


def of_another_format(index: Path) -> None:
    content = bytearray(index.read_bytes())
    content[len(MAGIC)] ^= 0xFF
    index.write_bytes(content)


def test_a_rendition_that_is_gone_leaves_its_title(settle: Settle, media_dir: Path, index_dir: Path) -> None:
    put_film(media_dir)
    put_rendition(media_dir / "film/480p.mp4", picture(500))
    settle()
    (media_dir / "film/720p.mp4").unlink()
    assert [each.status for each in settle()] == ["published"]
    assert [each.id for each in facts(index_dir).members] == ["film/1080p", "film/480p"]
    (media_dir / "film/480p.mp4").unlink()
    text = "no title any more: fewer than two of its renditions are left"
    assert settle() == [TitleOutcome("film", "withdrawn", text)]
    assert settle() == []
    assert not (index_dir / "film.title").exists()


def test_a_record_that_is_no_file_is_replaced(settle: Settle, media_dir: Path, index_dir: Path) -> None:
    put_film(media_dir)
    os.mkfifo(index_dir / "film.title")
    assert [each.status for each in settle()] == ["published"]
    assert len(facts(index_dir).members) == 2


@pytest.mark.parametrize("content", [b"", TITLE_MAGIC[:5], TITLE_MAGIC + b"and no more"])
def test_a_damaged_record_of_ours_is_replaced(
    settle: Settle, media_dir: Path, index_dir: Path, content: bytes
) -> None:
    put_film(media_dir)
    (index_dir / "film.title").write_bytes(content)
    assert [each.status for each in settle()] == ["published"]
    assert len(facts(index_dir).members) == 2


@pytest.mark.parametrize(
    ("listing", "word"),
    [
        ("", "film.title cannot be written: a file that is not ours has this name; move that file, or "),
        (listed("film/720p.mp4", "film/1080p.mp4"), "a file that is not ours has this name; move "),
        ("[[rendition]]\n", "lists 1 archive"),
    ],
)
def test_a_file_that_is_not_ours_is_in_the_way(
    settle: Settle, media_dir: Path, index_dir: Path, listing: str, word: str
) -> None:
    put_film(media_dir)
    put_list(media_dir, listing)
    (index_dir / "film.title").write_bytes(b"a user's notes")
    (outcome,) = settle()
    assert outcome.status == "refused"
    assert word in outcome.text
    assert (index_dir / "film.title").read_bytes() == b"a user's notes"


def test_files_that_are_not_ours_stay_though_they_are_called_as_titles_are(
    settle: Settle, media_dir: Path, index_dir: Path
) -> None:
    put_film(media_dir)
    (index_dir / "film").mkdir()
    for name in ("notes", "empty", "film/notes", "film/1080p"):
        (index_dir / f"{name}.title").write_bytes(b"" if name == "empty" else b"a user's notes")
    put_rendition(media_dir / "notes.mp4", picture(100))
    assert [each.id for each in settle()] == ["film"]
    (media_dir / "film/720p.mp4").unlink()
    settle()
    kept = {str(each.relative_to(index_dir)) for each in index_dir.rglob("*.title")}
    assert kept == {"notes.title", "empty.title", "film/notes.title", "film/1080p.title"}


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
        f"format: 2\nversion: {title.version}\ntitle: A film\nlisted in: film.toml\n"
        f"rendition: big, version {versions[0]}\nrendition: small/film, version {versions[1]}\n"
    )
    (index_dir / "film.title").write_bytes(b"no title")
    done = CliRunner().invoke(inspect_cli.main, ["show", str(index_dir / "film.title")])
    assert (done.exit_code, "damaged: is no .title file" in done.stderr) == (1, True)
