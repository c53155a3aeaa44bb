"""The HTTP contract below /v/, asked of the application without a socket."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from webtest import TestApp
from werkzeug.test import create_environ, run_wsgi_app

from app.settings import Settings
from app.wsgi import create_app
from tests.app.conftest import Client, MakeArchive
from tests.app.made_archive import MadeArchive, write_index
from tests.media.made_title import index_all, picture, put_rendition, sound

IMMUTABLE = "public, max-age=31536000, immutable"


def test_playlist_names_what_is_served(client: Client, archive: MadeArchive) -> None:
    playlist = client.get("/v/film/playlist.m3u8")
    assert playlist.status_int == 200
    assert playlist.content_type == "application/vnd.apple.mpegurl"
    assert playlist.headers["Cache-Control"] == "public, max-age=300"
    names = [line for line in playlist.text.splitlines() if not line.startswith("#")]
    names += re.findall(r'URI="([^"]+)"', playlist.text)
    assert len(names) == len(archive.media) + 1
    for name in names:
        reply = client.get(f"/v/film/{name}")
        assert reply.status_int == 200
        assert reply.headers["Cache-Control"] == IMMUTABLE
        assert reply.headers["ETag"] not in (playlist.headers["ETag"], '""')


def test_an_archive_takes_no_track_from_the_one_above(
    client: Client, media_dir: Path, index_dir: Path
) -> None:
    """Its id is the path of a track, and what each one's playlists name is still its own."""
    put_rendition(media_dir / "film.mp4", picture(2000), sound("eng"))
    put_rendition(media_dir / "film/video.mp4", picture(77))
    index_all(media_dir, index_dir)
    versions = {name: client.get(f"/v/{name}/info.json").json["version"] for name in ("film", "film/video")}
    for name, version in versions.items():
        for each in named_by(client, f"/v/{name}/master.m3u8"):
            assert each.status_int == 200
            is_media = each.content_type in ("video/mp4", "audio/mp4")
            named = [each.headers["ETag"][1:11]] if is_media else re.findall(r"\?v=(\w+)", each.text)
            assert {*named} == {version}
    assert versions["film"] != versions["film/video"]
    assert f"v={versions['film/video']}" in client.get("/v/film/video/playlist.m3u8").text
    assert client.get(f"/v/film/video/playlist.m3u8?start=1&v={versions['film']}").status_int == 200
    assert client.get("/v/film/video/playlist.m3u8?v=0123456789").status_int == 410
    (media_dir / "film.mp4").unlink()
    assert client.get(f"/v/film/video/playlist.m3u8?v={versions['film']}").status_int == 410


def named_by(client: Client, url: str) -> list[Any]:
    """The answers to what a playlist names, and to what that names."""
    text = client.get(url).text
    uris = [line for line in text.splitlines() if line and not line.startswith("#")]
    uris += re.findall(r'URI="([^"]+)"', text)
    answers = [client.get(urljoin(url, each)) for each in uris]
    playlists = (urljoin(url, each) for each in uris if ".m3u8" in each)
    return answers + [each for playlist in playlists for each in named_by(client, playlist)]


def test_segment_is_a_head_and_the_media(client: Client, archive: MadeArchive) -> None:
    for number, media in enumerate(archive.media, start=1):
        segment = client.get(f"/v/film/seg_{number:04d}.m4s?v={archive.version}")
        assert segment.content_type == "video/mp4"
        assert segment.body[4:8] == b"styp"
        assert segment.body.endswith((8 + len(media)).to_bytes(4) + b"mdat" + media)


def test_parts_of_a_segment_are_parts_of_the_whole(client: Client, archive: MadeArchive) -> None:
    url = f"/v/film/seg_0001.m4s?v={archive.version}"
    whole = client.get(url).body
    media_at = len(whole) - len(archive.media[0])
    for start, stop in [
        (0, 1), (0, len(whole)), (media_at - 1, media_at + 1), (media_at, media_at + 1),
        (media_at + 9_999, media_at + 10_001), (len(whole) - 1, len(whole)),
    ]:  # fmt: skip
        part = client.get(url, headers={"Range": f"bytes={start}-{stop - 1}"})
        assert part.status_int == 206
        assert part.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{len(whole)}"
        assert part.body == whole[start:stop]


