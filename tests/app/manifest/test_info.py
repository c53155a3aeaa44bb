"""info.json: what the page shows of an archive."""

from __future__ import annotations

from tests.app.conftest import Client, MakeArchive
from tests.app.made_archive import MadeArchive


def test_facts_of_an_archive(client: Client, make: MakeArchive) -> None:
    archive = make("films/film", segments=3)
    info = client.get("/v/films/film/info.json").json
    assert info["segments"] == {"start_s": [0, 6, 12, 18], "bytes": [0, 0, 0]}
    assert (info["file"], info["size_bytes"]) == ("film.mp4", archive.path.stat().st_size)
    assert (info["version"], info["duration_s"]) == (archive.version, 18)
    (track,) = info["tracks"]
    assert (track["codec"], track["width"], track["height"]) == ("avc1.640028", 640, 360)
    assert (track["frame_rate"], track["in_playlist"]) == (25, True)


def test_it_is_a_resource_like_the_playlist(client: Client, archive: MadeArchive) -> None:
    info = client.get("/v/film/info.json")
    assert info.content_type == "application/json"
    assert info.headers["Cache-Control"] == "public, max-age=300"
    assert client.get("/v/film/info.json", headers={"If-None-Match": info.headers["ETag"]}).status_int == 304
    assert client.get("/v/film/info.json?v=0000000000").status_int == 410
    assert client.get("/v/none/info.json").status_int == 404


def test_it_names_no_folder(client: Client, make: MakeArchive) -> None:
    archive = make("films/film")
    assert str(archive.path.parent) not in client.get("/v/films/film/info.json").text
