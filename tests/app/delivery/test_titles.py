"""A title by each delivery, while its members change: a kept plan ends with any of the files it is from."""

from __future__ import annotations

import m3u8
import pytest

from tests.app.running_origin import Origin
from tests.media.made_title import index_all, picture, put_rendition, sound
from tests.oracle import hls, mpd


@pytest.fixture(scope="module")
def title(delivered: Origin) -> str:
    for number, height in enumerate((480, 720, 1080), start=1):
        put_rendition(delivered.media_dir / f"film/{height}p.mp4", picture(1000 * number), sound("eng"))
    index_all(delivered.media_dir, delivered.index_dir)
    return "/v/film"


def test_manifests_are_served_again_and_again(delivered: Origin, title: str) -> None:
    types = {"master.m3u8": "mpegurl", "manifest.mpd": "dash+xml", "info.json": "json"}
    for name, content_type in types.items():
        answers = [delivered.get(f"{title}/{name}") for _ in range(3)]
        assert {each.status for each in answers} == {200}
        assert len({each.body for each in answers}) == len({each.headers["etag"] for each in answers}) == 1
        assert content_type in answers[0].headers["content-type"]
        tag = answers[0].headers["etag"]
        assert delivered.get(f"{title}/{name}", if_none_match=tag).status == 304
        assert delivered.get(f"{title}/{name}", range="bytes=0-9").body == answers[0].body[:10]
    master, manifest = (delivered.get(f"{title}/{name}").body for name in ("master.m3u8", "manifest.mpd"))
    assert (hls.problems(master), mpd.problems(manifest)) == ([], [])
    for each in mpd.read(manifest, f"{title}/manifest.mpd"):
        assert [delivered.get(media.url).status for media in each.media] == [200] * 3


def test_a_playlist_is_told_from_that_with_a_longer_target_duration(delivered: Origin, title: str) -> None:
    """Whatever was asked for before."""
    url = f"{title}/480p/video/playlist.m3u8"
    for query, told in (("", 8), ("?target=9", 9), ("", 8), ("?target=10", 10), ("?target=9", 9)):
        for _ in range(2):
            assert b"#EXT-X-TARGETDURATION:%d\n" % told in delivered.get(url + query).body
    assert delivered.get(f"{url}?target=9&target=10").status == 400


def test_a_member_that_changes_ends_the_kept_plan(delivered: Origin, title: str) -> None:
    master = f"{title}/master.m3u8"
    before = delivered.get(master)
    assert before.status == 200
    put_rendition(delivered.media_dir / "film/720p.mp4", picture(1500), sound("eng"))
    assert delivered.get(master).status == 409
    index_all(delivered.media_dir, delivered.index_dir)
    after = delivered.get(master)
    assert (after.status, after.headers["etag"] != before.headers["etag"]) == (200, True)
    (delivered.media_dir / "film/720p.mp4").unlink()
    assert delivered.get(master).status == 409
    index_all(delivered.media_dir, delivered.index_dir)
    assert len(m3u8.loads(delivered.get(master).body.decode()).playlists) == 2
