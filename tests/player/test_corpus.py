"""The media corpus in Chromium with hls.js: what it says it decodes starts, goes on, and comes to its end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.idx.view import open_idx
from tests.app.running_origin import Origin, running_origin
from tests.conftest import MadeOnce
from tests.player.conftest import OpenTab
from tests.player.page_use import wait_for
from tests.player.test_playing import start
from tests.roundtrip.conftest import indexing
from tests.roundtrip.expected import SERVED

pytestmark = [pytest.mark.browser, pytest.mark.corpus]

FEW = {
    "derived/bear-640x360-stz2_16bit.mp4",
    "firefox/opus-sample.mp4",
    "shaka-packager/BigBuckBunny_10s.ismv",
    "shaka-packager/bear-640x360-vp9.mp4",
    "shaka-packager/bear-av1.mp4",
    "shaka-packager/bear-flac.mp4",
}
"""Played in every run; the others by `make exam`."""

FROM_THE_END_S = 3
NOT_DECODED = {
    "androidx-media/h265_with_metadata_track",  # HEVC, which Chromium leaves to hardware, here and below
    "androidx-media/sample_edit_list",
    "fate-suite/elst_ends_betn_b_and_i",
    "fate-suite/mov_ibi_elst_starts_b",
    "shaka-packager/bear-640x360-hevc",
    "shaka-packager/sparks_dovi_8",
    "androidx-media/sample_vvc",
    "androidx-media/sample_dts_hd_ma",
    "androidx-media/sample_ipcm_24le",
    "fuzzing-corpus/small-shot-mp3",  # not as MP4 through Media Source Extensions
    "mediabunny/ac3",
    "shaka-packager/bear-640x360-ec3",
    "shaka-packager/bear-alac",
    "fate-suite/empty_edit_5s",  # H.264 with chroma of 4:4:4, which it says that it takes, and fails on
}
"""Archives of codecs that Chromium does not take, as it says itself when asked."""

EACH = [pytest.param(file, marks=[] if file in FEW else pytest.mark.exam) for file in sorted(SERVED)]


@pytest.fixture(scope="module")
def served(corpus: Path, made_once: MadeOnce, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Origin]:
    """The corpus behind gunicorn."""
    index_dir, log = made_once(*indexing(corpus)) / "index", tmp_path_factory.mktemp("corpus") / "log"
    with running_origin(corpus, index_dir, log, "--workers", "1") as origin:
        yield origin


@pytest.mark.parametrize("file", EACH)
def test_plays_from_start_to_end(file: str, served: Origin, players_site: str, open_tab: OpenTab) -> None:
    archive = file.rpartition(".")[0]
    if archive in NOT_DECODED:
        check_not_decoded(archive, served, players_site, open_tab)
        return
    player = start(open_tab, players_site, "hls.js", served, archive)
    begun = player.report()
    player.run("advance(argument)", min(1, begun["duration"] / 2))
    if begun["duration"] > 2 * FROM_THE_END_S:
        player.run("seek(argument)", begun["duration"] - FROM_THE_END_S)
    player.run("playToEnd()")
    report = player.report()
    assert report["troubles"] == []
    assert report["currentTime"] == pytest.approx(report["duration"], abs=0.1)
    idx = open_idx(str(served.index_dir / f"{archive}.idx"))
    kinds = {idx.tracks[number].facts.kind for number in idx.header.views[0].tracks}
    decoded = {"video": report["videoBytes"], "audio": report["audioBytes"]}
    assert {kind for kind, count in decoded.items() if count} == kinds


def check_not_decoded(archive: str, served: Origin, players_site: str, open_tab: OpenTab) -> None:
    """Chromium says so itself, of the codecs that the playlist names or of the same pictures as one MP4."""
    idx = open_idx(str(served.index_dir / f"{archive}.idx"))
    tracks = [idx.tracks[number].facts for number in idx.header.views[0].tracks]
    page = open_tab().page
    page.goto(f"{players_site}/harness.html")
    types = [f'{track.kind}/mp4; codecs="{track.codec}"' for track in tracks]
    if page.evaluate("types => types.every(each => MediaSource.isTypeSupported(each))", types):
        page.evaluate("url => start('native', url)", f"{served.base}/v/{archive}/download.mp4")
        wait_for(page, "troubles.length")
        assert "DECODE" in page.evaluate("troubles.join()")
