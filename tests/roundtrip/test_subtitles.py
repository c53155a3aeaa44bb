"""Subtitles against ffmpeg: what the origin serves of a text track is what ffmpeg reads out of it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import m3u8
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.idx.view import open_idx
from app.plan import FileIdentity
from app.webvtt import plan_cues
from indexer.archives import find_archives
from indexer.pipeline import Options, index_archive
from tests.app.running_origin import Origin
from tests.indexer.subtitles.read_vtt import Seen, read
from tests.media.clips import Clip, clip_file

CLOCK = re.compile(r"(\d+):(\d\d):(\d\d),(\d{3}) --> (\d+):(\d\d):(\d\d),(\d{3})")


def in_srt(text: str) -> Iterator[Seen]:
    """ffmpeg's own SubRip: a number, times, lines with tags."""
    for block in re.split(r"\n\n(?=\d+\n\d\d:)", text.strip()):
        _, times, *lines = block.split("\n")
        match = CLOCK.fullmatch(times)
        assert match
        hours = [int(each) for each in match.groups()]
        start, end = (((h * 60 + m) * 60 + s) * 1000 + ms for h, m, s, ms in (hours[:4], hours[4:]))
        words = re.sub(r"</?(?:[biu]|font)\b[^>]*>|\{\\an?\d\}", "", "\n".join(lines))
        yield start, end, "\n".join(line for line in words.split("\n") if line.strip())


def by_ffmpeg(ffmpeg: str, archive: Path, number: int) -> list[Seen]:
    command = [ffmpeg, "-v", "error", "-i", str(archive), "-map", f"0:s:{number}", "-f", "srt", "-"]
    return list(in_srt(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout))


@pytest.mark.corpus
@pytest.mark.requires_tool("ffmpeg")
def test_every_text_of_the_corpus(
    corpus: Path, index_dir: Path, corpus_origin: Origin, tool: Callable[[str], str]
) -> None:
    found = {}
    for index in sorted(index_dir.glob("**/*.idx")):
        idx = open_idx(str(index))
        name = index.relative_to(index_dir).with_suffix("").as_posix()
        for number, text in enumerate(idx.texts):
            archive = (corpus / name).with_name(idx.header.source.name)
            base = f"/v/{name}/{text.facts.name}"
            playlist = m3u8.loads(corpus_origin.get(f"{base}/playlist.m3u8").body.decode())
            bodies = [corpus_origin.get(f"{base}/{each.uri}").body.decode() for each in playlist.segments]
            served = sorted({cue for body in bodies for cue in read(body)})
            duration_ms = sum(idx.durations_us()) // 1000
            wanted = [cue for cue in by_ffmpeg(tool("ffmpeg"), archive, number) if cue[0] < duration_ms]
            assert served == wanted, base
            found[base] = len(served)
    assert found == {
        "/v/torchcodec/nasa_13013/text-eng": 4,
        "/v/torchcodec/nasa_13013/text-eng-2": 4,
    }


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clip_file(Clip(seconds=20, languages=()), tmp_path_factory.mktemp("clip"))


WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z"), exclude_characters="\\{}<>"),
    min_size=1,
    max_size=10,
).filter(lambda word: not word.isdigit())
STYLED = st.builds(lambda tag, word: f"<{tag}>{word}</{tag}>", st.sampled_from("biu"), WORDS)
LINE = st.lists(st.one_of(WORDS, STYLED), min_size=1, max_size=3).map(" ".join)
LINES = st.lists(LINE, min_size=1, max_size=2).map("\n".join)
CUES = st.lists(st.tuples(st.integers(0, 3000), st.integers(50, 8000), LINES), min_size=1, max_size=5)
"""Pauses before each and how long it lasts, in ms; and what it says."""


@pytest.mark.requires_tool("ffmpeg")
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CUES)
@example([(0, 500, "&gt &amp; R&D")])
def test_what_ffmpeg_writes_and_reads(
    clip: Path, tool: Callable[[str], str], tmp_path: Path, cues: list[tuple[int, int, str]]
) -> None:
    """Words with styles, through ffmpeg's encoder of 3GPP timed text, then through us and its decoder."""
    words, archive = tmp_path / "words.srt", tmp_path / "film.mp4"
    at, blocks = 0, []
    for pause, lasting, text in cues:
        start, at = at + pause, at + pause + lasting
        blocks.append(f"1\n{clock(start)} --> {clock(at)}\n{text}\n\n")
    words.write_text("".join(blocks))
    command = [
        tool("ffmpeg"),
        "-v",
        "error",
        "-y",
        "-i",
        str(clip),
        "-i",
        str(words),
        "-c",
        "copy",
        "-c:s",
        "mov_text",
    ]
    subprocess.run([*command, str(archive)], check=True)
    words.unlink()  # or it would be beside the archive
    (found,) = find_archives([str(archive)], str(tmp_path), str(tmp_path))
    assert index_archive(found, Options(segment_duration_ms=2000, force=True)).status == "indexed"
    idx = open_idx(found.index_path)
    wanted = [cue for cue in by_ffmpeg(tool("ffmpeg"), archive, 0) if cue[0] < 20_000]
    served = set()
    for rows in idx.texts:
        for number in range(idx.segment_count):
            (body,) = plan_cues(idx, rows, number, FileIdentity("", 0, 0, 0, 0)).pieces
            assert isinstance(body, bytes)
            served |= {*read(body.decode())}
    assert sorted(served) == wanted


def clock(time_ms: int) -> str:
    return f"00:{time_ms // 60_000:02d}:{time_ms // 1000 % 60:02d},{time_ms % 1000:03d}"
