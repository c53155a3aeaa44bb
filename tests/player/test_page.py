"""The page, used as people use it: list, search, play, seek, copy."""

from __future__ import annotations

import subprocess
from pathlib import Path

import av
import pytest
from playwright.sync_api import expect

from tests.app.running_origin import Origin
from tests.player.clips import FRAMES, SECONDS
from tests.player.conftest import OpenTab, StartOwn
from tests.player.page_use import add, opened, ready, wait_for, wait_until_at

pytestmark = pytest.mark.browser


def test_lone_archive_shows_by_itself(lone: Origin, open_tab: OpenTab) -> None:
    tab = opened(open_tab, lone)
    expect(tab.page.locator("#title")).to_have_text("Lone film")
    expect(tab.page).to_have_title("Lone film – vodsplice")
    expect(tab.page).to_have_url(f"{lone.base}/#Lone%20film")
    expect(tab.page.locator("#archives")).to_be_hidden()
    expect(tab.page.locator("#summary")).to_contain_text("320 × 180 · 25 fps · H.264")
    facts = tab.page.locator("#facts")
    for words in ("avc1.64", "AAC-LC · mp4a.40.2 · 48 kHz · stereo", "Lone film.mp4 · 103 kB", "Segments3"):
        expect(facts).to_contain_text(words.replace(" · ", "\u00a0· "))
    assert tab.page.evaluate("video.currentTime") == 0
    assert tab.complaints == []


def test_native_hls_asks_no_other_host(lone: Origin, open_tab: OpenTab) -> None:
    tab = opened(open_tab, lone)
    ready(tab.page).keyboard.press("k")
    wait_for(tab.page, "video.currentTime > 0.2")
    assert [url for url in tab.requests if not url.startswith(lone.base)] == []
    assert any("/seg_0001.m4s" in url for url in tab.requests)


def test_click_plays_to_the_end(delivered: Origin, open_tab: OpenTab) -> None:
    tab = opened(open_tab, delivered)
    expect(tab.page.locator("h1:visible")).to_have_text("Choose an archive")
    tab.page.get_by_role("link", name="both").click()
    wait_for(tab.page, "video.ended")
    assert tab.page.evaluate("video.error") is None
    wait_for(tab.page, "parseFloat(document.querySelector('.playhead').style.left) > 99")
    tab.page.get_by_role("link", name="sound only").click()
    expect(tab.page.locator("#title")).to_have_text("sound only")
    tab.page.go_back()
    expect(tab.page.locator("#title")).to_have_text("both")
    assert tab.complaints == []
    assert "script-src 'self'" in delivered.get("/").headers["content-security-policy"]


def test_search_and_pages_of_many(start_own: StartOwn, clip: Path, open_tab: OpenTab) -> None:
    with start_own() as origin:
        add(origin, clip, "Lang/Metropolis (1927) 50% 'cut'")
        for number in range(249):
            (origin.index_dir / f"film {number:03}.idx").touch()
            (origin.media_dir / f"film {number:03}.mp4").touch()
        tab = opened(open_tab, origin)
        expect(tab.page.locator("#library-note")).to_have_text("250 archives")
        expect(tab.page.locator("#archives li")).to_have_count(100)
        for count in (200, 250):  # or both at once, where the list is slower than the reader
            tab.page.locator("#archives li").last.scroll_into_view_if_needed()
            wait_for(tab.page, f"document.querySelectorAll('#archives li').length >= {count}")
        tab.page.keyboard.press("/")
        tab.page.keyboard.type("1927 lang")
        expect(tab.page.locator("#library-note")).to_have_text("1 found")
        tab.page.get_by_role("link", name="Metropolis").click()
        expect(tab.page.locator("#title")).to_have_text("Metropolis (1927) 50% 'cut'")
        wait_for(tab.page, "video.currentTime > 0")
        tab.page.reload()
        expect(tab.page.locator("#title")).to_have_text("Metropolis (1927) 50% 'cut'")
        tab.page.locator("#search").fill("nosferatu")
        expect(tab.page.locator("#library-note")).to_have_text("Nothing matches “nosferatu”.")


def test_keys(origin: Origin, open_tab: OpenTab) -> None:
    page = ready(opened(open_tab, origin, "both").page)
    for key, at_s in (
        ("l", SECONDS - 0.1),
        ("j", 0),
        ("5", SECONDS / 2),
        ("n", 4),
        ("p", 2),
        ("0", 0),
        ("n", 2),
    ):
        page.keyboard.press(key)
        wait_for(page, "!video.seeking")
        assert page.evaluate("video.currentTime") == pytest.approx(at_s, abs=0.05), key
    page.keyboard.press(".")
    wait_until_at(page, 2.04)
    page.keyboard.press("Space")
    wait_for(page, "!video.paused")
    page.keyboard.press("k")
    wait_for(page, "video.paused")
    page.keyboard.press("m")
    assert page.evaluate("video.muted") is True
    page.keyboard.press("ArrowDown")
    assert page.evaluate("[video.muted, Math.round(video.volume * 10)]") == [False, 9]
    page.keyboard.press(">")
    assert page.evaluate("video.playbackRate") == 1.25
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.locator("h1:visible")).to_have_text("Choose an archive")


