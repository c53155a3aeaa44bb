"""Whole files and parts of archives in mp4box.js and Chromium."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
from collections.abc import Callable, Iterator
from fractions import Fraction
from hashlib import md5
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.app.running_origin import Origin, running_origin
from tests.player.clips import FPS, SECONDS
from tests.player.conftest import HERE, OpenTab, index, serving
from tests.player.test_mp4box import archived
from tests.player.test_playing import Player, start
from tests.player.test_subtitles import AT_ONCE, SEPARATE, Cues, srt

Found = list[tuple[Fraction, int, bool, str]]


def read(node: str, url: str) -> list[Found]:
    """When each sample of each track is shown, its size, whether it is a sync sample, its digest."""
    return [_samples(track) for track in tracks_of(node, url)]


def tracks_of(node: str, url: str) -> list[dict[str, Any]]:
    """The tracks as mp4box.js finds them, which must have nothing to complain of."""
    command = [node, str(HERE / "mp4box_file.mjs"), url]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=60)
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["troubles"] == []
    assert found["boxes"] == ["ftyp", "moov", "mdat"]
    tracks: list[dict[str, Any]] = found["tracks"]
    return tracks


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


PART = "download.mp4?start=1.3&end=3.1"
TEXTS = {"deu": SEPARATE, "eng": AT_ONCE}


@pytest.fixture(scope="module")
def captioned(clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Origin]:
    """An origin with one archive, `film`, and subtitles beside it."""
    folder = tmp_path_factory.mktemp("captioned")
    (folder / "media").mkdir()
    shutil.copy(clip, folder / "media" / "film.mp4")
    for language, cues in TEXTS.items():
        (folder / "media" / f"film.{language}.srt").write_text(srt(cues))
    index(folder / "media", folder / "index")
    with serving(running_origin, folder) as running:
        yield running


@pytest.mark.requires_tool("node", "players")
def test_mp4box_finds_subtitles_behind_picture_and_sound(
    captioned: Origin, tool: Callable[[str], str]
) -> None:
    *others, german, english = tracks_of(tool("node"), f"{captioned.base}/v/film/download.mp4")
    wanted = archived(captioned.media_dir / "film.mp4")
    assert [[row["md5"] for row in track["samples"]] for track in others] == [
        [each.digest for each in track] for track in wanted
    ]
    for text, (language, cues) in zip((german, english), TEXTS.items(), strict=True):
        assert (text["codec"], text["language"]) == ("tx3g", language)
        lasting = [Fraction(row["duration"], text["timescale"]) for row in text["samples"]]
        found = [(at, long, digest) for (at, _, _, digest), long in zip(_samples(text), lasting, strict=True)]
        assert found == timed_text(cues)


def timed_text(cues: Cues) -> list[tuple[Fraction, Fraction, str]]:
    """Start, duration and digest of the samples that show the cues (3GPP TS 26.245 §5.17)."""
    times = sorted({Fraction(0), *(Fraction(time_s) for cue in cues for time_s in cue[:2])})
    samples = []
    for at, until in pairwise(times):
        words = "\n".join(text for start, end, text in cues if start <= at < end).encode()
        samples.append((at, until - at, md5(struct.pack(">H", len(words)) + words).hexdigest()))
    return samples


@pytest.mark.browser
def test_chromium_plays_a_whole_file(delivered: Origin, players_site: str, open_tab: OpenTab) -> None:
    plays_whole(start(open_tab, players_site, "native", delivered, "both", "download.mp4"))


@pytest.mark.browser
def test_chromium_plays_a_part_of_it(delivered: Origin, players_site: str, open_tab: OpenTab) -> None:
    plays_part(start(open_tab, players_site, "native", delivered, "both", PART))


@pytest.mark.browser
def test_chromium_plays_both_with_subtitles(captioned: Origin, players_site: str, open_tab: OpenTab) -> None:
    for name, plays in (("download.mp4", plays_whole), (PART, plays_part)):
        assert captioned.get(f"/v/film/{name}").body.count(b"tx3g") == len(TEXTS)
        plays(start(open_tab, players_site, "native", captioned, "film", name))


def plays_whole(player: Player) -> None:
    assert player.report()["duration"] == pytest.approx(SECONDS, abs=0.05)
    for time_s in (4.02, 0.5, 4.9, 1.98):
        player.run("seek(argument)", time_s)
        player.run("showsFrame(argument)", int(time_s * FPS))
    player.run("playToEnd()")
    assert player.report()["troubles"] == []


def plays_part(player: Player) -> None:
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
