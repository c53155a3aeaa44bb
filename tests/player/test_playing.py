"""Browsers' players on the origin's streams: start, seek, to the end, every picture and all of the sound."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import av
import pytest

from tests.app.running_origin import Origin
from tests.player.clips import FPS, FRAMES, HEIGHT, SECONDS, WIDTH
from tests.player.conftest import OpenTab

pytestmark = pytest.mark.browser

PLAYERS = ("native", "hls.js", "shaka")
RATES = (1, 1, 0.5, 0.5, 0.25, 0.25)
"""A busy machine drops pictures, others each time and few at half speed. The origin's would be the same."""

ADTS_HEADER_BYTES = 7
"""Chromium puts one before each AAC frame that it decodes, and counts it."""


@dataclass(frozen=True, slots=True)
class Player:
    """A harness page on which `name` has started to play."""

    tab: Any

    def run(self, call: str, argument: Any = None) -> Any:
        return self.tab.page.evaluate(f"argument => {call}", argument)

    def report(self) -> dict[str, Any]:
        found: dict[str, Any] = self.run("report()")
        return found


def start(
    open_tab: OpenTab,
    site: str,
    name: str,
    origin: Origin,
    archive: str,
    playlist: str = "playlist.m3u8",
    *,
    before: str = "",
) -> Player:
    """`before` is run before anything is loaded."""
    tab = open_tab()
    tab.page.goto(f"{site}/harness.html")
    assert tab.complaints == []
    player = Player(tab)
    player.run(before or "null")
    player.run("start(...argument)", [name, f"{origin.base}/v/{quote(archive)}/{playlist}"])
    assert player.report()["troubles"] == []
    return player


@pytest.mark.parametrize("name", PLAYERS)
def test_plays_every_picture_and_all_sound(
    name: str, delivered: Origin, players_site: str, open_tab: OpenTab
) -> None:
    report = play_whole(open_tab, players_site, name, delivered)
    assert [[round(edge, 1) for edge in part] for part in report["buffered"]] == [[0, SECONDS]]


def play_whole(
    open_tab: OpenTab, site: str, name: str, origin: Origin, playlist: str = "playlist.m3u8"
) -> dict[str, Any]:
    """Check that every picture of `both` is shown and all of its sound is decoded; what was reported last."""
    shown: set[int] = set()
    for rate in RATES:
        player = start(open_tab, site, name, origin, "both", playlist)
        player.run("playToEnd(argument)", rate)
        report = player.report()
        shown |= set(report["shownAt"])
        if report["dropped"] == 0 or len(shown) == FRAMES:
            break
    else:
        pytest.fail(f"{report['dropped']} pictures dropped, {len(shown)} ever shown")
    assert (report["frames"], report["corrupted"], report["troubles"]) == (FRAMES, 0, [])
    assert report["size"] == [WIDTH, HEIGHT]
    assert report["duration"] == pytest.approx(SECONDS, abs=0.05)
    assert report["currentTime"] == pytest.approx(report["duration"], abs=0.05)
    sizes = audio_packet_sizes(origin.media_dir / "both.mp4")
    assert report["audioBytes"] == sum(sizes) + ADTS_HEADER_BYTES * len(sizes)
    return report


@pytest.mark.parametrize("name", PLAYERS)
@pytest.mark.parametrize("playlist", ["playlist.m3u8", "master.m3u8"])
def test_seeks_to_the_picture_of_that_time(
    name: str, playlist: str, delivered: Origin, players_site: str, open_tab: OpenTab
) -> None:
    player = start(open_tab, players_site, name, delivered, "both", playlist)
    if playlist == "master.m3u8":
        # hls.js 1.7.4 may never end a stream of several source buffers where seeks come while the last
        # segments are appended, whoever serves it: ffmpeg's own HLS of this clip stalls as often.
        player.run("loadedToEnd()")
    seek_about(player)


def seek_about(player: Player) -> None:
    """On in the same segment, to the last one, back, across a segment's edge, near the end, and to it."""
    for time_s in (0.5, 4.02, 1.3, 1.98, 2.02, 4.9):
        player.run("seek(argument)", time_s)
        # Chromium's own HLS counts from the first sample of any track: sound that starts before the picture.
        player.run("showsFrame(argument, argument - 1)", int(time_s * FPS))
    player.run("playToEnd()")
    report = player.report()
    assert (report["troubles"], report["audioBytes"] > 0) == ([], True)


@pytest.mark.parametrize("name", PLAYERS)
@pytest.mark.parametrize("archive", ["picture only", "sound only"])
def test_plays_a_single_track(
    name: str, archive: str, origin: Origin, players_site: str, open_tab: OpenTab
) -> None:
    player = start(open_tab, players_site, name, origin, archive)
    player.run("seek(argument)", 3.5)
    player.run("playToEnd()")
    report = player.report()
    assert report["troubles"] == []
    assert report["duration"] == pytest.approx(SECONDS, abs=0.05)
    is_sound = archive == "sound only"
    assert (report["audioBytes"] > 0, report["videoBytes"] > 0) == (is_sound, not is_sound)


def audio_packet_sizes(archive: Path) -> list[int]:
    with av.open(str(archive)) as container:
        return [packet.size for packet in container.demux(audio=0) if packet.size]
