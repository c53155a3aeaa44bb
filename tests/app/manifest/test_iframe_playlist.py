"""Playlists of I-frames only: as text, as a stranger's parser reads them, by the rules of RFC 8216bis."""

from __future__ import annotations

import re
from fractions import Fraction

import m3u8
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.clip import Clip
from app.cmaf.iframes import plan_iframe
from app.errors import Malformed, NotFound
from app.idx.view import Idx
from app.manifest.hls import plan_iframe_playlist, plan_media_playlist
from app.manifest.multivariant import plan_multivariant
from app.manifest.presentation import of_archive
from app.plan import FileRanges, Plan
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


@pytest.fixture(scope="module")
def idx() -> Idx:
    """Video with keyframes after 0, 2, 4 … 18 s, ever larger, and sound that goes on half a second longer."""
    sizes = [1000 + 100 * number if number % 2 == 0 else 10 for number in range(20)]
    video = MadeTrack(sizes, [1000] * 20, sync=[number % 2 == 0 for number in range(20)])
    return built(make_movie([video, MadeTrack([5] * 41, [500] * 41, "soun")], [Chunk(0, 20), Chunk(1, 41)]))


def text(idx: Idx) -> str:
    (content,) = plan_iframe_playlist(idx, idx.view_number("video"), ARCHIVE).pieces
    assert isinstance(content, bytes)
    return content.decode()


def test_a_whole_playlist(idx: Idx) -> None:
    entries = [
        line
        for number in range(10)
        for line in (
            "#EXTINF:2.000000," if number < 9 else "#EXTINF:2.500000,",
            f"iframe_{number + 1:04d}.m4s?v={idx.version}",
        )
    ]
    assert text(idx).splitlines() == [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        "#EXT-X-TARGETDURATION:3",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-I-FRAMES-ONLY",
        "#EXT-X-PROGRAM-DATE-TIME:2000-01-01T00:00:00.000Z",
        f'#EXT-X-MAP:URI="init.mp4?v={idx.version}"',
        *entries,
        "#EXT-X-ENDLIST",
    ]


def test_a_stranger_reads_it(idx: Idx) -> None:
    read = m3u8.loads(text(idx))
    assert read.is_i_frames_only
    assert read.is_endlist
    assert read.version >= 4  # §4.4.3.6
    assert sum(segment.duration for segment in read.segments) == sum(idx.durations_us()) / 1e6 == 20.5


def test_what_the_multivariant_playlist_says_of_it(idx: Idx) -> None:
    (content,) = plan_multivariant(of_archive(idx, ARCHIVE)).pieces
    assert isinstance(content, bytes)
    (found,) = m3u8.loads(content.decode()).iframe_playlists
    assert found.uri == f"video/iframes.m3u8?v={idx.version}"
    said = found.iframe_stream_info
    assert (said.codecs, said.resolution) == ("avc1.64000a", (64, 48))
    sizes = [plan_iframe(idx, 1, number, ARCHIVE).length for number in range(10)]
    peak, average = rates(sizes, re.findall(r"#EXTINF:([0-9.]+)", text(idx)))
    assert (said.bandwidth, said.average_bandwidth) == (peak, average)
    assert peak > average


