"""The page's seek bar with its pictures and chapters, and its menu of sounds."""

from __future__ import annotations

import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha384
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.app.running_origin import Origin, running_origin
from tests.player.clips import FPS, SECONDS, Sound, write_clip
from tests.player.conftest import HERE, OpenTab, StartOwn, index, serving
from tests.player.page_use import opened, ready, wait_for, wait_until_at

pytestmark = pytest.mark.browser

HLS_JS = "node_modules/hls.js/dist/hls.min.js"
PREVIEW = "document.querySelector('#seek-bar .preview > div')"
SHOWN_FRAME = f"""async () => {{
  const {{ backgroundImage, backgroundPosition, width }} = {PREVIEW}.style;
  const picture = new Image();
  picture.src = backgroundImage.slice(5, -2);
  await picture.decode();
  const [x, y] = backgroundPosition.split(" ").map((part) => -parseInt(part));
  const canvas = new OffscreenCanvas(parseInt(width), 90);
  const pen = canvas.getContext("2d", {{ willReadFrequently: true }});
  pen.drawImage(picture, -x, -y);
  let number = 0;
  for (let block = 0; block < 8; block++) {{
    const [red] = pen.getImageData((block + 0.5) * canvas.width / 8, 20, 1, 1).data;
    number = number * 2 + (red > 127);
  }}
  return number;
}}"""


@pytest.fixture(scope="module")
def storied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Origin]:
    """An origin with one archive that has chapters and a storyboard."""
    folder = tmp_path_factory.mktemp("storied")
    (folder / "media").mkdir()
    write_clip(folder / "media" / "film.mp4", chapters=True)
    command = [str(Path(sys.executable).with_name("vodsplice-index")), "--storyboard"]
    folders = ["--media-dir", str(folder / "media"), "--index-dir", str(folder / "index")]
    subprocess.run([*command, *folders, str(folder / "media")], check=True, capture_output=True)
    with serving(running_origin, folder) as running:
        yield running


def bar_of(page: Page) -> tuple[float, float, float]:
    """Left, width and middle height of the seek bar."""
    box = page.locator("#seek-bar").bounding_box()
    assert box is not None
    return box["x"], box["width"], box["y"] + box["height"] / 2


def test_the_pointer_shows_picture_and_chapter(storied: Origin, open_tab: OpenTab) -> None:
    tab = opened(open_tab, storied, "film")
    page = ready(tab.page)
    left, width, middle = bar_of(page)
    preview = page.locator("#seek-bar .preview")
    for share, words, tile in ((0.1, "0:00 · Eins", 0), (0.5, "0:02 · Zwei", 2), (0.95, "0:04 · Drei", 4)):
        page.mouse.move(left + share * width, middle)
        expect(preview.locator("span")).to_contain_text(words)
        expect(preview.locator("div")).to_be_visible()
        wait_for(page, f"parseInt({PREVIEW}.style.backgroundPosition) === {-160 * tile}")
        assert page.evaluate(SHOWN_FRAME) == FPS * tile
        box = preview.bounding_box()
        assert box is not None
        assert left - 1 <= box["x"] < box["x"] + box["width"] <= left + width + 1
    page.mouse.move(left, middle + 200)
    expect(preview).to_be_hidden()
    assert page.evaluate("video.currentTime") == 0
    assert len({url for url in tab.requests if "storyboard" in url}) == 2
    assert tab.complaints == []


def test_a_drag_seeks(storied: Origin, open_tab: OpenTab) -> None:
    page = ready(opened(open_tab, storied, "film").page)
    left, width, middle = bar_of(page)
    page.mouse.move(left + 0.2 * width, middle)
    page.mouse.down()
    wait_until_at(page, 0.2 * SECONDS)
    page.mouse.move(left + 0.6 * width, middle + 100)
    wait_until_at(page, 0.6 * SECONDS)
    page.mouse.up()
    page.mouse.move(left + 0.9 * width, middle)
    wait_until_at(page, 0.6 * SECONDS)
    wait_for(page, "document.querySelector('#seek-bar .played').style.width.startsWith('60')")


def test_keys_seek_and_say_where(storied: Origin, open_tab: OpenTab) -> None:
    page = ready(opened(open_tab, storied, "film").page)
    slider = page.get_by_role("slider", name="Position")
    slider.focus()
    first, last = "0:00, Eins", "0:04, Drei & <b>"
    for key, at_s, words in (
        ("End", 4.9, last),
        ("Home", 0, first),
        ("PageUp", 0.5, first),
        ("ArrowRight", 4.9, last),
        ("ArrowLeft", 0, first),
    ):
        page.keyboard.press(key)
        wait_until_at(page, at_s)
        expect(slider).to_have_attribute("aria-valuetext", words)
    expect(page.locator("#seek-bar .preview")).to_be_visible()
    expect(slider).to_have_attribute("aria-valuemax", str(SECONDS))


def test_chapters_are_marks_and_a_list(storied: Origin, open_tab: OpenTab) -> None:
    page = ready(opened(open_tab, storied, "film").page)
    expect(page.locator("#title")).to_have_text("Five seconds")
    marks = page.locator("#seek-bar i")
    assert [mark.evaluate("mark => mark.style.left") for mark in marks.all()] == ["40%", "70%"]
    page.get_by_role("button", name="Drei & <b>").click()
    wait_until_at(page, 3.5)


def test_what_has_neither_has_the_player_s_own_bar(origin: Origin, open_tab: OpenTab) -> None:
    page = ready(opened(open_tab, origin, "both").page)
    expect(page.locator("#seek-bar")).to_be_hidden()
    expect(page.locator("#sounds")).to_be_hidden()


def test_another_language_is_heard_from_where_one_is(
    start_own: StartOwn, players_site: str, open_tab: OpenTab
) -> None:
    integrity = b64encode(sha384((HERE / HLS_JS).read_bytes()).digest()).decode()
    with start_own("--hls-js-url", f"{players_site}/{HLS_JS}#sha384-{integrity}") as origin:
        write_clip(origin.media_dir / "film.mp4", sounds=(Sound("eng"), Sound("deu")))
        index(origin.media_dir, origin.index_dir)
        tab = open_tab(locale="en")
        headers = {"Access-Control-Allow-Origin": "*", "Content-Type": "text/javascript"}
        tab.page.route(
            f"{players_site}/**", lambda route: route.fulfill(response=route.fetch(), headers=headers)
        )
        tab.page.goto(f"{origin.base}/#film")
        page = ready(tab.page)
        assert not [url for url in tab.requests if url.startswith(players_site)]
        menu = page.get_by_label("Sound")
        expect(menu.locator("option")).to_have_text(["English", "Deutsch"])
        page.evaluate("video.currentTime = 2.5")
        wait_until_at(page, 2.5)
        menu.select_option("Deutsch")
        wait_for(page, "video.src.startsWith('blob:') && video.readyState >= 2 && video.currentTime >= 2.4")
        assert any("/audio-deu/seg_" in url for url in tab.requests)
        assert page.evaluate("video.paused") is True
        page.evaluate("video.play()")
        wait_for(page, "video.ended")
        assert page.evaluate("video.webkitAudioDecodedByteCount") > 0
        expect(page.locator("#trouble")).to_be_hidden()
        assert tab.complaints == []
