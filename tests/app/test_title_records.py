"""A title whose members or record change, or are gone: what the origin answers until it is indexed again."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import m3u8
import pytest

import app.titles
from app.idx.layout import TITLE_MAGIC
from app.idx.title import Title
from app.titles import TITLE_CHANGED, TITLE_DAMAGED
from tests.app.conftest import Client
from tests.media.made_title import index_all, picture, put_film, put_rendition, sound

MASTER, MPD = "/v/film/master.m3u8", "/v/film/manifest.mpd"


@pytest.fixture
def title(media_dir: Path, index_dir: Path) -> Path:
    """film/1080p and film/720p; its folder."""
    put_film(media_dir)
    assert [each.status for each in index_all(media_dir, index_dir)] == ["published"]
    return media_dir / "film"


def test_a_changed_member_is_a_mismatch_until_it_is_indexed(
    client: Client, title: Path, media_dir: Path, index_dir: Path
) -> None:
    before = client.get(MASTER).headers["ETag"]
    put_rendition(title / "720p.mp4", picture(900), sound("fra"))
    assert client.get(MASTER).status_int == 409  # the archive is not what was indexed
    (title / "720p.mp4").rename(title / "720p.mov")
    index_all(media_dir, index_dir)
    assert client.get(MASTER).status_int == 200
    assert client.get(MASTER).headers["ETag"] != before


def test_a_member_that_was_indexed_alone_is_a_mismatch(
    client: Client, title: Path, media_dir: Path, index_dir: Path
) -> None:
    put_rendition(title / "720p.mp4", picture(900))
    index_but_for_the_title(media_dir, index_dir)
    answer = client.get(MPD)
    assert (answer.status_int, answer.text.strip()) == (409, TITLE_CHANGED)


def test_a_member_that_is_gone_is_a_mismatch(client: Client, title: Path) -> None:
    (title / "720p.mp4").unlink()
    answer = client.get(MASTER)
    assert (answer.status_int, answer.text.strip()) == (409, TITLE_CHANGED)


def test_a_title_is_gone_with_all_its_members(client: Client, title: Path) -> None:
    for name in ("720p.mp4", "1080p.mp4"):
        (title / name).unlink()
    assert client.get(MASTER).status_int == 404
    assert client.get(MPD).status_int == 404


@pytest.mark.parametrize("content", [b"", TITLE_MAGIC[:5], TITLE_MAGIC + b"x" * 500])
def test_a_damaged_record_is_a_mismatch(content: bytes, client: Client, title: Path, index_dir: Path) -> None:
    (index_dir / "film.title").write_bytes(content)
    answer = client.get(MASTER)
    assert (answer.status_int, answer.text.strip()) == (409, TITLE_DAMAGED)


def test_a_record_that_cannot_be_read_is_not_called_damaged(
    client: Client, title: Path, index_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: str) -> Title:
        raise OSError(errno.EACCES, "Permission denied", path)

    monkeypatch.setattr(app.titles, "open_title", fail)
    assert client.get(MASTER).status_int == 503


def test_every_flipped_bit_of_a_record_is_noticed(client: Client, title: Path, index_dir: Path) -> None:
    path = index_dir / "film.title"
    record = path.read_bytes()
    for at in range(0, len(record), 7):
        path.write_bytes(record[:at] + bytes([record[at] ^ 1]) + record[at + 1 :])
        assert client.get(MASTER).status_int == (404 if at < len(TITLE_MAGIC) else 409)


def test_a_file_that_is_not_ours_is_no_title(client: Client, title: Path, index_dir: Path) -> None:
    (index_dir / "notes.title").write_bytes(b"a user's notes")
    assert client.get("/v/notes/master.m3u8").status_int == 404


def test_a_record_that_leaves_the_folder_is_not_read(
    client: Client, title: Path, index_dir: Path, tmp_path: Path
) -> None:
    os.rename(index_dir / "film.title", tmp_path / "film.title")
    (index_dir / "film.title").symlink_to(tmp_path / "film.title")
    assert client.get(MASTER).status_int == 404
    assert client.get("/v/.film/master.m3u8").status_int == 404


def test_an_archive_comes_before_a_title(
    client: Client, title: Path, media_dir: Path, index_dir: Path
) -> None:
    put_rendition(media_dir / "film.mp4", picture(77))
    index_but_for_the_title(media_dir, index_dir)
    assert [each.uri.partition("/")[0] for each in m3u8.loads(client.get(MASTER).text).playlists] == ["video"]


def index_but_for_the_title(media_dir: Path, index_dir: Path) -> None:
    record = (index_dir / "film.title").read_bytes()
    index_all(media_dir, index_dir)
    (index_dir / "film.title").write_bytes(record)
