"""Titles whose renditions end apart: their playlists go together, in part too, and their MPD is valid."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urljoin

import pytest

from tests.app.conftest import Client
from tests.media.made_movie import MadeTrack
from tests.media.made_title import index_all, picture, put_rendition, sound
from tests.oracle import hls, mpd
from tests.oracle.hls_rules import together

MASTER, MPD = "/v/film/master.m3u8", "/v/film/manifest.mpd"
KEYS = (0, 6, 12)


def ending(last_ms: int, timescale: int = 1000) -> MadeTrack:
    """Segments of 6 s, and a last one from 12 s on."""
    return picture(1000, timescale=timescale, seconds=21, keys_at=KEYS, last_ms=last_ms)


TITLES = {
    "a frame longer": [[ending(560)], [ending(480)]],
    "a frame shorter": [[ending(480)], [ending(560)]],
    "by less than rounding tells": [[ending(400)], [ending(480)]],
    "in other ticks": [[ending(500, 90_000)], [ending(499)], [ending(520, 12_800)]],
    "by its sound": [[ending(480), sound("eng", lasting=42)], [ending(480)]],
    "by sound of seconds": [[ending(480)], [ending(480), sound("eng", lasting=46)]],
    "by a second": [[ending(400)], [ending(1400)]],
}


@pytest.fixture(params=TITLES.values(), ids=list(TITLES))
def title(request: pytest.FixtureRequest, media_dir: Path, index_dir: Path) -> None:
    """film, the first rendition the best."""
    for number, tracks in enumerate(request.param):
        put_rendition(media_dir / f"film/{1080 - number}p.mp4", *tracks)
    assert [each.status for each in index_all(media_dir, index_dir)] == ["published"]


def media_playlists(client: Client, master: str) -> dict[str, bytes]:
    """Those that a multivariant playlist names, by their URLs."""
    document = client.get(master).body
    assert hls.problems(document) == []
    lines = hls.read(document)
    named = [line.text("URI") or line.value for line in lines if line.text("URI") or not line.tag]
    return {url: client.get(url).body for url in (urljoin(master, each) for each in named)}


@pytest.mark.parametrize("clip", ["", "?start=13", "?start=7&end=12.5", "?end=6"])
@pytest.mark.usefixtures("title")
def test_playlists_go_together(client: Client, clip: str) -> None:
    playlists = media_playlists(client, MASTER + clip)
    assert [hls.problems(each) for each in playlists.values()] == [[]] * len(playlists)
    assert list(together(map(hls.read, playlists.values()))) == []


@pytest.mark.usefixtures("title")
def test_the_mpd_is_valid(client: Client) -> None:
    document = client.get(MPD)
    assert mpd.problems(document.body) == []
    assert mpd.problems(client.get(f"{MPD}?start=7&end=20.2").body, is_clip=True) == []
    for each in mpd.read(document.body, MPD):
        assert [client.get(media.url).status_int for media in each.media] == [200] * len(each.media)


def put_film(media_dir: Path, index_dir: Path) -> None:
    put_rendition(media_dir / "film/1080p.mp4", ending(480))
    put_rendition(media_dir / "film/720p.mp4", ending(560))
    index_all(media_dir, index_dir)


def test_only_what_is_shorter_is_asked_for_otherwise(
    client: Client, media_dir: Path, index_dir: Path
) -> None:
    """Of 8.48 s and 8.56 s the second is told as 9 anyway, by the URL that it has by itself."""
    put_film(media_dir, index_dir)
    first, second = (url for url in media_playlists(client, MASTER) if "/video/playlist" in url)
    assert re.fullmatch(r"/v/film/1080p/video/playlist\.m3u8\?v=[0-9a-f]{10}&target=9", first)
    assert re.fullmatch(r"/v/film/720p/video/playlist\.m3u8\?v=[0-9a-f]{10}", second)
    assert b"TARGETDURATION:8\n" in client.get("/v/film/1080p/video/playlist.m3u8").body


def test_the_mpd_lasts_as_long_as_the_longest(client: Client, media_dir: Path, index_dir: Path) -> None:
    put_film(media_dir, index_dir)
    text = client.get(MPD).text
    assert 'mediaPresentationDuration="PT20.560000S" maxSegmentDuration="PT8.560000S"' in text


@pytest.mark.parametrize(
    ("asked", "told"), [("9", 9), ("8", 8), ("0", 8), ("0010", 10), ("9999999", 9_999_999)]
)
def test_a_target_duration_is_told_where_it_is_longer(
    client: Client, media_dir: Path, index_dir: Path, asked: str, told: int
) -> None:
    put_film(media_dir, index_dir)
    url = "/v/film/1080p/video/playlist.m3u8"
    plain, answer = client.get(url), client.get(f"{url}?target={asked}")
    assert answer.body == re.sub(rb"DURATION:8\n", b"DURATION:%d\n" % told, plain.body, count=1)
    assert (answer.headers["ETag"] == plain.headers["ETag"]) == (told == 8)


@pytest.mark.parametrize(
    "query", ["target=", "target=x", "target=-1", "target=9.5", "target=9&target=9", "target=12345678"]
)
def test_what_is_none_is_malformed(client: Client, media_dir: Path, index_dir: Path, query: str) -> None:
    put_film(media_dir, index_dir)
    for name in ("video/playlist.m3u8", "video/iframes.m3u8"):
        answer = client.get(f"/v/film/1080p/{name}?{query}")
        assert (answer.status_int, "as in ?target=9." in answer.text) == (400, True)
