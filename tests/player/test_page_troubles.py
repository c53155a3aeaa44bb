"""What the page says when there is nothing to play, when it does not play, and where hls.js has to."""

from __future__ import annotations

import json
import shutil
from base64 import b64encode
from hashlib import sha384
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from tests.app.running_origin import Origin
from tests.player.clips import write_clip
from tests.player.conftest import HERE, PATIENCE_S, OpenTab, StartOwn, index
from tests.player.page_use import add, began_s, note_where_playback_begins, opened, ready, wait_for

pytestmark = pytest.mark.browser

HLS_JS = "node_modules/hls.js/dist/hls.min.js"
WITHOUT_HLS = """
    const canPlayType = HTMLMediaElement.prototype.canPlayType;
    HTMLMediaElement.prototype.canPlayType = function (type) {
      return type.includes("mpegurl") ? "" : canPlayType.call(this, type);
    };
"""


def test_archive_appears_in_an_empty_list(start_own: StartOwn, clip: Path, open_tab: OpenTab) -> None:
    with start_own() as origin:
        tab = opened(open_tab, origin)
        expect(tab.page.locator("h1:visible")).to_have_text("Nothing to play yet")
        expect(tab.page.locator("#welcome pre")).to_contain_text("vodsplice-index --media-dir")
        add(origin, clip, "first")
        expect(tab.page.locator("#title")).to_have_text("first")


def test_archive_that_is_not_there(origin: Origin, open_tab: OpenTab) -> None:
    tab = opened(open_tab, origin, "no/such")
    expect(tab.page.locator("h1:visible")).to_have_text("This archive does not play")
    expect(tab.page.locator("#welcome")).to_contain_text("There is no such archive.")


def test_archive_replaced_before_all_of_it_was_loaded(lone: Origin, open_tab: OpenTab) -> None:
    page = open_tab().page
    held: list[Route] = []
    page.route("**/seg_0003.m4s?*", lambda route: held.append(route))  # noqa: PLW0108 - playwright marks it
    page.goto(lone.base)
    ready(page)
    for _ in range(50 * PATIENCE_S):
        if not held:
            page.wait_for_timeout(20)
    assert held
    archive = lone.media_dir / "Lone film.mp4"
    archive.unlink()
    write_clip(archive, sounds=())
    index(lone.media_dir, lone.index_dir)
    for route in held:
        route.continue_()
    page.unroute_all()
    page.keyboard.press("Space")
    expect(page.get_by_role("alert")).to_contain_text("This archive has changed since you opened it.")
    page.get_by_role("button", name="Play it as it is now").click()
    expect(page.get_by_role("alert")).to_be_hidden()
    expect(page.locator("#facts")).not_to_contain_text("Audio")
    wait_for(page, "video.ended")


def test_archive_removed_and_brought_back(lone: Origin, clip: Path, open_tab: OpenTab) -> None:
    page = ready(opened(open_tab, lone, "Lone%20film").page)
    page.keyboard.press("5")
    wait_for(page, "!video.seeking && video.currentTime > 2")
    archive = lone.media_dir / "Lone film.mp4"
    archive.unlink()
    page.evaluate("video.dispatchEvent(new Event('error'))")  # whatever it was, the page asks the origin why
    expect(page.get_by_role("alert")).to_contain_text("There is no such archive.")
    shutil.copy(clip, archive)
    index(lone.media_dir, lone.index_dir)
    note_where_playback_begins(page)
    page.get_by_role("button", name="Try again").click()
    wait_for(page, "video.ended")
    assert began_s(page) > 2, "it began anew"


def test_codec_that_the_browser_lacks_is_named(start_own: StartOwn, open_tab: OpenTab) -> None:
    with start_own() as origin:
        write_clip(origin.media_dir / "film.mp4", video="libx265", sounds=())
        index(origin.media_dir, origin.index_dir)
        page = opened(open_tab, origin, "film").page
        if page.evaluate("""video.canPlayType('video/mp4; codecs="hvc1.1.6.L60.90"')"""):
            pytest.skip("this browser decodes HEVC")
        expect(page.get_by_role("alert")).to_contain_text("This browser cannot decode HEVC Main")


def test_codec_that_comes_later_is_named(origin: Origin, open_tab: OpenTab) -> None:
    facts = json.loads(origin.get("/v/both/info.json").body)
    facts["tracks"][0]["codecs"].append("none.1")
    page = open_tab().page
    page.route("**/both/info.json", lambda route: route.fulfill(json=facts))
    page.goto(f"{origin.base}/#both")
    expect(page.get_by_role("alert")).to_contain_text(", none.1)")


def integrity(path: Path) -> str:
    return "sha384-" + b64encode(sha384(path.read_bytes()).digest()).decode()


def test_without_native_hls_hls_js_plays(
    start_own: StartOwn, clip: Path, players_site: str, open_tab: OpenTab
) -> None:
    url = f"{players_site}/{HLS_JS}#{integrity(HERE / HLS_JS)}"
    with start_own("--hls-js-url", url) as origin:
        add(origin, clip, "film")
        tab = open_tab()
        tab.page.add_init_script(WITHOUT_HLS)
        tab.page.route(
            f"{players_site}/**",
            lambda route: route.fulfill(
                response=route.fetch(),
                headers={"Access-Control-Allow-Origin": "*", "Content-Type": "text/javascript"},
            ),
        )
        tab.page.goto(f"{origin.base}/#film")
        ready(tab.page)
        tab.page.keyboard.press("9")
        tab.page.keyboard.press("Space")
        wait_for(tab.page, "video.ended")
        assert tab.page.evaluate("video.src").startswith("blob:")
        assert {url for url in tab.requests if not url.startswith((origin.base, "blob:"))} == {
            f"{players_site}/{HLS_JS}"
        }
        assert tab.complaints == []


def test_an_hls_js_of_its_own_needs_nobody_else(start_own: StartOwn, clip: Path, open_tab: OpenTab) -> None:
    with start_own("--hls-js-url", f"file:{HERE / HLS_JS}") as origin:
        add(origin, clip, "film")
        tab = open_tab()
        tab.page.add_init_script(WITHOUT_HLS)
        tab.page.goto(f"{origin.base}/#film")
        ready(tab.page)
        assert tab.page.evaluate("video.src").startswith("blob:")
        assert [url for url in tab.requests if not url.startswith((origin.base, "blob:"))] == []
        assert tab.complaints == []


@pytest.mark.parametrize(
    ("url", "words"),
    [("off", "this server names no hls.js"), ("/nowhere/hls.js", "/nowhere/hls.js did not load")],
)
def test_without_any_hls_it_says_so(
    start_own: StartOwn, clip: Path, open_tab: OpenTab, url: str, words: str
) -> None:
    with start_own("--hls-js-url", url) as origin:
        add(origin, clip, "film")
        tab = open_tab()
        tab.page.add_init_script(WITHOUT_HLS)
        tab.page.goto(f"{origin.base}/#film")
        expect(tab.page.get_by_role("alert")).to_contain_text(words)