def rates(sizes: list[int], durations: list[str]) -> tuple[int, int]:
    """§4.1, word for word: the largest rate of entries in a row that last 0.5 to 1.5 target durations."""
    lasting = [Fraction(each) for each in durations]
    target = round(max(lasting) + Fraction(1, 1000))
    found = [
        8 * sum(sizes[first:last]) / sum(lasting[first:last])
        for first in range(len(sizes))
        for last in range(first + 1, len(sizes) + 1)
        if target / 2 <= sum(lasting[first:last]) <= target * 3 / 2
    ]
    return tuple(-int(-each // 1) for each in (max(found), 8 * sum(sizes) / sum(lasting)))  # type: ignore[return-value]


def test_a_change_of_format_is_a_discontinuity_with_a_map_of_its_own() -> None:
    video = MadeTrack([10] * 6, [1000] * 6, entries=(AVC_ENTRY, OTHER_AVC_ENTRY))
    changing = built(make_movie([video], [Chunk(0, 2), Chunk(0, 3, description=1), Chunk(0, 1)]))
    tags = re.findall(r"#EXT-X-(?:MAP|DISC).*|^iframe_\d+", text(changing), re.MULTILINE)
    assert [re.sub(r"\?v=\w+", "", tag) for tag in tags] == [
        '#EXT-X-MAP:URI="init.mp4"', "iframe_0001", "iframe_0002",
        "#EXT-X-DISCONTINUITY", '#EXT-X-MAP:URI="init_2.mp4"', "iframe_0003", "iframe_0004", "iframe_0005",
        "#EXT-X-DISCONTINUITY", '#EXT-X-MAP:URI="init.mp4"', "iframe_0006",
    ]  # fmt: skip


@pytest.mark.parametrize("view", ["muxed", "audio"])
def test_only_the_video_alone_has_one(idx: Idx, view: str) -> None:
    with pytest.raises(NotFound):
        plan_iframe_playlist(idx, idx.view_number(view), ARCHIVE)


@settings(max_examples=60, deadline=None)
@given(movies(), st.integers(0, 4000), st.none() | st.integers(1, 6000))
def test_a_clip_of_it_lasts_as_long_as_that_of_the_segments(
    made: MadeMovie, start_ms: int, lasting_ms: int | None
) -> None:
    idx = built(made, segment_ms=300)
    clip = Clip(start_ms, None if lasting_ms is None else start_ms + lasting_ms)
    if idx.iframes is None:
        return
    view = idx.view_number("video")
    try:
        segments = durations(plan_media_playlist(idx, view, ARCHIVE, clip))
    except Malformed:
        return
    found = durations(plan_iframe_playlist(idx, view, ARCHIVE, clip))
    assert sum(found) == sum(segments)
    assert min(found) > 0


def durations(plan: Plan) -> list[Fraction]:
    (content,) = plan.pieces
    assert isinstance(content, bytes)
    return list(map(Fraction, re.findall(r"#EXTINF:([0-9.]+)", content.decode())))


def test_a_clip_without_a_keyframe_has_the_one_before(idx: Idx) -> None:
    """The segment from 18 s on, of which the last half second is sound alone: nothing of it is left out."""
    view = idx.view_number("video")
    (content,) = plan_iframe_playlist(idx, view, ARCHIVE, Clip(19_500)).pieces
    assert isinstance(content, bytes)
    names = re.findall(r"iframe_\d+", content.decode())
    assert names[-1] == "iframe_0010"
    assert sum(durations(plan_media_playlist(idx, view, ARCHIVE, Clip(19_500)))) == sum(
        map(Fraction, re.findall(r"#EXTINF:([0-9.]+)", content.decode()))
    )


def test_an_archive_with_one_keyframe_has_none() -> None:
    still = built(
        make_movie([MadeTrack([10] * 4, [1000] * 4, sync=[True, False, False, False])], [Chunk(0, 4)])
    )
    with pytest.raises(NotFound):
        plan_iframe_playlist(still, still.view_number("video"), ARCHIVE)


def test_the_answers_around_them(idx: Idx) -> None:
    view = idx.view_number("video")
    playlist = plan_iframe_playlist(idx, view, ARCHIVE)
    assert playlist.cache_control == "public, max-age=300"
    assert playlist.guards == (NO_FILE, ARCHIVE)
    assert playlist.etag != plan_media_playlist(idx, view, ARCHIVE).etag
    plan = plan_iframe(idx, view, 3, ARCHIVE)
    assert plan.content_type == "video/mp4"
    assert plan.cache_control == "public, max-age=31536000, immutable"
    assert plan.guards == (NO_FILE,)
    head, piece = plan.pieces
    assert isinstance(head, bytes)
    assert isinstance(piece, FileRanges)
    assert piece.lengths == (1600,)
