"""What `show` says that no golden does: chapters, notes, odd facts. The rest is in tests/golden."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.idx.header import ChapterFacts
from app.idx.view import Idx
from indexer.show import show
from tests.indexer.built import built
from tests.indexer.conftest import film
from tests.media.made_movie import Chunk, MadeTrack, make_movie


@pytest.fixture(scope="module")
def idx() -> Idx:
    return built(film())


def test_rows_can_be_left_out(idx: Idx) -> None:
    with_rows, without = list(show(idx)), list(show(idx, rows=False))
    assert with_rows[: len(without)] == without
    rows = with_rows[len(without) :]
    assert len(rows) == 1 + idx.segment_count
    assert rows[0].startswith("segment  start_s")


def test_chapters_notes_and_titles(idx: Idx) -> None:
    header = replace(
        idx.header,
        title="A film",
        chapters=(ChapterFacts(0, "One"), ChapterFacts(61_500, "Two")),
        notes=("track 3 (text) passed over: its handler is 'text'",),
    )
    lines = list(show(replace(idx, header=header), rows=False))
    assert "title: A film" in lines
    assert lines[-3:] == [
        "chapter: 0.000 One",
        "chapter: 61.500 Two",
        "note: track 3 (text) passed over: its handler is 'text'",
    ]


def test_what_is_not_known_is_said(idx: Idx) -> None:
    facts = replace(idx.header.tracks[0], video_range="", expected_players=())
    header = replace(idx.header, tracks=(facts, *idx.header.tracks[1:]))
    lines = list(show(replace(idx, header=header), rows=False))
    assert any(line.endswith("range unknown") for line in lines)
    assert "  plays in: no common player" in lines


def test_a_row_says_where_a_segment_lies(idx: Idx) -> None:
    row = list(show(idx))[-1].split()
    number, start_s, duration_s, video, audio, head, *ranges = row
    assert (number, float(start_s)) == (str(idx.segment_count), sum(idx.durations_us()[:-1]) / 1e6)
    assert float(duration_s) == idx.durations_us()[-1] / 1e6
    assert video.partition("@")[2] == str(idx.tracks[0].decode_time[-1])
    assert audio.partition("@")[2] == str(idx.tracks[1].decode_time[-1])
    sent_bytes = sum(int(each.partition("+")[2]) for each in ranges)
    assert int(head.rstrip(":")) + sent_bytes == idx.view_bytes[0][-1]


def test_holes_are_counted() -> None:
    made = make_movie([MadeTrack([10] * 3, [1000] * 3)], [Chunk(0, 1), Chunk(0, 1, 5), Chunk(0, 1, 5)])
    assert "runs: 5 of 2 kinds, 2 of them holes" in list(show(built(made)))
