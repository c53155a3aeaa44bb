"""Players on an archive one of whose tracks begins late or ends early: segments that hold nothing of it.

Not all of them: hls.js waits for sound that has ended, and all but Chromium's own begin where every track has
begun, whoever serves it (ffmpeg's own HLS of these archives fares no better).
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.app.running_origin import Origin, running_origin
from tests.player.clips import FPS, SECONDS
from tests.player.conftest import OpenTab, index, serving
from tests.player.test_playing import start

pytestmark = [pytest.mark.browser, pytest.mark.requires_tool("ffmpeg")]

HALF_S = SECONDS / 2
UNEVEN = {
    "sound ends early": ((), ("-t", str(HALF_S))),
    "picture ends early": (("-t", str(HALF_S)), ()),
    "sound begins late": ((), ("-itsoffset", str(HALF_S))),
}
"""Options for the picture and the sound of a clip."""


@pytest.fixture(scope="module")
def uneven(
    clip: Path, tmp_path_factory: pytest.TempPathFactory, tool: Callable[[str], str]
) -> Iterator[Origin]:
    folder = tmp_path_factory.mktemp("uneven")
    (folder / "media").mkdir()
    for name, (picture, sound) in UNEVEN.items():
        inputs = [*picture, "-i", str(clip), *sound, "-i", str(clip)]
        command = [tool("ffmpeg"), "-v", "error", *inputs, "-map", "0:v", "-map", "1:a", "-c", "copy"]
        subprocess.run([*command, str(folder / "media" / f"{name}.mp4")], check=True)
    index(folder / "media", folder / "index")
    with serving(running_origin, folder) as running:
        yield running


@pytest.mark.parametrize(
    ("archive", "name", "manifest"),
    [
        ("sound ends early", "shaka", "master.m3u8"),
        ("sound ends early", "dash.js", "manifest.mpd"),
        ("picture ends early", "shaka", "manifest.mpd"),
        ("picture ends early", "dash.js", "manifest.mpd"),
        ("sound begins late", "native", "playlist.m3u8"),
    ],
)
def test_plays_to_the_end_and_seeks_to_where_a_track_has_nothing(
    archive: str, name: str, manifest: str, uneven: Origin, players_site: str, open_tab: OpenTab
) -> None:
    player = start(open_tab, players_site, name, uneven, archive, manifest)
    player.run("playToEnd(argument)", 4)
    played = player.report()
    assert (played["troubles"], played["audioBytes"] > 0) == ([], True)
    lasting_s = SECONDS + HALF_S * (archive == "sound begins late")
    assert played["duration"] == pytest.approx(lasting_s, abs=0.1)
    for time_s in (4.5, 1.5, 3.5):
        player.run("seek(argument)", time_s)
        if archive != "picture ends early":
            player.run("showsFrame(argument, argument - 1)", int(time_s * FPS))
    player.run("playToEnd(argument)", 4)
    assert player.report()["troubles"] == []
