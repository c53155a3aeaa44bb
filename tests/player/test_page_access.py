"""The page for everyone: on a phone, by keyboard and screen reader, in daylight and at night."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.app.running_origin import Origin
from tests.player.conftest import OpenTab
from tests.player.page_use import opened, ready, wait_for

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}
MIN_CONTRAST = 4.5
"""WCAG 2.2 §1.4.3, level AA, text of any size."""

CONTRASTS = """() => {
  const pen = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const light = () => {
    const [red, green, blue] = [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const fill = (colour) => { pen.fillStyle = colour; pen.fillRect(0, 0, 1, 1); };
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (!own && element.tagName !== "INPUT" || !element.checkVisibility()) continue;
    const above = [];
    for (let each = element; each; each = each.parentElement) above.unshift(getComputedStyle(each));
    above.forEach((style) => fill(style.backgroundColor));
    const behind = light();
    fill(getComputedStyle(element).color);
    const [low, high] = [behind, light()].sort((one, other) => one - other);
    const words = element.tagName + " " + (element.value ?? element.textContent).trim();
    found.push([words, (high + 0.05) / (low + 0.05)]);
  }
  return found;
}"""


def is_wider_than_the_screen(page: Page) -> bool:
    found: bool = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    return found


def test_phone_shows_the_list_or_an_archive(origin: Origin, open_tab: OpenTab) -> None:
    page = open_tab(**PHONE).page
    page.goto(origin.base)
    link = page.get_by_role("link", name="both")
    expect(page.locator("#stage")).to_be_hidden()
    link.tap()
    wait_for(page, "video.currentTime > 0")
    expect(page.locator("#library")).to_be_hidden()
    assert not is_wider_than_the_screen(page)
    page.locator("#plot").tap(position={"x": 300, "y": 20})
    wait_for(page, "!video.seeking && video.currentTime >= 4")
    page.get_by_role("link", name="All archives").first.tap()
    expect(link).to_be_visible()
    expect(page.locator("#stage")).to_be_hidden()
    assert not is_wider_than_the_screen(page)


def test_fingers_find_the_controls(origin: Origin, open_tab: OpenTab) -> None:
    """WCAG 2.2 §2.5.8: 24 by 24 pixels."""
    page = open_tab(**PHONE).page
    page.goto(f"{origin.base}/#both")
    ready(page)
    for control in page.locator(":is(button, a, input):not(.skip):visible").all():
        box = control.bounding_box()
        assert box is not None
        assert (box["width"] >= 24, box["height"] >= 24) == (True, True), control.inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("archive", ["", "both", "no such"])
def test_text_stands_out(scheme: str, archive: str, origin: Origin, open_tab: OpenTab) -> None:
    page = open_tab(color_scheme=scheme).page
    page.goto(f"{origin.base}/#{archive}")
    expect(page.locator("h1:visible")).not_to_be_empty()
    expect(page.locator("#archives li")).to_have_count(len(list(origin.media_dir.iterdir())))
    found = page.evaluate(CONTRASTS)
    assert len(found) > 5
    assert [(words, contrast) for words, contrast in found if contrast < MIN_CONTRAST] == []


def test_every_control_has_a_name(origin: Origin, open_tab: OpenTab) -> None:
    page = ready(opened(open_tab, origin, "both").page)
    spoken = page.locator("body").aria_snapshot()
    assert re.findall(r"- (?:button|link|textbox|searchbox|slider)(?! \")", spoken) == []
    assert 'slider "Bitrate"' in spoken
    assert 'textbox "Playlist"' in spoken
    names = re.findall(r'- (button|link|textbox) "([^"]+)"', spoken)
    assert len(names) == len(set(names)), "two controls of one name"


def test_outline_is_in_order(origin: Origin, open_tab: OpenTab) -> None:
    page = ready(opened(open_tab, origin, "both").page)
    levels = page.evaluate(
        "[...document.querySelectorAll('h1, h2, h3')].filter(e => e.checkVisibility()).map(e => e.tagName)"
    )
    assert levels[0] == "H1"
    assert levels.count("H1") == 1
    assert page.evaluate("document.documentElement.lang") == "en"
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
    for role in ("banner", "navigation", "main"):
        expect(page.get_by_role(role)).to_have_count(1)


def test_keyboard_alone_reaches_everything_and_shows_where_it_is(origin: Origin, open_tab: OpenTab) -> None:
    page = ready(opened(open_tab, origin, "both").page)
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        focused = page.evaluate("""(() => {
          const { id, tagName, textContent } = document.activeElement;
          const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
          const isShown = outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
          return [tagName === "BODY" ? tagName : id || textContent.trim() || tagName, isShown];
        })()""")
        reached.append(focused)
    names = {name for name, _ in reached}
    assert {"skip", "help", "both", "video", "plot", "playlist-url", "Copy"} <= names
    assert {name for name, is_shown in reached if not is_shown} <= {"BODY", "video"}


def test_skip_button_leads_past_the_list(origin: Origin, open_tab: OpenTab) -> None:
    page = ready(opened(open_tab, origin, "both").page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Skip to the player")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
