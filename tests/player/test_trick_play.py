"""Players scrub and wind on I-frames: the pictures of keyframes, from the fragments that hold one each."""

from __future__ import annotations

import pytest

from tests.app.running_origin import Origin
from tests.player.clips import FPS, FRAMES
from tests.player.conftest import OpenTab
from tests.player.test_playing import Player, start

pytestmark = pytest.mark.browser


def asked_for(player: Player, word: str) -> list[str]:
    return [url for url in player.tab.requests if f"/{word}" in url]


def test_hls_js_scrubs_on_iframes(delivered: Origin, players_site: str, open_tab: OpenTab) -> None:
    player = start(open_tab, players_site, "hls.js", delivered, "both", "master.m3u8")
    # hls.js 1.7.4 shows nothing where it goes back to what it has not loaded and has later frames.
    times_s = (0.5, 3.5, 4.9, 2.0)
    player.run("scrub(...argument)", [times_s, [int(time_s) * FPS for time_s in times_s]])
    names = {url.rpartition("/")[2].partition("?")[0] for url in asked_for(player, "iframe_")}
    assert {f"iframe_{number:04d}.m4s" for number in (1, 4, 5, 3)} <= names
    assert player.report()["troubles"] == []


def test_shaka_winds_on_iframes(delivered: Origin, players_site: str, open_tab: OpenTab) -> None:
    # With a goal of 1 s Shaka asks for no more while Chromium waits for another picture to end a seek.
    player = start(
        open_tab, players_site, "shaka", delivered, "both", "master.m3u8", before="bufferingGoal_s = 2"
    )
    shown = player.run("playByIFrames(argument)", 2)
    assert player.report()["troubles"] == []
    assert asked_for(player, "iframes.m3u8")
    assert asked_for(player, "iframe_")
    late = {number for number in shown if number >= FRAMES - FPS}
    assert late == {FRAMES - FPS}, shown
