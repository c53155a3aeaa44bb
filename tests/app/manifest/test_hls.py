"""Media playlists, as text and as a stranger's parser reads them."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import m3u8
import pytest
from hypothesis import given, settings

from app.idx.view import Idx
from app.manifest.hls import plan_media_playlist
from tests.indexer.built import ARCHIVE, NO_FILE, built
from tests.indexer.movies import movies
from tests.media.made_movie import (
    AVC_ENTRY,
    OTHER_AVC_ENTRY,
    Chunk,
    MadeMovie,
    MadeTrack,
    make_movie,
)


def playlist(idx: Idx, view: int = 0) -> str:
    (text,) = plan_media_playlist(idx, view, ARCHIVE).pieces
    assert isinstance(text, bytes)
    return text.decode()


def index_of(
    frames: int, *, gop: int = 1, duration: int = 1000, timescale: int = 1000, first: bool = True
) -> Idx:
    """Video alone; `first` tells whether the first frame is a keyframe."""
    sync = [number % gop == 0 and (first or number > 0) for number in range(frames)]
    video = MadeTrack([10] * frames, [duration] * frames, timescale=timescale, sync=sync)
    return built(make_movie([video], [Chunk(0, frames)]))


def test_a_whole_playlist() -> None:
    idx = index_of(15, gop=5)
    assert (
        playlist(idx)
        == f"""#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:5
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-PROGRAM-DATE-TIME:2000-01-01T00:00:00.000Z
#EXT-X-MAP:URI="init.mp4?v={idx.version}"
#EXTINF:5.000000,
seg_0001.m4s?v={idx.version}
#EXTINF:5.000000,
seg_0002.m4s?v={idx.version}
#EXTINF:5.000000,
seg_0003.m4s?v={idx.version}
#EXT-X-ENDLIST
"""
    )


def test_a_change_of_format_is_a_discontinuity_with_a_map_of_its_own() -> None:
    video = MadeTrack([10] * 12, [1000] * 12, entries=(AVC_ENTRY, OTHER_AVC_ENTRY))
    chunks = [Chunk(0, 4), Chunk(0, 4, description=1), Chunk(0, 4)]
    lines = playlist(built(make_movie([video], chunks)))
    tags = re.findall(r"#EXT-X-(?:MAP|DISC).*|^seg_\d+", lines, re.MULTILINE)
    assert [re.sub(r"\?v=\w+", "", tag) for tag in tags] == [
        '#EXT-X-MAP:URI="init.mp4"', "seg_0001",
        "#EXT-X-DISCONTINUITY", '#EXT-X-MAP:URI="init_2.mp4"', "seg_0002",
        "#EXT-X-DISCONTINUITY", '#EXT-X-MAP:URI="init.mp4"', "seg_0003",
    ]  # fmt: skip


def test_segments_that_begin_on_no_keyframe_are_not_called_independent() -> None:
    assert "INDEPENDENT" not in playlist(index_of(10, gop=5, first=False))


@pytest.mark.parametrize(
    ("duration_ms", "target_s"), [(1, 1), (499, 1), (1499, 1), (1500, 2), (2500, 3), (599_400, 599)]
)
def test_target_duration_is_the_longest_to_the_nearest_second(duration_ms: int, target_s: int) -> None:
    assert f"#EXT-X-TARGETDURATION:{target_s}\n" in playlist(index_of(1, duration=duration_ms))


def test_durations_of_a_timescale_that_divides_badly_add_up() -> None:
    idx = index_of(3000, gop=150, duration=1001, timescale=30_000)
    found = re.findall(r"#EXTINF:(\d+\.\d{6}),", playlist(idx))
    assert len(found) == 20
    assert set(found) == {"5.005000"}
    thirds = index_of(60, gop=20, duration=1, timescale=3)
    assert re.findall(r"#EXTINF:(\d+\.\d{6}),", playlist(thirds)) == ["6.666667", "6.666666", "6.666667"]


def test_the_answer_around_it() -> None:
    idx = index_of(3)
    plan = plan_media_playlist(idx, 0, ARCHIVE)
    assert plan.content_type == "application/vnd.apple.mpegurl"
    assert plan.cache_control == "public, max-age=300"
    assert plan.last_modified_s == 1_700_000_000
    assert plan.guards == (NO_FILE, ARCHIVE)
    assert plan.etag == plan_media_playlist(idx, 0, ARCHIVE).etag
    assert plan.etag != plan_media_playlist(idx, 0, ARCHIVE, target_s=99).etag


@settings(max_examples=40, deadline=None)
@given(movies())
def test_a_stranger_reads_what_we_mean(made: MadeMovie) -> None:
    idx = built(made, segment_ms=700)
    for number in range(len(idx.header.views)):
        read = m3u8.loads(playlist(idx, number))
        assert read.is_endlist
        assert read.playlist_type == "vod"
        assert [segment.duration for segment in read.segments] == [each / 1e6 for each in idx.durations_us()]
        assert max(round(segment.duration) for segment in read.segments) <= read.target_duration
        assert read.is_independent_segments == idx.view(number).independent
        inits = [segment.init_section.uri for segment in read.segments]
        numbers = list(idx.segment_init or [0] * idx.segment_count)
        assert [uri.partition("?")[0] for uri in inits] == [
            "init_2.mp4" if init else "init.mp4" for init in numbers
        ]
        changed = [False, *(one != other for one, other in pairwise(numbers))]
        assert [segment.discontinuity for segment in read.segments] == changed


def test_no_segment_of_an_index_lasts_longer_than_it_says() -> None:
    idx = index_of(4)
    longer = replace(idx, segment_time=[0, 12_400])
    assert "#EXTINF:12.400000," in playlist(longer)
    assert "#EXT-X-TARGETDURATION:12\n" in playlist(longer)
