"""Players on subtitles: found, switched on, and the right words at the right time, after any seek.

A cue a second, and one that spans all segments. `late` begins at 3 s of its own timeline, where playback and
subtitles begin with it.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.app.running_origin import Origin, running_origin
from tests.nginx.running_stack import running_stack
from tests.player.clips import SECONDS
from tests.player.conftest import OpenTab, StartOwn, index, serving
from tests.player.page_use import opened, ready, wait_for
from tests.player.test_playing import Player, start

pytestmark = [pytest.mark.browser, pytest.mark.requires_tool("ffmpeg")]

PLAYERS = (
    ("hls.js", "master.m3u8"),
    ("shaka", "master.m3u8"),
    ("shaka", "manifest.mpd"),
)
Cues = list[tuple[float, float, str]]  # start and end in seconds, text

SEPARATE: Cues = [(0.5, 3.25, "across segments"), (3.5, 4.75, "and on")]
"""3GPP timed text has one cue at a time."""
AT_ONCE: Cues = sorted(
    [
        (0.5, 4.75, "all along"),
        *((second + 0.25, second + 0.75, f"second {second}") for second in range(SECONDS)),
    ]
)
LANGUAGES = ["en", "de", "fr"]
TOLERANCE_S = {"film": 0.001, "late": 0.025}
"""The sound of `late` begins a frame of AAC before its picture; players put one or the other at 0."""
WORDS_AT_1_5_S = {
    "English": "across segments",
    "Deutsch": "all along,second 1",
    "Français (forced)": "oui &amp; non",
}


def srt(cues: Cues) -> str:
    return "".join(f"1\n{at(start)} --> {at(end)}\n{text}\n\n" for start, end, text in cues)


def at(time_s: float) -> str:
    return f"00:00:{int(time_s):02d},{round(time_s * 1000) % 1000:03d}"


@pytest.fixture(scope="module")
def subtitled(clip: Path, tmp_path_factory: pytest.TempPathFactory, tool: Callable[[str], str]) -> Path:
    """A folder with `media` and `index`: 3GPP timed text in English, files in German and, forced, French."""
    folder = tmp_path_factory.mktemp("subtitled")
    media_dir = folder / "media"
    media_dir.mkdir()
    words = folder / "words.srt"
    words.write_text(srt(SEPARATE))
    command = [tool("ffmpeg"), "-v", "error", "-i", str(clip), "-i", str(words), "-map", "0", "-map", "1"]
    options = ("-c", "copy", "-c:s", "mov_text", "-metadata:s:s:0", "language=eng")
    subprocess.run([*command, *options, str(media_dir / "film.mp4")], check=True)
    subprocess.run([*command, *options, "-output_ts_offset", "3", str(media_dir / "late.mp4")], check=True)
    for name in ("film", "late"):
        (media_dir / f"{name}.deu.srt").write_text(srt(AT_ONCE))
        (media_dir / f"{name}.fr.forced.vtt").write_text(
            "WEBVTT\n\n00:01.000 --> 00:02.000 line:0\noui & non\n"
        )
    index(media_dir, folder / "index")
    return folder


@pytest.fixture(scope="module")
def captions(subtitled: Path) -> Iterator[Origin]:
    """That folder, served by gunicorn alone."""
    with serving(running_origin, subtitled) as running:
        yield running


@pytest.fixture(scope="module")
def captions_by_nginx(subtitled: Path) -> Iterator[Origin]:
    """That folder, served by nginx that splices."""
    with serving(running_stack, subtitled) as running:
        yield running


@pytest.mark.parametrize(("name", "manifest"), PLAYERS)
@pytest.mark.parametrize("archive", ["film", "late"])
def test_shows_the_right_words_at_the_right_time(
    name: str, manifest: str, archive: str, captions: Origin, players_site: str, open_tab: OpenTab
) -> None:
    player = start(open_tab, players_site, name, captions, archive, manifest)
    show_both_texts(player, TOLERANCE_S[archive])


@pytest.mark.parametrize(
    ("name", "manifest"),
    [
        ("dash.js", "manifest.mpd"),
        ("dash.js", "manifest.mpd?start=2.5"),
        ("shaka", "manifest.mpd?start=2.5"),
        ("shaka", "master.m3u8?start=2.5"),
        ("hls.js", "master.m3u8?start=2.5"),
    ],
)
def test_parts_have_them_and_dash_js_shows_them(
    name: str, manifest: str, captions: Origin, players_site: str, open_tab: OpenTab
) -> None:
    begin_s = 2 if "?" in manifest else 0
    player = start(open_tab, players_site, name, captions, "late", manifest)
    assert [each["lang"] for each in player.report()["texts"]] == LANGUAGES
    player.run("loadedToEnd()")
    player.run("showText(argument)", 1)
    for time_s in (4.5, 2.1, 3.5):
        player.run("seek(argument)", time_s - begin_s)
        player.run(
            "showsCues(argument)", sorted(text for start, end, text in AT_ONCE if start <= time_s < end)
        )
    assert player.report()["troubles"] == []


@pytest.fixture(scope="module")
def with_ttml(
    clip: Path, tmp_path_factory: pytest.TempPathFactory, tool: Callable[[str], str]
) -> Iterator[Origin]:
    """An archive with TTML, one document for all of it, as ffmpeg writes it."""
    folder = tmp_path_factory.mktemp("ttml")
    (folder / "media").mkdir()
    words = folder / "words.srt"
    words.write_text(srt(SEPARATE))
    command = [tool("ffmpeg"), "-v", "error", "-i", str(clip), "-i", str(words), "-map", "0", "-map", "1"]
    options = ("-c", "copy", "-c:s", "ttml", "-metadata:s:s:0", "language=eng")
    subprocess.run([*command, *options, str(folder / "media" / "film.mp4")], check=True)
    late = ("-output_ts_offset", "3", str(folder / "media" / "late.mp4"))
    subprocess.run([*command, *options, *late], check=True)
    index(folder / "media", folder / "index")
    with serving(running_origin, folder) as running:
        yield running


@pytest.mark.parametrize(("name", "shows"), [("dash.js", "showsTtml"), ("shaka", "showsCues")])
@pytest.mark.parametrize(("archive", "query"), [("film", ""), ("film", "?start=2.5"), ("late", "")])
def test_dash_players_show_ttml(
    name: str, shows: str, archive: str, query: str, with_ttml: Origin, players_site: str, open_tab: OpenTab
) -> None:
    begin_s = 2 if query else 0
    # Where the first picture comes a moment after 0, Shaka seeks to it; on a busy machine that may be while
    # it takes the first text in, for which it then waits for ever.
    player = start(
        open_tab, players_site, name, with_ttml, archive, "manifest.mpd" + query, before="startAt_s = 1"
    )
    assert [each["lang"] for each in player.report()["texts"]] == ["en"]
    player.run("loadedToEnd()")
    player.run("chooseText(argument)", 0)
    for time_s in (4.6, 2.1, 3.38):
        player.run("seek(argument)", time_s - begin_s)
        wanted = [text for start, end, text in SEPARATE if start <= time_s < end]
        player.run(f"{shows}(argument)", wanted if shows == "showsCues" else "".join(wanted))
    assert player.report()["troubles"] == []


@pytest.mark.nginx
def test_nginx_has_the_same_words(captions_by_nginx: Origin, players_site: str, open_tab: OpenTab) -> None:
    player = start(open_tab, players_site, "hls.js", captions_by_nginx, "film", "master.m3u8")
    show_both_texts(player, TOLERANCE_S["film"])


def show_both_texts(player: Player, tolerance_s: float) -> None:
    assert [each["lang"] for each in player.report()["texts"]] == LANGUAGES
    player.run("loadedToEnd()")
    for place, cues in enumerate((SEPARATE, AT_ONCE)):
        player.run("showText(argument)", place)
        for time_s in (4.5, 0.4, 1.9, 3.38):
            player.run("seek(argument)", time_s)
            wanted = sorted(text for start, end, text in cues if start <= time_s < end)
            player.run("showsCues(argument)", wanted)
    player.run("playToEnd()")
    known = sorted(player.run("knownCues()"))
    assert [text for *_, text in known] == [text for *_, text in AT_ONCE]
    for at_end in (0, 1):
        wanted_s = pytest.approx([cue[at_end] for cue in AT_ONCE], abs=tolerance_s)
        assert [cue[at_end] for cue in known] == wanted_s
    assert player.report()["troubles"] == []


@pytest.mark.corpus
@pytest.mark.parametrize("name", ["hls.js", "shaka"])
def test_times_hold_after_a_discontinuity(
    name: str, corpus: Path, start_own: StartOwn, players_site: str, open_tab: OpenTab
) -> None:
    """Parameters of the codec change at 0.08 s; the cue is of the second segment alone."""
    with start_own() as origin:
        shutil.copy(
            corpus / "fate-suite" / "h264_extradata-reload-multi-stsd.mp4", origin.media_dir / "film.mp4"
        )
        (origin.media_dir / "film.eng.srt").write_text(srt([(0.1, 0.9, "after")]))
        index(origin.media_dir, origin.index_dir)
        assert b"#EXT-X-DISCONTINUITY" in origin.get("/v/film/text-eng/playlist.m3u8").body
        player = start(open_tab, players_site, name, origin, "film", "master.m3u8")
        player.run("showText(argument)", 0)
        wait_for(player.tab.page, "knownCues().length > 0")
        ((start_s, end_s, words),) = player.run("knownCues()")
        assert (round(start_s, 3), round(end_s, 3), words) == (0.1, 0.9, "after")


def test_the_page_has_them_in_the_players_own_menu(captions: Origin, open_tab: OpenTab) -> None:
    tab = opened(open_tab, captions, "film")
    page = ready(tab.page)
    facts = page.locator("#facts")
    for said in ("English\u00a0· 3GPP timed text", "Deutsch\u00a0· SubRip", "Français (forced)\u00a0· Web"):
        expect(facts).to_contain_text(said)
    shown = "Array.from(video.textTracks).filter(({ mode }) => mode === 'showing')"
    words_of = "({ activeCues }) => Array.from(activeCues, ({ text }) => text).sort()"
    assert page.evaluate(f"{shown}.length") == 0
    page.evaluate("video.currentTime = 1.5")
    for label, words in WORDS_AT_1_5_S.items():
        page.keyboard.press("c")
        assert page.evaluate(f"{shown}.map(({{ label }}) => label)") == [label]
        wait_for(page, f"`${{{shown}.flatMap({words_of})}}` === '{words}'")
    page.keyboard.press("c")
    assert page.evaluate(f"{shown}.length") == 0
    assert tab.complaints == []
