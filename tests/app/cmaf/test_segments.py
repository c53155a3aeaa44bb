"""Plans of segments and inits: what they are beside their bytes, which `tests.indexer.test_build` reads."""

from __future__ import annotations

import pytest

from app.cmaf.segments import plan_init, plan_segment, segment_parts
from app.idx.view import Idx
from app.plan import FileRanges
from tests.indexer.built import ARCHIVE, NO_FILE, built
from tests.media.made_movie import MEDIA_AT, Chunk, MadeTrack, make_movie
from tests.oracle.boxes import outline, walk


@pytest.fixture(scope="module")
def idx() -> Idx:
    """Two segments: every second 4 foreign bytes, a frame and two samples of sound."""
    video = MadeTrack([100] * 12, [1000] * 12, sync=[number % 6 == 0 for number in range(12)])
    audio = MadeTrack([10] * 24, [500] * 24, "soun")
    chunks = [chunk for _ in range(12) for chunk in (Chunk(0, 1, 4), Chunk(1, 2))]
    return built(make_movie([video, audio], chunks), slop=0.0)


def test_a_segment_is_a_head_and_ranges_of_the_archive(idx: Idx) -> None:
    plan = plan_segment(idx, 0, 1, ARCHIVE)
    head, ranges = plan.pieces
    assert isinstance(head, bytes)
    start = MEDIA_AT + 4 + 6 * 124
    assert ranges == FileRanges(ARCHIVE, [start + 124 * number for number in range(6)], [120] * 6, 720)
    assert plan.length == len(head) + 720 == idx.view_bytes[0][1]
    mdat = list(walk(head + bytes(720)))[-1]
    assert (mdat.fourcc, mdat.stop - mdat.body) == ("mdat", 720)


def test_a_plan_may_be_kept_for_ever_while_both_files_stay(idx: Idx) -> None:
    for plan in (plan_segment(idx, 0, 0, ARCHIVE), plan_init(idx, 0, 0, ARCHIVE)):
        assert plan.cache_control == "public, max-age=31536000, immutable"
        assert plan.last_modified_s == 1_700_000_000
        assert plan.guards == (NO_FILE,)


def test_what_is_all_sound_says_so(idx: Idx) -> None:
    types = {
        view.name: plan_segment(idx, number, 0, ARCHIVE).content_type
        for number, view in enumerate(idx.header.views)
    }
    assert types == {"muxed": "video/mp4", "video": "video/mp4", "audio": "audio/mp4"}
    assert plan_init(idx, idx.view_number("audio"), 0, ARCHIVE).content_type == "audio/mp4"


def test_every_answer_has_a_tag_of_its_own(idx: Idx) -> None:
    views = range(len(idx.header.views))
    plans = [plan_segment(idx, view, number, ARCHIVE) for view in views for number in range(2)]
    plans += [plan_init(idx, view, 0, ARCHIVE) for view in views]
    tags = {plan.etag for plan in plans}
    assert len(tags) == len(plans)
    assert all(tag.startswith(idx.version) for tag in tags)


def test_an_init_is_inline(idx: Idx) -> None:
    plan = plan_init(idx, 0, 0, ARCHIVE)
    assert plan.pieces == idx.view(0).inits
    assert outline(b"".join(idx.view(0).inits)).startswith("ftyp moov(mvhd trak(")


@pytest.mark.parametrize("number", [2, 10**9])
def test_a_segment_past_the_end_is_an_error(idx: Idx, number: int) -> None:
    with pytest.raises(IndexError):
        plan_segment(idx, 0, number, ARCHIVE)


def test_one_track_alone_leaves_the_other_s_bytes_out(idx: Idx) -> None:
    _, ranges = segment_parts(idx, idx.view_number("audio"), 0)
    assert ranges == [(MEDIA_AT + 104 + 124 * number, 20) for number in range(6)]


def test_a_hole_within_the_budget_is_sent() -> None:
    tracks = [MadeTrack([50] * 4, [1000] * 4), MadeTrack([5] * 4, [1000] * 4, "soun")]
    made = make_movie(tracks, [chunk for _ in range(4) for chunk in (Chunk(0, 1), Chunk(1, 1))])
    idx = built(made, slop=0.1)
    video = idx.view_number("video")
    assert idx.view(video).merge_bytes == 5
    assert segment_parts(idx, video, 0)[1] == [(MEDIA_AT, 4 * 50 + 3 * 5)]
