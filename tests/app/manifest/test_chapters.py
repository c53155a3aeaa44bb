"""Chapters and titles: in playlists, as a stranger's parser reads them, and as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace

import m3u8
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clip import Clip
from app.idx.header import ChapterFacts
from app.idx.view import Idx
from app.manifest.chapters import chapters_of
from app.manifest.hls import plan_iframe_playlist, plan_media_playlist
from app.manifest.multivariant import plan_multivariant
from app.manifest.presentation import of_archive
from app.manifest.session import plan_chapters
from app.plan import Plan
from tests.indexer.built import ARCHIVE, NO_FILE, built
from tests.media.made_movie import Chunk, MadeTrack, make_movie
from tests.oracle import hls
from tests.oracle.hls_rules import together

CHAPTERS = (ChapterFacts(0, "One"), ChapterFacts(2500, 'Two, "quoted"\n'), ChapterFacts(9000, "Drei"))
ONE_YEAR_MS = 365 * 86_400_000


def index(chapters: Sequence[ChapterFacts] = CHAPTERS, title: str = "", seconds: int = 10) -> Idx:
    idx = built(make_movie([MadeTrack([10] * seconds, [1000] * seconds)], [Chunk(0, seconds)]))
    return replace(idx, header=replace(idx.header, chapters=tuple(chapters), title=title))


def text(plan: Plan) -> str:
    (content,) = plan.pieces
    assert isinstance(content, bytes)
    return content.decode()


def test_a_chapter_is_a_date_range() -> None:
    _, _, after = text(plan_media_playlist(index(), 0, ARCHIVE)).partition(
        "DATE-TIME:2000-01-01T00:00:00.000Z\n"
    )
    common = '#EXT-X-DATERANGE:ID="chapter-{}",CLASS="vodsplice.chapter",START-DATE="2000-01-01T00:00:0{}Z",'
    assert after.splitlines()[:3] == [
        common.format(1, "0.000") + 'DURATION=2.500,X-VODSPLICE-TITLE="One"',
        common.format(2, "2.500") + "DURATION=6.500,X-VODSPLICE-TITLE=\"Two, 'quoted' \"",
        common.format(3, "9.000") + 'DURATION=1.000,X-VODSPLICE-TITLE="Drei"',
    ]


def playlists(idx: Idx) -> list[str]:
    """Every media playlist of an archive."""
    plans = [plan_media_playlist(idx, view, ARCHIVE) for view in range(len(idx.header.views))]
    return list(map(text, [*plans, plan_iframe_playlist(idx, idx.view_number("video"), ARCHIVE)]))


def test_every_media_playlist_has_them_and_one_clock() -> None:
    for read in map(m3u8.loads, playlists(index())):
        first = read.segments[0]
        assert first.program_date_time is not None
        assert first.program_date_time.isoformat() == "2000-01-01T00:00:00+00:00"
        ranges = first.dateranges
        assert len({each.id for each in ranges}) == len(ranges) == 3
    assert playlists(index())[0].count("PROGRAM-DATE-TIME") == 1


def test_renditions_of_a_title_have_one_clock_where_some_have_no_chapters() -> None:
    with_some, without = playlists(index()), playlists(index(()))
    assert "DATERANGE" not in "".join(without)
    assert list(together(hls.read(each.encode()) for each in (*with_some, *without))) == []


def test_session_data_name_title_and_chapters() -> None:
    idx = index(title='The "Title"')
    found = m3u8.loads(text(plan_multivariant(of_archive(idx, ARCHIVE)))).session_data
    assert [(each.data_id, each.value, each.uri) for each in found] == [
        ("com.apple.hls.title", "The 'Title'", None),
        ("com.apple.hls.chapters", None, f"chapters.json?v={idx.version}"),
    ]
    assert list(m3u8.loads(text(plan_multivariant(of_archive(index(()), ARCHIVE)))).session_data) == []


def test_a_part_has_its_chapters_as_dates_alone() -> None:
    """Its playlists begin later than the times of chapters.json count from."""
    shown = of_archive(index(title="Film"), ARCHIVE)
    found = m3u8.loads(text(plan_multivariant(shown, Clip(7000)))).session_data
    assert [each.data_id for each in found] == ["com.apple.hls.title"]


@pytest.mark.parametrize(
    ("clip", "numbers"),
    [(Clip(0, 1000), [1, 2]), (Clip(6000), [2, 3]), (Clip(0, 6001), [1, 2, 3])],
)
def test_a_part_has_the_chapters_that_lie_in_its_segments(clip: Clip, numbers: list[int]) -> None:
    """Segments begin at 0 and at 6 s."""
    playlist = text(plan_media_playlist(index(), 0, ARCHIVE, clip))
    assert [int(each) for each in re.findall(r'ID="chapter-(\d)"', playlist)] == numbers
    assert f"DATE-TIME:2000-01-01T00:00:0{clip.start_ms // 6000 * 6}.000Z\n" in playlist


def test_a_part_has_none_that_only_touch_it() -> None:
    assert [each.number for each in chapters_of(index(), 2500, 9000)] == [2]


def test_json_as_apples_players_read_it() -> None:
    plan = plan_chapters(of_archive(index(), ARCHIVE))
    assert json.loads(text(plan)) == [
        {"chapter": 1, "start-time": 0, "duration": 2.5, "titles": [{"language": "und", "title": "One"}]},
        {"chapter": 2, "start-time": 2.5, "duration": 6.5,
         "titles": [{"language": "und", "title": 'Two, "quoted"\n'}]},
        {"chapter": 3, "start-time": 9, "duration": 1, "titles": [{"language": "und", "title": "Drei"}]},
    ]  # fmt: skip
    assert (plan.content_type, plan.guards) == ("application/json", (NO_FILE, ARCHIVE))
    assert json.loads(text(plan_chapters(of_archive(index(()), ARCHIVE)))) == []


@given(st.lists(st.integers(-(2**31), 2**40), max_size=6))
def test_chapters_lie_within_the_presentation_and_meet(starts_ms: list[int]) -> None:
    found = chapters_of(index([ChapterFacts(each, str(each)) for each in starts_ms]))
    ends = [each.start_ms + each.duration_ms for each in found]
    assert [each.start_ms for each in found[1:]] == ends[:-1]
    assert all(each.duration_ms > 0 for each in found)
    assert ends[-1:] == [10_000] * bool(found)
    assert bool(found) == any(each < 10_000 for each in starts_ms)


@pytest.mark.parametrize(("years", "some"), [(99, True), (101, False)])
def test_what_lasts_for_ages_has_none(years: int, some: bool) -> None:
    idx = replace(index(), segment_time=[0, years * ONE_YEAR_MS])
    assert bool(chapters_of(idx)) is some
    assert "PROGRAM-DATE-TIME" in text(plan_media_playlist(idx, 0, ARCHIVE))


def test_times_count_from_where_playback_begins() -> None:
    late = replace(index(), segment_time=[2000, 12_000])
    assert [(each.start_ms, each.title[:3]) for each in chapters_of(late)] == [
        (0, "One"), (500, "Two"), (7000, "Dre"),
    ]  # fmt: skip
