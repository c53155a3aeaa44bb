"""The page, where a browser decodes several codecs of one kind: Chromium's own player changes to no other."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Route, expect

from tests.app.running_origin import Origin, running_origin
from tests.player.clips import SECONDS, Sound, write_clip
from tests.player.conftest import HERE, OpenTab, Tab, index, serving
from tests.player.page_use import (
    began_s,
    note_where_playback_begins,
    opened,
    ready,
    wait_for,
    wait_until_at,
)
from tests.player.test_page_troubles import HLS_JS
from tests.player.test_subtitles import srt

pytestmark = pytest.mark.browser

OPUS_BESIDE_AAC = (Sound("eng"), Sound("eng", "libopus"))
SURROUND_BESIDE_STEREO = (Sound("eng"), Sound("eng", layout="5.1"))
DUBS = {
    "AAC first": (Sound("eng"), Sound("deu", "libopus")),
    "Opus first": (Sound("eng", "libopus"), Sound("deu")),
}
TEXTS = {"deu": "Deutsch", "eng": "English"}

HALF_S = SECONDS / 2
LOADED = "video.buffered.length && video.buffered.end(0) > video.duration - 0.1"
SHOWN = "Array.from(video.textTracks).filter(({ mode }) => mode === 'showing')"
LISTED = """
[[rendition]]
archive = "my film hd.mp4"