@pytest.mark.parametrize(
    "name",
    [
        "seg_0000.m4s", "seg_0004.m4s", "seg_1.m4s", "seg_00001.m4s", "seg_٠٠٠١.m4s", "seg_0001.mp4",
        "SEG_0001.m4s", "seg_99999999999999999999.m4s", "seg_0001.m4s/", "init_1.mp4", "init_2.mp4",
        "Playlist.m3u8", "playlist.m3u8 ", "", "%2e%2e/film/playlist.m3u8x", "film.mp4", "film.idx",
    ],
)  # fmt: skip
def test_every_other_spelling_is_unknown(client: Client, archive: MadeArchive, name: str) -> None:
    reply = client.get(f"/v/film/{quote(name, safe='%/')}")
    assert reply.status_int in (400, 404)
    assert reply.headers["Cache-Control"] == "no-store"


def test_version_decides_how_long_an_answer_keeps(client: Client, archive: MadeArchive) -> None:
    version = archive.version
    expected = {
        f"v={version}": (200, IMMUTABLE),
        f"x=1&v={version}": (200, IMMUTABLE),
        "": (200, "public, max-age=60"),
        "x=1": (200, "public, max-age=60"),
        "v=0123456789": (410, "no-store"),
        "v=": (400, "no-store"),
        f"v={version.upper()}x": (400, "no-store"),
        f"v={version}&v={version}": (400, "no-store"),
        f"v={version}0": (400, "no-store"),
    }
    for resource in ("seg_0001.m4s", "init.mp4"):
        replies = {query: client.get(f"/v/film/{resource}?{query}") for query in expected}
        found = {
            query: (reply.status_int, reply.headers["Cache-Control"]) for query, reply in replies.items()
        }
        assert found == expected
    assert client.get(f"/v/film/playlist.m3u8?v={version}").headers["Cache-Control"] == "public, max-age=300"
    assert client.get("/v/film/playlist.m3u8?v=0123456789").status_int == 410


@pytest.mark.parametrize(
    "archive_id", ["a/b/c", "name with spaces", "ümläut/日本語", "100%", "a?b#c", "seg_0001.m4s", "a.b"]
)
def test_ids(client: Client, make: MakeArchive, archive_id: str) -> None:
    made = make(archive_id)
    segment = client.get(f"/v/{quote(archive_id)}/seg_0001.m4s")
    assert segment.status_int == 200
    assert segment.body.endswith(made.media[0])


@pytest.mark.parametrize(
    "target",
    [
        "/v/../film/playlist.m3u8", "/v/x/../film/playlist.m3u8", "/v/%2e%2e/film/playlist.m3u8",
        "/v/./film/playlist.m3u8", "/v//film/playlist.m3u8", "/v/film//playlist.m3u8",
        "/v/x//film/playlist.m3u8", "/v/.hidden/playlist.m3u8", "/v/film%00/playlist.m3u8",
        "/v/film%0a/playlist.m3u8", "/v/%ff%fe/playlist.m3u8", "/v/..%5cfilm/playlist.m3u8",
        "/v/%ed%a0%80/playlist.m3u8", "/v/film%c2%85/playlist.m3u8", "/v/%2fetc/playlist.m3u8",
        "/v//etc/passwd", "/v/playlist.m3u8", "/v/", "/v", "/etc/passwd", "/metrics",
        "/v/" + "a" * 252 + "/playlist.m3u8", "/v/" + "a/" * 2000 + "playlist.m3u8",
    ],
)  # fmt: skip
def test_what_names_no_archive(client: Client, archive: MadeArchive, target: str) -> None:
    reply = client.get(target)
    assert reply.status_int in (400, 404)
    assert reply.content_type == "text/plain"
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert str(archive.path.parent) not in reply.text


def test_an_id_alone_is_told_what_addresses_are_like(client: Client, archive: MadeArchive) -> None:
    reply = client.get("/v/film")
    assert reply.status_int == 404
    assert reply.text == "Addresses of an archive end in a name, as /v/{id}/master.m3u8 does.\n"
    assert client.get("/v/film/").status_int == 404


