"""Sounds of which the browser plays some: Chromium takes AAC and passes over AC-3, whatever their titles."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.app.running_origin import Origin, running_origin
from tests.player.clips import SECONDS, Sound, write_clip
from tests.player.conftest import OpenTab, index, serving
from tests.player.page_use import opened, ready, wait_for
from tests.player.test_playing import start

pytestmark = pytest.mark.browser

ARCHIVES = {
    "other titles": (Sound("eng", "aac", "Stereo"), Sound("eng", "ac3", "Surround")),
    "no meaning in titles": (Sound("eng", "aac", "Kommentar"), Sound("eng", "ac3", "Original")),
    "another dub": (Sound("eng", "aac"), Sound("eng", "ac3"), Sound("deu", "ac3")),
    "the default one is not played": (Sound("deu", "ac3"), Sound("eng", "aac"), Sound("eng", "ac3")),
    "a commentary": (Sound("eng", "aac"), Sound("eng", "ac3"), Sound("eng", "aac", "Commentary")),
    "a dub that all play": (Sound("eng", "aac"), Sound("eng", "ac3"), Sound("deu", "aac")),
    "nothing in common": (Sound("deu", "ac3"), Sound("eng", "aac")),
}
RENDITIONS = {360: ARCHIVES["another dub"], 180: ARCHIVES["other titles"]}


@pytest.fixture(scope="module")
def sounding(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Origin]:
    folder = tmp_path_factory.mktemp("sounding")
    (folder / "media" / "title").mkdir(parents=True)
    for name, sounds in ARCHIVES.items():
        write_clip(folder / "media" / f"{name}.mp4", sounds=sounds)
    for height, sounds in RENDITIONS.items():
        size = height * 16 // 9, height
        write_clip(folder / "media" / "title" / f"{height}p.mp4", size=size, sounds=sounds)
    index(folder / "media", folder / "index")
    with serving(running_origin, folder) as origin:
        yield origin


@pytest.mark.parametrize("player", ["native", "hls.js", "shaka"])
@pytest.mark.parametrize("archive", [*ARCHIVES, "title"])
def test_what_can_be_heard_is(
    player: str, archive: str, sounding: Origin, players_site: str, open_tab: OpenTab
) -> None:
    playing = start(open_tab, players_site, player, sounding, archive, "master.m3u8")
    playing.run("playToEnd()")
    report = playing.report()
    assert (report["troubles"], report["audioBytes"] > 0) == ([], True)
    assert report["duration"] == pytest.approx(SECONDS, abs=0.05)
    heard = {each[1] for url in playing.tab.requests if (each := re.search("/(audio-[^/]*)/seg_", url))}
    assert len(heard) == 1


TELLS_OF_SOUNDS = """
    const sounds = ["en", "de"].map((language) => ({ language, enabled: language === "en" }));
    const told = new EventTarget();
    const listed = Object.assign(sounds, {
      addEventListener: told.addEventListener.bind(told),
      dispatchEvent: told.dispatchEvent.bind(told),
    });
    Object.defineProperty(HTMLMediaElement.prototype, "audioTracks", { value: listed });
"""
"""As Safari's player does; it lists what is there in AAC and in AC-3 once."""


def test_a_browser_s_own_player_is_told_what_to_play(sounding: Origin, open_tab: OpenTab) -> None:
    tab = open_tab()
    tab.page.add_init_script(TELLS_OF_SOUNDS)
    tab.page.goto(f"{sounding.base}/#a%20dub%20that%20all%20play")
    ready(tab.page).get_by_label("Sound").select_option("audio-deu")
    wait_for(tab.page, "video.audioTracks[1].enabled && !video.audioTracks[0].enabled")
    assert "/master.m3u8?v=" in tab.page.evaluate("video.src")
    tab.page.evaluate("video.audioTracks.forEach((track, place) => (track.enabled = place === 0))")
    tab.page.evaluate("location.hash = 'another dub'")
    expect(tab.page.locator("#title")).to_have_text("another dub")
    ready(tab.page)
    tab.page.evaluate("video.audioTracks.dispatchEvent(new Event('addtrack'))")
    assert tab.page.evaluate("video.audioTracks.map(({ enabled }) => enabled)") == [True, False]


@pytest.mark.parametrize(
    ("archive", "offered", "heard"),
    [
        ("another dub", ["English · AAC-LC · stereo"], "audio-eng"),
        ("a commentary", ["English · AAC-LC · stereo", "Commentary"], "audio-eng"),
        ("title", ["English · AAC-LC · stereo"], "360p/audio-eng"),
    ],
)
def test_the_page_s_menu_offers_what_can_be_heard(
    archive: str, offered: list[str], heard: str, sounding: Origin, open_tab: OpenTab
) -> None:
    page = ready(opened(open_tab, sounding, archive).page)
    menu = page.get_by_label("Sound")
    expect(menu.locator("option")).to_have_count(3)
    expect(menu.locator("option:enabled")).to_have_text(offered)
    expect(menu).to_have_value(heard)
    expect(page.locator("#trouble")).to_be_hidden()
