"""`vodsplice-index --prune`: indexes of archives that are gone go, and no others."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.idx.layout import MAGIC
from indexer import cli
from tests.indexer.conftest import Put
from tests.media.made_title import picture, put_rendition, sound

Run = Callable[..., Result]


@pytest.fixture
def run(media_dir: Path, index_dir: Path) -> Run:
    def invoke(*arguments: str) -> Result:
        folders = ["--media-dir", str(media_dir), "--index-dir", str(index_dir), "--jobs", "1"]
        return CliRunner().invoke(cli.main, [*folders, *arguments])

    return invoke


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


def test_what_is_gone_goes_with_all_that_was_made_of_it(
    run: Run, put: Put, media_dir: Path, index_dir: Path
) -> None:
    put("stays.mp4")
    gone = [put("gone.mp4"), put("deep/er/gone.mp4"), put("deep/stays.mp4")][:2]
    run("--audio-sidecar")
    (index_dir / "gone.idx.storyboard").write_bytes(b"pictures")
    for path in gone:
        path.unlink()
    shutil.rmtree(media_dir / "deep/er")
    assert run("--audio-sidecar").exit_code == 0
    assert "gone.idx" in files(index_dir), "kept unless asked to remove"
    done = run("--audio-sidecar", "--prune")
    assert done.exit_code == 0
    assert files(index_dir) == {
        "stays.idx", "stays.idx.audio", "deep/stays.idx", "deep/stays.idx.audio",
    }  # fmt: skip
    assert done.stderr.splitlines() == [
        "gone: gone.mp4 is gone, removed gone.idx.audio, gone.idx.storyboard, gone.idx",
        "deep/er/gone: gone.mp4 is gone, removed gone.idx.audio, gone.idx",
    ]
    assert "0 indexed, 2 up to date, 0 refused, 2 of archives that are gone removed in" in done.stdout
    assert run("--audio-sidecar", "--prune").stderr == ""


def test_what_is_not_ours_stays(
    run: Run, put: Put, media_dir: Path, index_dir: Path, tmp_path: Path
) -> None:
    put("stays.mp4")
    gone = put("gone.mp4")
    run()
    kept = {"gone.idx.bak": b"a copy", "other.idx": b"another program's", "gone.audio": b"a song"}
    for name, content in kept.items():
        (index_dir / name).write_bytes(content)
    (index_dir / "damaged.idx").write_bytes(MAGIC + b"and no more")
    (media_dir / "damaged.other").write_bytes(b"")
    elsewhere = tmp_path / "elsewhere.idx"
    shutil.copy(index_dir / "gone.idx", elsewhere)
    (index_dir / "link.idx").symlink_to(elsewhere)
    os.mkfifo(index_dir / "pipe.idx")
    gone.unlink()
    told = run("--prune").stderr
    assert files(index_dir) == {*kept, "damaged.idx", "link.idx", "pipe.idx", "stays.idx"}
    assert "damaged: its index cannot be read (shorter than its fixed parts), and is kept: " in told
    assert elsewhere.exists()


def test_an_index_that_cannot_be_read_goes_with_its_archive(
    run: Run, put: Put, media_dir: Path, index_dir: Path
) -> None:
    put("stays.mp4")
    for name in ("gone.mp4", "away/gone.mp4", "gone/stays.mp4"):
        put(name)
    run("--audio-sidecar")
    for name in ("gone", "away/gone"):
        (index_dir / f"{name}.idx").write_bytes(MAGIC + b"of another format")
        (media_dir / f"{name}.mp4").unlink()
    (media_dir / "gone.eng.srt").write_text("")
    (media_dir / "gone.srt").write_text("")
    done = run("--prune")
    assert done.exit_code == 1
    removed, kept = done.stderr.splitlines()
    assert removed == "gone: no archive of this name is there, removed gone.idx.audio, gone.idx"
    assert kept == (
        "away/gone: its archive is not there, but its index is kept:"
        f" {media_dir / 'away'} is empty; is it mounted?"
    )
    assert "gone.idx" not in files(index_dir)
    (media_dir / "away").rmdir()
    assert run("--prune").exit_code == 0
    assert files(index_dir) == {"stays.idx", "stays.idx.audio", "gone/stays.idx", "gone/stays.idx.audio"}


def test_an_archive_that_is_there_but_cannot_be_served_keeps_its_index(
    run: Run, put: Put, media_dir: Path, index_dir: Path
) -> None:
    put("stays.mp4")
    for name in ("damaged.mp4", "unmounted.mp4"):
        put(name)
    run()
    (media_dir / "damaged.mp4").write_bytes(b"no MP4")
    (media_dir / "unmounted.mp4").unlink()
    (media_dir / "unmounted.mp4").symlink_to("/nowhere/at all.mp4")
    run("--prune")
    assert files(index_dir) == {"stays.idx", "damaged.idx", "unmounted.idx"}


@pytest.mark.parametrize("stray", [[], [".hidden", "film.idx"]])
def test_an_empty_media_folder_is_taken_for_one_not_mounted(
    run: Run, put: Put, media_dir: Path, index_dir: Path, stray: list[str]
) -> None:
    path = put("film.mp4")
    run()
    path.unlink()
    for name in stray:
        (media_dir / name).write_bytes(b"")
    done = run("--prune")
    assert done.exit_code == 1
    hint, doubt = done.stderr.splitlines()
    assert hint.startswith("nothing found: ")
    assert doubt == (
        "film: its archive is not there, but its index is kept:"
        f" {media_dir} holds no archive that could be read; is it mounted?"
    )
    assert "1 kept in doubt" in done.stdout
    assert files(index_dir) == {"film.idx"}


def test_an_empty_folder_below_is_taken_for_one_not_mounted(
    run: Run, put: Put, media_dir: Path, index_dir: Path
) -> None:
    put("stays.mp4")
    put("disk/2024/film.mp4")
    run()
    shutil.rmtree(media_dir / "disk/2024")
    done = run("--prune")
    assert done.exit_code == 1
    assert f"{media_dir / 'disk'} is empty; is it mounted?" in done.stderr
    assert "disk/2024/film.idx" in files(index_dir)
    (media_dir / "disk/notes.txt").write_text("something")
    assert run("--prune").exit_code == 0
    assert files(index_dir) == {"stays.idx"}


def test_a_folder_that_cannot_be_read_keeps_its_indexes(
    run: Run, put: Put, index_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("stays.mp4")
    path = put("stale/film.mp4")
    run()
    path.unlink()
    lstat = os.lstat

    def failing(path: str | Path, **more: int) -> os.stat_result:
        if str(path).endswith("stale/film.mp4"):
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))
        return lstat(path, **more)

    monkeypatch.setattr(os, "lstat", failing)
    done = run("--prune")
    assert done.exit_code == 1
    assert "stale/film: its index is kept: [Errno 116] Stale file handle" in done.stderr
    assert "stale/film.idx" in files(index_dir)


def test_a_title_goes_with_its_renditions(run: Run, put: Put, media_dir: Path, index_dir: Path) -> None:
    put("stays.mp4")
    for name in ("720p", "1080p"):
        put_rendition(media_dir / f"film/{name}.mp4", picture(1000), sound("eng"))
    run()
    assert "film.title" in files(index_dir)
    shutil.rmtree(media_dir / "film")
    run("--prune")
    assert files(index_dir) == {"stays.idx"}


def test_a_title_stays_where_no_archive_can_be_read(
    run: Run, put: Put, media_dir: Path, index_dir: Path
) -> None:
    for name in ("720p", "1080p"):
        put(f"film/{name}.mp4")
    run()
    shutil.rmtree(media_dir / "film")
    (media_dir / "notes.txt").write_text("of a folder that is not mounted")
    assert run("--prune").exit_code == 1
    assert files(index_dir) == {"film.title", "film/720p.idx", "film/1080p.idx"}
