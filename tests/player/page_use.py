"""What tests of the page do over and over: put archives there, open the page, wait for what it shows."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from playwright.sync_api import Page

from tests.app.running_origin import Origin
from tests.player.conftest import PATIENCE_S, OpenTab, Tab, index


def add(origin: Origin, clip: Path, *ids: str) -> None:
    """Copy `clip` under the ids and index it."""
    for each in ids:
        path = origin.media_dir / f"{each}.mp4"
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(clip, path)
    index(origin.media_dir, origin.index_dir)


def opened(open_tab: OpenTab, origin: Origin, archive: str = "") -> Tab:
    """The page, at an archive's own address where one is named (percent-encoded)."""
    tab = open_tab()
    tab.page.goto(f"{origin.base}/{archive and '#'}{archive}")
    return tab


def wait_for(page: Page, condition: str) -> None:
    """Until the JavaScript `condition` holds. Playwright's own way needs eval, which the page forbids."""
    deadline_s = time.monotonic() + PATIENCE_S
    while not page.evaluate(condition):
        state = "[video.currentTime, video.readyState, video.paused, video.error?.message]"
        assert time.monotonic() < deadline_s, f"{condition}: {page.evaluate(state)}"
        page.wait_for_timeout(20)


def wait_until_at(page: Page, time_s: float) -> None:
    wait_for(page, f"!video.seeking && Math.abs(video.currentTime - {time_s}) < 0.05")


def note_where_playback_begins(page: Page) -> None:
    """For `began_s`. In Chromium `video.played` begins at 0 wherever playback does."""
    note = "window.began_s = video.currentTime"
    page.evaluate(f"video.addEventListener('playing', () => ({note}), {{ once: true }})")


def began_s(page: Page) -> float:
    """Where what was loaded since `note_where_playback_begins` was played from."""
    return float(page.evaluate("began_s"))


def ready(page: Page) -> Page:
    """`page`, once a picture or a sound could be played."""
    wait_for(page, "video.readyState >= 2")
    return page
