"""Subtitles by every delivery: the answers of a segment, and what becomes of them when a file changes."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

from app.idx.view import open_idx
from indexer.archives import find_archives
from indexer.pipeline import Options, index_archive
from tests.app.running_origin import Origin
from tests.indexer.conftest import film
from tests.indexer.subtitles.read_vtt import read
from tests.media.mp4_file import write_mp4

NAMES = (f"said-{number}" for number in count())
SRT = "1\n00:00:01,000 --> 00:00:07,500\n{words}\n\n2\n00:00:13,000 --> 00:00:14,000\nat last\n"


def indexed(origin: Origin, name: str) -> str:
    """Index an archive whose subtitles are beside it; its version."""
    archive = origin.media_dir / f"{name}.mp4"
    if not archive.exists():
        write_mp4(archive, film())
    (found,) = find_archives([str(archive)], str(origin.media_dir), str(origin.index_dir))
    assert index_archive(found, Options()).status in ("indexed", "up to date")
    return open_idx(found.index_path).version


@pytest.fixture
def said(delivered: Origin) -> tuple[str, Path]:
    """The URL of a new archive's German text, and the file it comes from."""
    name = next(NAMES)
    beside = delivered.media_dir / f"{name}.deu.srt"
    beside.write_text(SRT.format(words="ja & nein"))
    return f"/v/{name}/text-deu", beside


def test_every_answer(delivered: Origin, said: tuple[str, Path]) -> None:
    url, _ = said
    version = indexed(delivered, url.split("/")[2])
    for name in ("seg_0001.vtt", "seg_0002.vtt", "subtitles.vtt"):
        whole = delivered.get(f"{url}/{name}?v={version}")
        assert (whole.status, whole.headers["content-type"]) == (200, "text/vtt")
        assert whole.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert whole.headers["access-control-allow-origin"] == "*"
        assert read(whole.body.decode())[0] == (1000, 7500, "ja & nein")
        again = delivered.get(f"{url}/{name}?v={version}")  # from the cache of plans, where there is one
        assert (again.body, again.headers["etag"]) == (whole.body, whole.headers["etag"])
        part = delivered.get(f"{url}/{name}?v={version}", Range="bytes=7-30")
        assert (part.status, part.body) == (206, whole.body[7:31])
        assert delivered.get(f"{url}/{name}?v={version}", If_None_Match=whole.headers["etag"]).status == 304
    assert delivered.get(f"{url}/seg_0001.vtt").headers["cache-control"] == "public, max-age=60"
    assert b"#EXTINF:6.000000,\nseg_0001.vtt?v=" in delivered.get(f"{url}/playlist.m3u8").body


@pytest.mark.parametrize(
    "name",
    [
        "seg_0000.vtt",
        "seg_0005.vtt",
        "seg_1.vtt",
        "seg_0001.m4s",
        "init.mp4",
        "info.json",
        "master.m3u8",
        "x",
    ],
)
def test_what_a_text_has_not(name: str, delivered: Origin, said: tuple[str, Path]) -> None:
    url, _ = said
    indexed(delivered, url.split("/")[2])
    assert delivered.get(f"{url}/{name}").status == 404


def test_what_is_no_text(delivered: Origin, said: tuple[str, Path]) -> None:
    url, _ = said
    indexed(delivered, url.split("/")[2])
    for other in ("text", "text-eng", "text-deu-2", "Text-deu", "video"):
        assert delivered.get(f"{url.rpartition('/')[0]}/{other}/seg_0001.vtt").status == 404


def test_cues_are_those_of_the_index_until_it_is_made_anew(delivered: Origin, said: tuple[str, Path]) -> None:
    url, beside = said
    name = url.split("/")[2]
    first = indexed(delivered, name)
    before = delivered.get(f"{url}/seg_0001.vtt?v={first}").body
    beside.write_text(SRT.format(words="doch"))
    assert delivered.get(f"{url}/seg_0001.vtt?v={first}").body == before
    second = indexed(delivered, name)
    assert second != first
    assert delivered.get(f"{url}/seg_0001.vtt?v={first}").status == 410
    assert b"doch" in delivered.get(f"{url}/seg_0001.vtt?v={second}").body
    beside.unlink()
    assert delivered.get(f"{url}/seg_0001.vtt?v={second}").status == 200
    third = indexed(delivered, name)
    assert delivered.get(f"{url}/seg_0001.vtt?v={third}").status == 404
    assert b"SUBTITLES" not in delivered.get(f"/v/{name}/master.m3u8").body
