"""DASH players on the MPD: start, seek, another language on the way, to the end."""

from __future__ import annotations

import re

import pytest

from tests.app.running_origin import Origin
from tests.player.clips import FPS, SECONDS
from tests.player.conftest import OpenTab
from tests.player.test_playing import play_whole, seek_about, start

pytestmark = pytest.mark.browser

PLAYERS = ("dash.js", "shaka")
MANIFEST = "manifest.mpd"


@pytest.mark.parametrize("name", PLAYERS)
def test_plays_every_picture_and_all_sound(
    name: str, delivered: Origin, players_site: str, open_tab: OpenTab
) -> None:
    play_whole(open_tab, players_site, name, delivered, MANIFEST)


@pytest.mark.parametrize("name", PLAYERS)
def test_seeks_to_the_picture_of_that_time(
    name: str, origin: Origin, players_site: str, open_tab: OpenTab
) -> None:
    player = start(open_tab, players_site, name, origin, "both", MANIFEST)
    # dash.js 5.2.1 may wait for ever where seeks come while it loads, as hls.js may.
    player.run("loadedToEnd()")
    seek_about(player)


@pytest.mark.parametrize("name", PLAYERS)
def test_plays_a_part_from_its_first_segment_to_its_end(
    name: str, delivered: Origin, players_site: str, open_tab: OpenTab
) -> None:
    query = "?start=2.6&end=3.5"  # in the second segment, which is from 2 to 4 s
    player = start(open_tab, players_site, name, delivered, "both", MANIFEST + query)
    player.run("loadedToEnd()")
    for time_s in (1.42, 0.02, 0.62):
        player.run("seek(argument)", time_s)
        player.run("showsFrame(argument, argument - 1)", int((2 + time_s) * FPS))
    report = player.report()
    assert (report["troubles"], report["duration"]) == ([], pytest.approx(1.5, abs=0.15))  # Shaka adds 0.1


@pytest.mark.parametrize("name", [*PLAYERS, "hls.js"])
def test_changes_to_another_language(name: str, origin: Origin, players_site: str, open_tab: OpenTab) -> None:
    manifest = "master.m3u8" if name == "hls.js" else MANIFEST
    player = start(open_tab, players_site, name, origin, "two languages", manifest)
    assert [each["lang"] for each in player.report()["audio"]] == ["en", "de"]
    player.run("loadedToEnd()")
    assert requested(player.tab.requests) == {"audio-eng"}
    with player.tab.page.expect_response(re.compile("/audio-deu/seg_")):
        player.run("chooseAudio(argument)", "de")
    player.run("loadedToEnd()")
    player.run("seek(argument)", 2.5)
    player.run("playToEnd()")
    report = player.report()
    assert (report["troubles"], report["audioBytes"] > 0) == ([], True)
    assert requested(player.tab.requests) == {"audio-eng", "audio-deu"}


@pytest.mark.parametrize("name", PLAYERS)
@pytest.mark.parametrize("archive", ["picture only", "sound only"])
def test_plays_a_single_track(
    name: str, archive: str, origin: Origin, players_site: str, open_tab: OpenTab
) -> None:
    player = start(open_tab, players_site, name, origin, archive, MANIFEST)
    player.run("seek(argument)", 3.5)
    player.run("playToEnd()")
    report = player.report()
    assert (report["troubles"], report["duration"]) == ([], pytest.approx(SECONDS, abs=0.05))


def requested(urls: list[str]) -> set[str]:
    """The sounds of which segments were asked for."""
    return {found[1] for url in urls if (found := re.search(r"/(audio-\w+)/seg_", url))}