[[rendition]]
archive = "low.mp4"
"""


@pytest.fixture(scope="module")
def differing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Origin]:
    folder = tmp_path_factory.mktemp("differing")
    media_dir = folder / "media"
    for title in ("sounds", "pictures", "hevc", "channels", "list"):
        (media_dir / title).mkdir(parents=True)
    write_clip(media_dir / "sounds" / "360p.mp4", size=(640, 360), sounds=OPUS_BESIDE_AAC)
    write_clip(media_dir / "sounds" / "180p.mp4", sounds=OPUS_BESIDE_AAC)
    write_clip(media_dir / "pictures" / "360p.mp4", size=(640, 360), video="libvpx-vp9")
    write_clip(media_dir / "pictures" / "180p.mp4")
    write_clip(media_dir / "hevc" / "360p.mp4", size=(640, 360), video="libx265")
    write_clip(media_dir / "hevc" / "180p.mp4")
    write_clip(media_dir / "channels" / "360p.mp4", size=(640, 360), sounds=SURROUND_BESIDE_STEREO)
    write_clip(media_dir / "channels" / "180p.mp4")
    for language in TEXTS:
        (media_dir / "channels" / f"360p.{language}.srt").write_text(srt([(0, SECONDS, language)]))
    write_clip(media_dir / "list" / "my film hd.mp4", size=(640, 360), sounds=DUBS["AAC first"])
    write_clip(media_dir / "list" / "low.mp4")
    (media_dir / "list" / "movie.toml").write_text(LISTED)
    for name, sounds in DUBS.items():
        write_clip(media_dir / f"{name}.mp4", sounds=sounds)
    index(media_dir, folder / "index")
    with serving(running_origin, folder, "--hls-js-url", f"file:{HERE / HLS_JS}") as origin:
        yield origin


@pytest.mark.parametrize("title", ["sounds", "pictures"])
def test_a_title_plays_to_its_end(title: str, differing: Origin, open_tab: OpenTab) -> None:
    tab = opened(open_tab, differing, title)
    ready(tab.page).evaluate("video.playbackRate = 2")
    tab.page.keyboard.press("k")
    wait_for(tab.page, "video.ended || video.error !== null || !document.getElementById('trouble').hidden")
    expect(tab.page.locator("#trouble")).to_be_hidden()
    assert tab.page.evaluate("video.webkitAudioDecodedByteCount") > 0
    assert len(heard(tab)) == 1
    assert tab.complaints == []


def test_pictures_that_the_browser_lacks_are_passed_over(differing: Origin, open_tab: OpenTab) -> None:
    tab = opened(open_tab, differing, "hevc")
    page = ready(tab.page)
    expect(page.locator("#facts")).to_contain_text("Plays inSafari, Chromium, Firefox")
    page.keyboard.press("k")
    wait_for(page, "video.ended")
    expect(page.locator("#trouble")).to_be_hidden()
    assert tab.complaints == []
    page.evaluate("video.dispatchEvent(new Event('error'))")  # whatever it was, it was not HEVC
    expect(page.get_by_role("alert")).to_contain_text("Playback stopped.")


def test_of_stereo_and_surround_the_one_that_the_menu_shows_is_heard(
    differing: Origin, open_tab: OpenTab
) -> None:
    tab = opened(open_tab, differing, "channels")
    expect(ready(tab.page).get_by_label("Sound")).to_have_value("360p/audio-eng")
    wait_for(tab.page, LOADED)
    assert heard(tab) == {"audio-eng"}
    assert tab.complaints == []


def test_subtitles_are_the_page_s_alone(differing: Origin, open_tab: OpenTab) -> None:
    """hls.js has tracks of its own for what the playlist lists: each would be there, and be shown, twice."""
    tab = opened(open_tab, differing, "channels")
    page = ready(tab.page)
    wait_for(page, f"video.src.startsWith('blob:') && {LOADED}")
    assert page.evaluate("Array.from(video.textTracks, ({ label }) => label)") == [*TEXTS.values()]
    page.evaluate("video.currentTime = 1.5")
    for language, label in TEXTS.items():
        page.keyboard.press("c")
        wait_for(page, f"{SHOWN}.some(({{ activeCues }}) => activeCues?.length)")
        words_of = "({ label, activeCues }) => [label, ...Array.from(activeCues, ({ text }) => text)]"
        assert page.evaluate(f"{SHOWN}.flatMap({words_of})") == [label, language]
    page.keyboard.press("c")
    assert page.evaluate(f"{SHOWN}.length") == 0
    assert not [url for url in tab.requests if re.search("/text-[^/]*/(playlist|seg_)", url)]
    assert tab.complaints == []


def test_subtitles_stay_when_another_sound_is_chosen(differing: Origin, open_tab: OpenTab) -> None:
    page = ready(opened(open_tab, differing, "channels").page)
    page.keyboard.press("c")
    before = page.evaluate("video.src")
    page.get_by_label("Sound").select_option("360p/audio-eng-2")
    wait_for(page, f"video.src !== '{before}' && {LOADED}")
    page.evaluate("video.currentTime = 1.5")
    wait_for(page, f"{SHOWN}.some(({{ activeCues }}) => activeCues?.length)")
    assert page.evaluate(f"{SHOWN}.map(({{ label }}) => label)") == ["Deutsch"]


@pytest.mark.parametrize(
    ("url", "words"), [("off", "this server names no hls.js"), ("/no/hls.js", "/no/hls.js did not load")]
)
def test_without_hls_js_it_plays_what_it_can_and_says_what_it_cannot(
    url: str, words: str, differing: Origin, open_tab: OpenTab
) -> None:
    with serving(running_origin, differing.media_dir.parent, "--hls-js-url", url) as origin:
        page = ready(opened(open_tab, origin, "channels").page)
        expect(page.locator("#trouble")).to_be_hidden()
        alert = opened(open_tab, origin, "sounds").page.get_by_role("alert")
        expect(alert).to_contain_text("This browser needs hls.js to choose among sounds and codecs, and ")
        expect(alert).to_contain_text(words)


def test_it_does_not_wait_for_an_hls_js_that_it_can_do_without(differing: Origin, open_tab: OpenTab) -> None:
    page = open_tab().page
    page.route("**/hls.min.js", lambda _: None)
    page.goto(f"{differing.base}/#channels")
    assert "/master.m3u8?v=" in ready(page).evaluate("video.src")
    expect(page.locator("#trouble")).to_be_hidden()


@pytest.mark.parametrize("archive", [*DUBS, "list/movie"])
def test_a_sound_in_another_codec_is_heard(archive: str, differing: Origin, open_tab: OpenTab) -> None:
    tab = opened(open_tab, differing, archive.replace(" ", "%20"))
    menu = ready(tab.page).get_by_label("Sound")
    for language, name in (("Deutsch", "audio-deu"), ("English", "audio-eng")):
        wait_for(tab.page, LOADED)
        tab.requests.clear()
        menu.select_option(language)
        wait_for(tab.page, "video.src.startsWith('blob:') && video.currentTime === 0")
        wait_for(tab.page, LOADED)
        tab.page.keyboard.press("k")
        wait_for(tab.page, "video.currentTime > 0.2 && video.webkitAudioDecodedByteCount > 0")
        assert heard(tab) == {name}
        tab.page.keyboard.press("k")
        tab.page.keyboard.press("0")
        wait_until_at(tab.page, 0)
    expect(tab.page.locator("#trouble")).to_be_hidden()
    assert tab.complaints == []


def test_the_next_archive_begins_at_its_start(differing: Origin, open_tab: OpenTab) -> None:
    page = at_the_half(open_tab, differing).page
    page.route("**/master.m3u8*", lambda _: None)
    with page.expect_request("**/master.m3u8*"):
        page.get_by_label("Sound").select_option("Deutsch")
    page.evaluate("location.hash = 'Opus first'")
    expect(page.locator("#title")).to_have_text("Opus first")
    ready(page)
    assert page.evaluate("[video.currentTime, video.paused]") == [0, True]


def test_of_two_choices_in_a_row_the_second_plays_on(differing: Origin, open_tab: OpenTab) -> None:
    tab = at_the_half(open_tab, differing)
    page = tab.page
    page.keyboard.press("k")
    page.route("**/master.m3u8*", lambda _: None, times=1)
    with page.expect_request("**/master.m3u8*"):
        page.get_by_label("Sound").select_option("Deutsch")
    tab.requests.clear()
    note_where_playback_begins(page)
    page.get_by_label("Sound").select_option("English")
    wait_for(page, "video.src.startsWith('blob:') && video.ended")
    assert began_s(page) > HALF_S - 0.1
    assert not [url for url in tab.requests if "/seg_0001" in url], "what lies before was loaded"


def test_why_it_failed_is_not_said_of_what_plays_now(differing: Origin, open_tab: OpenTab) -> None:
    page = at_the_half(open_tab, differing).page
    held: list[Route] = []
    page.route("**/info.json", lambda route: held.append(route), times=1)  # noqa: PLW0108 - playwright marks it
    with page.expect_request("**/info.json"):
        page.evaluate("video.dispatchEvent(new Event('error'))")
    page.get_by_label("Sound").select_option("Deutsch")
    wait_for(page, "video.src.startsWith('blob:') && video.readyState >= 2")
    with page.expect_response("**/info.json"):
        held.pop().continue_()
    page.evaluate("fetch('v/AAC%20first/info.json').then((answer) => answer.json())")
    expect(page.locator("#trouble")).to_be_hidden()


def at_the_half(open_tab: OpenTab, differing: Origin) -> Tab:
    tab = opened(open_tab, differing, "AAC%20first")
    ready(tab.page).evaluate(f"video.currentTime = {HALF_S}")
    wait_until_at(tab.page, HALF_S)
    return tab


def heard(tab: Tab) -> set[str]:
    """The tracks of sound of which segments were asked for."""
    return {found[1] for url in tab.requests if (found := re.search("/(audio[^/]*)/seg_", url))}