def test_keys_of_a_focused_control_act_once(origin: Origin, open_tab: OpenTab) -> None:
    page = ready(opened(open_tab, origin, "both").page)
    page.locator("#video").focus()
    page.keyboard.press("Space")
    wait_for(page, "!video.paused")
    page.keyboard.press("Space")
    wait_for(page, "video.paused")
    page.get_by_role("button", name="Copy the playlist's address").focus()
    page.keyboard.press("Space")
    expect(page.locator("#copied")).to_contain_text("/v/both/playlist.m3u8")
    assert page.evaluate("video.paused") is True


def test_plot_tells_and_seeks(origin: Origin, open_tab: OpenTab) -> None:
    page = ready(opened(open_tab, origin, "both").page)
    plot, readout = page.get_by_role("slider", name="Bitrate"), page.locator("#readout")
    expect(readout).to_contain_text("average 17")
    box = plot.bounding_box()
    assert box is not None
    plot.hover(position={"x": box["width"] * 0.5, "y": 50})
    expect(readout).to_contain_text("segment 2 · 0:02 – 0:04 · 17")
    plot.click(position={"x": box["width"] * 0.9, "y": 50})
    wait_until_at(page, 4)
    plot.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    expect(plot).to_have_attribute("aria-valuenow", "2")
    expect(plot).to_have_attribute("aria-valuemax", "3")
    expect(plot).to_have_attribute("aria-valuetext", "segment 2 · 0:02 – 0:04 · 173 kb/s · 43.3 kB")
    page.keyboard.press("Enter")
    wait_until_at(page, 2)


def test_plot_is_drawn_and_follows(origin: Origin, open_tab: OpenTab) -> None:
    page = ready(opened(open_tab, origin, "both").page)
    page.evaluate("video.currentTime = 2.5")
    wait_for(page, "document.querySelector('.playhead').style.left.startsWith('50')")
    pixel = "getImageData(canvas.width / 2, canvas.height - 2, 1, 1).data[3]"
    painted = f"canvas => canvas.getContext('2d').{pixel}"
    for place in (0, 1):
        assert page.locator("#plot canvas").nth(place).evaluate(painted) == 255
    assert (
        page.locator("#plot canvas").nth(1).evaluate("canvas => canvas.style.clipPath")
        == "inset(0px 50% 0px 0px)"
    )


def test_copies_a_command_that_works(origin: Origin, open_tab: OpenTab) -> None:
    tab = open_tab(permissions=["clipboard-read", "clipboard-write"])
    tab.page.goto(f"{origin.base}/#picture%20only")
    tab.page.get_by_role("button", name="Copy the curl command").click()
    expect(tab.page.locator("#copied")).to_contain_text("Copied: curl")
    command = tab.page.evaluate("navigator.clipboard.readText()")
    playlist = subprocess.run(command, shell=True, check=True, capture_output=True, text=True).stdout
    assert playlist.startswith("#EXTM3U")
    tab.page.get_by_role("button", name="Copy the address of this page").click()
    expect(tab.page.locator("#copied")).to_contain_text("#picture%20only")
    assert tab.page.evaluate("navigator.clipboard.readText()") == f"{origin.base}/#picture%20only"


def test_downloads_under_the_archive_s_name(origin: Origin, open_tab: OpenTab) -> None:
    page = opened(open_tab, origin, "picture%20only").page
    with page.expect_download() as saved:
        page.get_by_role("link", name="Download as MP4").click()
    assert saved.value.suggested_filename == "picture only.mp4"
    with av.open(str(saved.value.path()), "r") as container:
        assert sum(packet.size > 0 for packet in container.demux(video=0)) == FRAMES


def test_copies_without_a_clipboard_api(origin: Origin, open_tab: OpenTab) -> None:
    tab = open_tab()
    tab.page.add_init_script("""
        delete Navigator.prototype.clipboard;
        document.execCommand = (name) => (window.copied = [name, getSelection().toString()]);
    """)
    tab.page.goto(f"{origin.base}/#both")
    tab.page.get_by_role("button", name="Copy the playlist's address").click()
    assert tab.page.evaluate("copied") == ["copy", f"{origin.base}/v/both/playlist.m3u8"]