def test_link_that_leaves_the_folder_is_not_followed(client: Client, make: MakeArchive) -> None:
    inside, outside = make("inside"), make("../outside")
    archive, index = inside.path.with_name("link.mp4"), inside.index.with_name("link.idx")
    archive.symlink_to(inside.path)
    write_index(index, archive, 3, 3, 10_000, 100)
    assert client.get("/v/link/playlist.m3u8").status_int == 200
    archive.unlink()
    archive.symlink_to(outside.path)
    write_index(index, archive, 3, 3, 10_000, 100)
    assert client.get("/v/link/playlist.m3u8").status_int == 404
    folder = inside.path.with_name("folder")
    folder.symlink_to(outside.path.parent, target_is_directory=True)
    assert client.get("/v/folder/outside/playlist.m3u8").status_int == 404


@pytest.mark.parametrize("make_pipe_of", ["path", "index"])
def test_a_pipe_in_a_file_s_place_is_not_opened(
    client: Client, archive: MadeArchive, make_pipe_of: str
) -> None:
    path = getattr(archive, make_pipe_of)
    path.unlink()
    os.mkfifo(path)
    assert client.get("/v/film/seg_0001.m4s").status_int == 404


def test_other_methods(client: Client, archive: MadeArchive) -> None:
    for method in (client.post, client.put, client.delete, client.patch):
        reply = method("/v/film/seg_0001.m4s")
        assert reply.status_int == 405
        assert reply.headers["Allow"] == "GET, HEAD, OPTIONS"
        assert reply.headers["Cache-Control"] == "no-store"


def test_head(client: Client, archive: MadeArchive) -> None:
    whole, head = client.get("/v/film/seg_0001.m4s"), client.head("/v/film/seg_0001.m4s")
    assert head.status_int == 200
    assert head.body == b""
    assert head.headers == whole.headers


def test_cors_is_on_every_answer(client: Client, archive: MadeArchive) -> None:
    segment = "/v/film/seg_0001.m4s"
    tag = client.get(segment).headers["ETag"]
    replies = {
        200: client.get(segment),
        206: client.get(segment, headers={"Range": "bytes=0-"}),
        304: client.get(segment, headers={"If-None-Match": tag}),
        404: client.get("/v/nothing/playlist.m3u8"),
        412: client.get(segment, headers={"If-Match": '"x"'}),
        416: client.get(segment, headers={"Range": "bytes=999999999-"}),
    }
    for status, reply in replies.items():
        assert reply.status_int == status
        assert reply.headers["Access-Control-Allow-Origin"] == "*"
        assert "Content-Range" in reply.headers["Access-Control-Expose-Headers"]
        assert ("no-store" in reply.headers["Cache-Control"]) == (status >= 400)
    assert replies[304].headers["ETag"] == tag
    assert replies[416].headers["Content-Range"].startswith("bytes */")


def test_preflight(client: Client) -> None:
    wants = {"Origin": "https://player.example", "Access-Control-Request-Headers": "range"}
    reply = client.options("/v/film/seg_0001.m4s", headers=wants)
    assert reply.status_int == 204
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert "Range" in reply.headers["Access-Control-Allow-Headers"]


def test_cors_can_be_off(archive: MadeArchive, media_dir: object, index_dir: object) -> None:
    app = create_app(Settings(media_dir=str(media_dir), index_dir=str(index_dir), cors_origin=""))
    assert "Access-Control-Allow-Origin" not in TestApp(app).get("/v/film/playlist.m3u8").headers


_TARGET = st.text(st.characters(codec="latin-1"), max_size=200)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(path=_TARGET, query=_TARGET, host=_TARGET, range_=_TARGET)
def test_no_request_is_an_internal_error(
    client: Client, path: str, query: str, host: str, range_: str
) -> None:
    asked = {"PATH_INFO": f"/v/{path}", "QUERY_STRING": query, "HTTP_HOST": host}
    conditions = {"HTTP_RANGE": range_, "HTTP_IF_NONE_MATCH": range_, "HTTP_IF_MODIFIED_SINCE": range_}
    _, status, _ = run_wsgi_app(client.app, create_environ() | asked | conditions)
    assert not status.startswith("5")
