"""Files beside an archive that are none of subtitles, whatever they are called: a note each, and no harm."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.idx.header import Header
from app.idx.view import open_idx
from indexer.archives import find_archives
from indexer.limits import MAX_SUBTITLE_FILE_BYTES
from indexer.pipeline import Options, index_archive
from tests.indexer.conftest import Put

SRT = "1\n00:00:01,000 --> 00:00:02,000\nwords\n\n"


@pytest.fixture
def media_dir(media_dir: Path, put: Put) -> Path:
    """With an archive, and one file of subtitles beside it that comes last."""
    put("film.mp4")
    (media_dir / "film.zul.srt").write_text(SRT)
    return media_dir


def indexed(media_dir: Path, index_dir: Path) -> Header:
    (found,) = find_archives([str(media_dir)], str(media_dir), str(index_dir))
    assert index_archive(found, Options()).status == "indexed"
    assert index_archive(found, Options()).status == "up to date"
    return open_idx(found.index_path).header


def sized(path: Path, size: int) -> None:
    """A file of that size which is hardly any on the disk."""
    path.write_text(SRT)
    os.truncate(path, size)


def test_what_is_no_file_is_passed_over(media_dir: Path, index_dir: Path) -> None:
    os.mkfifo(media_dir / "film.deu.srt")
    (media_dir / "film.eng.srt").mkdir()
    (media_dir / "film.fra.srt").symlink_to("nowhere")
    (media_dir / "film.ita.srt").symlink_to("/dev/zero")  # out of the folder, so nobody sees it
    header = indexed(media_dir, index_dir)
    assert header.notes == (
        "film.deu.srt passed over: is not a regular file",
        "film.eng.srt passed over: is not a regular file",
        "film.fra.srt passed over: cannot be read: No such file or directory",
    )
    assert [text.file for text in header.texts] == ["film.zul.srt"]


def test_a_name_that_is_not_utf_8_is_spelled(media_dir: Path, index_dir: Path) -> None:
    (media_dir / os.fsdecode(b"film.\xe9crit.srt")).write_text(SRT)
    (media_dir / os.fsdecode(b"film.\xe9.ass")).write_text("no subtitles")
    header = indexed(media_dir, index_dir)
    assert [(text.file, text.title) for text in header.texts] == [
        ("film.zul.srt", ""),
        (r"film.\udce9crit.srt", r"\udce9crit"),
    ]
    assert header.notes == (r"film.\udce9.ass passed over: nothing of it is shown",)


def test_a_large_file_costs_the_others_nothing(media_dir: Path, index_dir: Path) -> None:
    sized(media_dir / "film.deu.srt", 1 << 40)
    sized(media_dir / "film.eng.srt", MAX_SUBTITLE_FILE_BYTES + 1)
    header = indexed(media_dir, index_dir)
    rule = f"{MAX_SUBTITLE_FILE_BYTES} are read"
    assert header.notes == (
        f"film.deu.srt passed over: has {1 << 40} bytes; {rule}",
        f"film.eng.srt passed over: has {MAX_SUBTITLE_FILE_BYTES + 1} bytes; {rule}",
    )
    assert [text.file for text in header.texts] == ["film.zul.srt"]


def test_files_together_have_a_bound(
    media_dir: Path, index_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.subtitles.collect.MAX_SUBTITLE_FILES_BYTES", 3 * len(SRT))
    (media_dir / "film.deu.srt").write_text(SRT)
    (media_dir / "film.eng.srt").write_text(3 * SRT)
    header = indexed(media_dir, index_dir)
    assert [text.file for text in header.texts] == ["film.deu.srt", "film.zul.srt"]
    rule = f"brings the files of subtitles beyond {3 * len(SRT)} bytes"
    assert header.notes == (f"film.eng.srt passed over: {rule}",)
