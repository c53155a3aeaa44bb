"""A title in three renditions and two languages: players change between them on the way, without a stall."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.app.running_origin import Origin, running_origin
from tests.player.clips import FPS, Sound, write_clip
from tests.player.conftest import SEGMENT_S, OpenTab, serving
from tests.player.page_use import opened, ready, wait_for
from tests.player.test_playing import Player, start

SECONDS = 10
HEIGHTS = (360, 270, 180)
MANIFESTS = {"hls.js": "master.m3u8", "shaka": "master.m3u8", "dash.js": "manifest.mpd"}
RATES = (1, 1, 0.5, 0.25)
"""A stall may be the busy machine's, seldom at low speed; the origin's would be there every time."""


def write_rendition(folder: Path, height: int, gop: int = FPS) -> Path:
    sounds = (Sound("eng"), Sound("deu")) if height == max(HEIGHTS) else (Sound("eng"),)
    size = height * 16 // 9, height
    return write_clip(folder / f"{height}p.mp4", size=size, seconds=SECONDS, sounds=sounds, gop=gop)


def run_indexer(media_dir: Path, index_dir: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("vodsplice-index")), "--jobs", "1"]
    folders = ["--media-dir", str(media_dir), "--index-dir", str(index_dir)]
    options = ["--segment-duration", str(SEGMENT_S), str(media_dir)]
    return subprocess.run([*command, *folders, *options], check=False, capture_output=True, text=True)


@pytest.fixture(scope="module")
def titles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Origin]:
    folder = tmp_path_factory.mktemp("titles")
    film = folder / "media" / "film"
    film.mkdir(parents=True)
    for height in HEIGHTS:
        write_rendition(film, height)
    done = run_indexer(folder / "media", folder / "index")
    assert done.returncode == 0, done.stderr
    assert "film: title of 3 renditions, the best first: 360p, 270p, 180p" in done.stderr
    with serving(running_origin, folder) as origin:
        yield origin


def load(
    open_tab: OpenTab, site: str, player: str, origin: Origin, manifest: str, buffering_goal_s: int
) -> Player:
    before = f"bufferingGoal_s = {buffering_goal_s}"
    return start(open_tab, site, player, origin, "film", manifest, before=before)


@pytest.mark.browser
@pytest.mark.parametrize("name", [*MANIFESTS, "shaka of an MPD"])
def test_changes_rendition_without_a_stall(
    name: str, titles: Origin, players_site: str, open_tab: OpenTab
) -> None:
    player_name, _, is_mpd = name.partition(" ")
    manifest = "manifest.mpd" if is_mpd else MANIFESTS[player_name]
    for rate in RATES:
        player = load(open_tab, players_site, player_name, titles, manifest, buffering_goal_s=3)
        player.run("chooseHeight(argument)", min(HEIGHTS))
        player.run("seek(argument)", 0.5)
        player.run("play(argument)", rate)
        # In one call: the players load on meanwhile, and to the end if the choice comes too late.
        changing = "shownHeight(argument[0]).then(() => chooseHeight(argument[1]))"
        player.run(changing, [min(HEIGHTS), max(HEIGHTS)])
        player.run("shownHeight(argument)", max(HEIGHTS))
        player.run("isInTime(argument)", FPS)
        player.run("end()")
        report = player.report()
        assert report["troubles"] == []
        stalls = report["happened"][report["happened"].index("playing") :].count("waiting")
        if not stalls:
            break
    assert stalls == 0
    assert {180, 360} <= requested_heights(player.tab.requests)


@pytest.mark.browser
@pytest.mark.parametrize("name", MANIFESTS)
def test_sound_of_the_best_rendition_serves_all(
    name: str, titles: Origin, players_site: str, open_tab: OpenTab
) -> None:
    player = load(open_tab, players_site, name, titles, MANIFESTS[name], buffering_goal_s=30)
    assert [each["lang"] for each in player.report()["audio"]] == ["en", "de"]
    player.run("chooseHeight(argument)", min(HEIGHTS))
    player.run("loadedToEnd()")  # hls.js forgets a choice of sound made while it loads
    with player.tab.page.expect_response(re.compile("/film/360p/audio-deu/seg_")):
        player.run("chooseAudio(argument)", "de")
    player.run("loadedToEnd()")
    player.run("seek(argument)", 8)
    player.run("playToEnd()")
    report = player.report()
    assert (report["troubles"], report["audioBytes"] > 0) == ([], True)
    assert report["duration"] == pytest.approx(SECONDS, abs=0.05)
    assert not [url for url in player.tab.requests if re.search("/(180|270)p/audio", url)]


@pytest.mark.browser
def test_the_page_lists_one_entry_and_plays_it(titles: Origin, open_tab: OpenTab) -> None:
    tab = opened(open_tab, titles)
    expect(tab.page.locator("#title")).to_have_text("film")
    expect(tab.page.locator("#playlist-url")).to_have_value(f"{titles.base}/v/film/master.m3u8")
    for words in ("640 × 360", "480 × 270", "320 × 180"):
        expect(tab.page.locator("#facts")).to_contain_text(words)
    ready(tab.page).keyboard.press("k")
    wait_for(tab.page, "video.currentTime > 0.2")
    assert tab.complaints == []


def test_one_that_is_not_aligned_is_refused_by_name(titles: Origin, tmp_path: Path) -> None:
    shutil.copytree(titles.media_dir / "film", tmp_path / "media" / "film")
    write_rendition(tmp_path / "media" / "film", 270, gop=FPS + 7)
    done = run_indexer(tmp_path / "media", tmp_path / "index")
    assert done.returncode == 1
    assert (
        "film: refused as a title: film/270p is not cut as film/360p, the best, is: its segment 2 begins at"
        " 2.560000 s, +560.000 ms from the best's; index all with one --segment-duration, "
    ) in done.stderr
    assert not (tmp_path / "index" / "film.title").exists()
    assert len(list((tmp_path / "index" / "film").glob("*.idx"))) == 3


def requested_heights(urls: list[str]) -> set[int]:
    return {int(found[1]) for url in urls if (found := re.search(r"/(\d+)p/video/seg_", url))}
