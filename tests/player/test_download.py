"""Whole files and parts of archives in mp4box.js and Chromium."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from fractions import Fraction
from typing import Any
from urllib.parse import quote

import pytest

from tests.app.running_origin import Origin
from tests.player.clips import FPS, SECONDS
from tests.player.conftest import HERE, OpenTab
from tests.player.test_mp4box import archived
from tests.player.test_playing import start

Found = list[tuple[Fraction, int, bool, str]]


def read(node: str, url: str) -> list[Found]:
    """When each sample of each track is shown, its size, whether it is a sync sample, its digest."""
    command = [node, str(HERE / "mp4box_file.mjs"), url]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=60)
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["troubles"] == []
    assert found["boxes"] == ["ftyp", "moov", "mdat"]
    return [_samples(track) for track in found["tracks"]]


def _samples(track: dict[str, Any]) -> Found:
    delay_s = sum(Fraction(lasting, track["movie_timescale"]) for lasting, at in track["edits"] if at < 0)
    (begins_at,) = [at for _, at in track["edits"] if at >= 0]
    rows = track["samples"]
    times = [Fraction(row["cts"] - begins_at, track["timescale"]) + delay_s for row in rows]
    return [(at, row["size"], row["is_sync"], row["md5"]) for at, row in zip(times, rows, strict=True)]


@pytest.mark.requires_tool("node", "players")
@pytest.mark.parametrize("name", ["both", "two languages", "picture only", "sound only"])
def test_mp4box_finds_every_sample(name: str, delivered: Origin, tool: Callable[[str], str]) -> None:
    got = read(tool("node"), f"{delivered.base}/v/{quote(name)}/download.mp4")
    wanted = archived(delivered.media_dir / f"{name}.mp4")
    assert got == [[(each.pts, each.size, each.is_sync, each.digest) for each in track] for track in wanted]


@pytest.mark.browser
def test_chromium_plays_a_whole_file(delivered: Origin, players_site: str, open_tab: OpenTab) -> None:
    player = start(open_tab, players_site, "native", delivered, "both", "download.mp4")
    assert player.report()["duration"] == pytest.approx(SECONDS, abs=0.05)
    for time_s in (4.02, 0.5, 4.9, 1.98):
        player.run("seek(argument)", time_s)
        player.run("showsFrame(argument)", int(time_s * FPS))
    player.run("playToEnd()")
    assert player.report()["troubles"] == []


@pytest.mark.browser
def test_chromium_plays_a_part_of_it(delivered: Origin, players_site: str, open_tab: OpenTab) -> None:
    name = "download.mp4?start=1.3&end=3.1"
    player = start(open_tab, players_site, "native", delivered, "both", name)
    assert player.report()["duration"] == pytest.approx(1.8, abs=0.03)
    for time_s in (0.02, 1.0, 1.75, 0.5):
        player.run("seek(argument)", time_s)
        player.run("showsFrame(argument)", int(round(1.3 + time_s, 6) * FPS))
    player.run("playToEnd()")
    report = player.report()
    assert (report["troubles"], report["audioBytes"] > 0) == ([], True)


@pytest.mark.browser
@pytest.mark.parametrize("playlist", ["playlist.m3u8", "master.m3u8"])
def test_hls_js_begins_where_the_part_does(
    playlist: str, delivered: Origin, players_site: str, open_tab: OpenTab
) -> None:
    query = "?start=2.6&end=3.5"  # in the second segment, which is from 2 to 4 s
    player = start(open_tab, players_site, "hls.js", delivered, "both", playlist + query)
    assert player.report()["duration"] == pytest.approx(2, abs=0.05)
    player.run("until(() => video.currentTime > 0)")
    assert player.report()["currentTime"] >= 0.6 - 0.05
    player.run("seek(argument)", 1.02)
    player.run("showsFrame(argument)", int(3.02 * FPS))
    assert player.report()["troubles"] == []
