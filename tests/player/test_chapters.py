"""Chapters and the title of a real archive, as hls.js hands them to the page it plays on."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.player.clips import CHAPTERS_S, SECONDS, TITLE, write_clip
from tests.player.conftest import OpenTab, StartOwn, index
from tests.player.test_playing import start

pytestmark = pytest.mark.browser


def test_hls_js_knows_title_and_chapters(start_own: StartOwn, players_site: str, open_tab: OpenTab) -> None:
    with start_own() as origin:
        write_clip(origin.media_dir / "film.mp4", chapters=True)
        index(origin.media_dir, origin.index_dir)
        player = start(open_tab, players_site, "hls.js", origin, "film", "master.m3u8")
        player.run("seek(argument)", 3.6)
        report = player.report()
        assert report["troubles"] == []
        title, chapters = report["session"]
        assert title == {"id": "com.apple.hls.title", "value": TITLE}
        assert chapters["id"] == "com.apple.hls.chapters"
        assert origin.get(f"/v/film/{chapters['value']}").headers["content-type"] == "application/json"
        starts = [*CHAPTERS_S, float(SECONDS)]
        wanted = [[at, after - at] for at, after in pairwise(starts)]
        found = player.run("chapters()")
        assert [each[:2] for each in found] == [pytest.approx(each, abs=0.002) for each in wanted]
        assert [each[2] for each in found] == [title.replace('"', "'") for title in CHAPTERS_S.values()]
