"""A title as the origin answers for it: which tracks it lists."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from urllib.parse import urljoin

import m3u8
import pytest

from app.idx.header import ChapterFacts, StoryboardFacts
from app.manifest.info import plan_title_info
from app.manifest.multivariant import plan_multivariant
from app.manifest.presentation import Member, of_title
from app.manifest.session import plan_chapters
from app.plan import Plan
from indexer.subtitles.cue import Cue, Text
from tests.app.conftest import Client
from tests.indexer.built import ARCHIVE, NO_FILE, built
from tests.media.made_movie import Chunk, make_movie
from tests.media.made_title import SECONDS, index_all, picture, put_rendition, sound
from tests.oracle import mpd

MASTER, MPD, INFO = "/v/film/master.m3u8", "/v/film/manifest.mpd", "/v/film/info.json"


@pytest.fixture
def title(media_dir: Path, index_dir: Path) -> Path:
    """film/1080p with sound in two languages, film/720p with one of them and another; its folder."""
    put_rendition(media_dir / "film/1080p.mp4", picture(2000), sound("eng"), sound("deu"))
    put_rendition(media_dir / "film/720p.mp4", picture(1000, timescale=12_800), sound("fra"), sound("eng"))
    assert [each.status for each in index_all(media_dir, index_dir)] == ["published"]
    return media_dir / "film"


def test_the_playlist_lists_every_picture_and_each_sound_once(client: Client, title: Path) -> None:
    answer = client.get(MASTER)
    assert (answer.status_int, answer.content_type) == (200, "application/vnd.apple.mpegurl")
    read = m3u8.loads(answer.text)
    folders = [variant.uri.partition("/playlist.m3u8?v=")[0] for variant in read.playlists]
    assert folders == ["1080p/video", "720p/video"]
    assert [(each.language, each.uri.partition("/playlist")[0], each.default) for each in read.media] == [
        ("en", "1080p/audio-eng", "YES"), ("de", "1080p/audio-deu", "NO"), ("fr", "720p/audio-fra", "NO"),
    ]  # fmt: skip
    for uri in (*(each.uri for each in read.playlists), *(each.uri for each in read.media)):
        playlist = client.get(urljoin(MASTER, uri))
        segment, *_ = m3u8.loads(playlist.text).segments
        assert client.get(urljoin(urljoin(MASTER, uri), segment.uri)).status_int == 200


def test_the_mpd_has_pictures_in_one_set(client: Client, title: Path) -> None:
    answer = client.get(MPD)
    assert mpd.problems(answer.body) == []
    assert answer.text.count('contentType="video"') == 1
    found = mpd.read(answer.body, MPD)
    assert [each.attributes["id"] for each in found] == [
        "1080p/video", "720p/video", "1080p/audio-eng", "1080p/audio-deu", "720p/audio-fra",
    ]  # fmt: skip
    for each in found:
        assert client.get(each.init).status_int == 200
        assert [client.get(media.url).status_int for media in each.media] == [200] * 3


@pytest.mark.parametrize("ages_s", [(0, 5), (5, 0)])
def test_it_is_called_as_the_best_is_and_as_old_as_the_newest(ages_s: tuple[int, int]) -> None:
    idx = built(make_movie([picture(100)], [Chunk(0, SECONDS)]))
    members = [
        Member(
            f"film/{name}",
            replace(idx, header=replace(idx.header, title=name)),
            replace(ARCHIVE, mtime_ns=ARCHIVE.mtime_ns + age_s * 1_000_000_000),
        )
        for name, age_s in zip(("best", "other"), ages_s, strict=True)
    ]
    shown = of_title("film", "", "0123456789", NO_FILE, members)
    assert (shown.title, shown.last_modified_s) == ("best", ARCHIVE.mtime_ns // 1_000_000_000 + 5)
    assert of_title("film", "A film", "0123456789", NO_FILE, members).title == "A film"


def test_what_the_best_lacks_is_the_next_one_s() -> None:
    idx = built(make_movie([picture(100)], [Chunk(0, SECONDS)]))
    board = StoryboardFacts(1, 1, columns=1, rows=1, tile_width=1, tile_height=1, sheets=(1,))
    chapters = ChapterFacts(0, "One"), ChapterFacts(2000, "Two")
    told = replace(idx.header, title="Film", chapters=chapters, storyboard=board)
    other = replace(told, title="Other", chapters=(ChapterFacts(0, "Other"),))
    indexes = {"1080p": idx, "720p": replace(idx, header=told), "480p": replace(idx, header=other)}
    members = [Member(f"film/{name}", each, ARCHIVE) for name, each in indexes.items()]
    shown = of_title("film", "", "0123456789", NO_FILE, members)
    found = json.loads(content(plan_title_info(shown)))
    assert (found["title"], [each["title"] for each in found["chapters"]]) == ("Film", ["One", "Two"])
    assert found["storyboard"] == f"720p/storyboard.vtt?v={idx.version}"
    named = [each["titles"][0]["title"] for each in json.loads(content(plan_chapters(shown)))]
    assert named == ["One", "Two"]
    assert "com.apple.hls.chapters" in content(plan_multivariant(shown))


def content(plan: Plan) -> str:
    (inline,) = plan.pieces
    assert isinstance(inline, bytes)
    return inline.decode()


def test_what_the_page_shows(client: Client, title: Path) -> None:
    found = json.loads(client.get(INFO).text)
    assert (found["is_title"], found["duration_s"]) == (True, 20.0)
    pictures = [each["name"] for each in found["tracks"] if each["kind"] == "video"]
    assert pictures == ["1080p/video", "720p/video"]
    assert {each["in_playlist"] for each in found["tracks"]} == {True}, "a player takes what it decodes"


def test_subtitles_of_each_rendition_once(
    client: Client, title: Path, media_dir: Path, index_dir: Path
) -> None:
    for name in ("1080p.eng", "720p.eng", "720p.fra"):
        (title / f"{name}.srt").write_text(f"1\n00:00:01,000 --> 00:00:02,000\n{name}\n")
    index_all(media_dir, index_dir)
    read = m3u8.loads(client.get(MASTER).text)
    texts = [each.uri for each in read.media if each.type == "SUBTITLES"]
    assert [uri.partition("/playlist")[0] for uri in texts] == ["1080p/text-eng", "720p/text-fra"]
    for uri in texts:
        segment, *_ = m3u8.loads(client.get(urljoin(MASTER, uri)).text).segments
        assert client.get(urljoin(urljoin(MASTER, uri), segment.uri)).text.startswith("WEBVTT\n")
    shown = [each["url"] for each in json.loads(client.get(INFO).text)["texts"]]
    assert ["1080p.eng" in client.get(urljoin(INFO, url)).text for url in shown] == [True, False]


def test_no_sound_is_lost(client: Client, media_dir: Path, index_dir: Path) -> None:
    """What the best lacks in sense, coding or number is the next one's; what it has is there once."""
    others = [sound("eng"), sound("eng", title="Commentary"), sound("eng", title="Regie"), sound("eng")]
    put_rendition(media_dir / "film/1080p.mp4", picture(2000), sound("eng", title="Stereo"))
    put_rendition(media_dir / "film/720p.mp4", picture(1000), *others)
    put_rendition(media_dir / "film/480p.mp4", picture(500), *others)
    index_all(media_dir, index_dir)
    read = m3u8.loads(client.get(MASTER).text)
    assert [(each.name, each.uri.partition("/playlist")[0]) for each in read.media] == [
        ("Stereo", "1080p/audio-eng"), ("Commentary", "720p/audio-eng-2"), ("Regie", "720p/audio-eng-3"),
        ("English", "720p/audio-eng-4"),
    ]  # fmt: skip


