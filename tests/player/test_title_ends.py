"""A title whose renditions end apart: players come to the end of the presentation on the shorter, too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.app.running_origin import Origin, running_origin
from tests.player.clips import write_clip
from tests.player.conftest import OpenTab, serving
from tests.player.test_title import load, run_indexer

pytestmark = pytest.mark.browser

SECONDS = {360: 6, 180: 5.4}
"""By height, in segments of 2 s. The last one of the second ends 0.6 s before that of the first."""


@pytest.fixture(scope="module")
def title(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Origin]:
    folder = tmp_path_factory.mktemp("ends")
    film = folder / "media" / "film"
    film.mkdir(parents=True)
    for height, seconds in SECONDS.items():
        write_clip(film / f"{height}p.mp4", size=(height * 16 // 9, height), seconds=seconds)
    done = run_indexer(folder / "media", folder / "index")
    assert "film: title of 2 renditions" in done.stderr
    with serving(running_origin, folder) as origin:
        yield origin


@pytest.mark.parametrize(
    ("name", "manifest"),
    [("hls.js", "master.m3u8"), ("shaka", "manifest.mpd"), ("dash.js", "manifest.mpd")],
)
def test_plays_the_shorter_to_the_end(
    name: str, manifest: str, title: Origin, players_site: str, open_tab: OpenTab
) -> None:
    player = load(open_tab, players_site, name, title, manifest, buffering_goal_s=1)
    player.run("firstPicture()")
    player.run("chooseHeight(argument)", min(SECONDS))
    player.run("seek(argument)", 4.5)
    player.run("playToEnd()")
    report = player.report()
    assert (report["troubles"], report["duration"]) == ([], pytest.approx(6, abs=0.05))
    assert any("/180p/video/seg_0003" in url for url in player.tab.requests)
