"""Title and chapters of a download, as ffmpeg and our own demuxer read them."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import av
import pytest

from app.clip import WHOLE, Clip
from app.download.metadata import user_data
from app.download.plan import Heads, plan_download
from app.idx.header import ChapterFacts
from app.idx.view import Idx
from app.plan import FileIdentity
from tests.app.download.test_movie import demuxed, indexed, written
from tests.golden.archives import film

TITLE = "Fünf \u201eMinuten\u201c"
CHAPTERS = (ChapterFacts(0, "Eins"), ChapterFacts(2500, "Zwei & drei"), ChapterFacts(8000, "\u00e4" * 200))


@pytest.fixture
def told(tmp_path: Path) -> tuple[Idx, FileIdentity]:
    """12 s with a title and three chapters, the last of which has a long name."""
    idx, archive = indexed(tmp_path, film())
    return replace(idx, digest="told", header=replace(idx.header, title=TITLE, chapters=CHAPTERS)), archive


@pytest.mark.parametrize(
    ("clip", "chapters"),
    [
        (WHOLE, [(0, "Eins"), (2500, "Zwei & drei"), (8000, "\u00e4" * 127)]),
        (Clip(1000, 8000), [(0, "Eins"), (1500, "Zwei & drei")]),
        (Clip(9000), [(0, "\u00e4" * 127)]),
    ],
)
def test_what_is_told(
    clip: Clip, chapters: list[tuple[int, str]], told: tuple[Idx, FileIdentity], tmp_path: Path
) -> None:
    download = written(plan_download(Heads(), *told, clip), tmp_path / "download.mp4")
    movie, _ = demuxed(download)
    assert movie.title == TITLE
    assert [(round(each.start_s * 1000), each.title) for each in movie.chapters] == chapters
    with av.open(str(download)) as container:
        assert container.metadata["title"] == TITLE
        read = [
            (each["start"], each["time_base"], each["metadata"]["title"]) for each in container.chapters()
        ]
    found = [(int(start * base * 1000), title) for start, base, title in read if base]
    assert found == chapters


def test_where_there_is_nothing_to_tell_nothing_is_told(told: tuple[Idx, FileIdentity]) -> None:
    idx, _ = told
    assert user_data(replace(idx, header=replace(idx.header, title="", chapters=())), WHOLE) == b""


@pytest.mark.parametrize(("clip", "starts_ms"), [(WHOLE, [0, 2500, 8000]), (Clip(500), [0, 1000, 6500])])
def test_chapters_where_playback_begins_late(
    clip: Clip, starts_ms: list[int], told: tuple[Idx, FileIdentity]
) -> None:
    """A second late: a whole archive waits for it, a clip of 500 ms after it begins at 1500 ms."""
    idx, _ = told
    late = replace(idx, segment_time=[ticks + idx.header.timescale for ticks in idx.segment_time])
    chapters = user_data(late, clip).partition(b"chpl")[2][9:]
    found = []
    while chapters:
        at, length = struct.unpack_from(">QB", chapters)
        found.append(at // 10_000)
        chapters = chapters[9 + length :]
    assert found == starts_ms