def test_no_text_is_lost(client: Client, title: Path, media_dir: Path, index_dir: Path) -> None:
    """Texts of one name in URLs may be for different purposes."""
    for name in ("1080p.eng.forced", "720p.eng", "720p.eng.sdh", "720p.eng.Commentary", "720p.eng.forced"):
        (title / f"{name}.srt").write_text(f"1\n00:00:01,000 --> 00:00:02,000\n{name}\n")
    index_all(media_dir, index_dir)
    read = m3u8.loads(client.get(MASTER).text)
    texts = {each.name: urljoin(MASTER, each.uri) for each in read.media if each.type == "SUBTITLES"}
    assert [*texts] == ["English (forced)", "Commentary", "English (SDH)", "English"]
    segments = [urljoin(url, m3u8.loads(client.get(url).text).segments[0].uri) for url in texts.values()]
    assert [client.get(url).text.split()[-1] for url in segments] == [
        "1080p.eng.forced", "720p.eng.Commentary", "720p.eng.sdh", "720p.eng",
    ]  # fmt: skip


def test_what_only_names_the_language_is_the_same_choice(
    client: Client, media_dir: Path, index_dir: Path
) -> None:
    put_rendition(media_dir / "film/1080p.mp4", picture(2000), sound("eng", title="English"), sound("fra"))
    put_rendition(media_dir / "film/720p.mp4", picture(1000), sound("eng"), sound("fra", title="French"))
    for name in ("1080p.eng", "720p.eng.English"):
        (media_dir / "film" / f"{name}.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nHello\n")
    index_all(media_dir, index_dir)
    read = m3u8.loads(client.get(MASTER).text)
    assert [(each.name, each.uri.partition("/playlist")[0]) for each in read.media] == [
        ("English", "1080p/audio-eng"), ("Français", "1080p/audio-fra"), ("English", "1080p/text-eng"),
    ]  # fmt: skip
    assert client.get(MPD).text.count("<Label>English</Label>") == 2


def test_texts_that_dash_alone_takes_do_not_stand_for_others() -> None:
    cues = (Cue(0, 1000, "", "<tt/>"),)
    texts = [Text("TTML", cues, "en", source_track_id=2, codec="stpp"), Text("SubRip", cues, "en")]
    movie = make_movie([picture(100)], [Chunk(0, SECONDS)])
    members = [Member(f"film/{each.codec_name}", built(movie, texts=[each]), ARCHIVE) for each in texts]
    shown = of_title("film", "", "0123456789", NO_FILE, members)
    assert [each.folder for each in shown.texts] == ["TTML/text-eng", "SubRip/text-eng"]
    assert [each.folder for each in shown.webvtt] == ["SubRip/text-eng"]


def test_urls_of_a_list_lead_to_its_archives(client: Client, media_dir: Path, index_dir: Path) -> None:
    put_rendition(media_dir / "shows/film hd.mp4", picture(200))
    put_rendition(media_dir / "shows/small/film.mp4", picture(100))
    rows = "".join(f'[[rendition]]\narchive = "{each}"\n' for each in ("film hd.mp4", "small/film.mp4"))
    (media_dir / "shows/the film.toml").write_text(f'title = "The <film>"\n{rows}')
    assert [each.status for each in index_all(media_dir, index_dir)] == ["published"]
    read = m3u8.loads(client.get("/v/shows/the%20film/master.m3u8").text)
    assert [each.uri.partition("/playlist")[0] for each in read.playlists] == [
        "../film%20hd/video", "../small/film/video",
    ]  # fmt: skip
    for each in read.playlists:
        assert client.get(urljoin("/v/shows/the%20film/master.m3u8", each.uri)).status_int == 200
    assert "<Title>The &lt;film&gt;</Title>" in client.get("/v/shows/the%20film/manifest.mpd").text


def test_versions(client: Client, title: Path) -> None:
    version = json.loads(client.get(INFO).text)["version"]
    assert client.get(f"{MASTER}?v={version}").status_int == 200
    assert client.get(f"{MASTER}?v=0123456789").status_int == 410
    assert client.get(f"{MASTER}?v=x").status_int == 400
    tag = client.get(MASTER).headers["ETag"]
    assert client.get(MASTER, headers={"If-None-Match": tag}).status_int == 304


@pytest.mark.parametrize("name", ["playlist.m3u8", "init.mp4", "seg_0001.m4s", "video/playlist.m3u8", "x"])
def test_what_only_renditions_have(name: str, client: Client, title: Path) -> None:
    assert client.get(f"/v/film/{name}").status_int == 404


def test_members_are_served_as_before(client: Client, title: Path) -> None:
    assert client.get("/v/film/1080p/master.m3u8").status_int == 200
    assert client.get("/v/film/1080p/playlist.m3u8").status_int == 200
