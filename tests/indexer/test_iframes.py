"""Which keyframes become I-frames, and that each fragment is the sample that its segment holds."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from app.cmaf.fragment import NON_SYNC_BIT
from app.cmaf.iframes import iframe_parts
from app.idx.view import Idx
from indexer.track import Edit
from tests.indexer.built import built
from tests.indexer.movies import movies
from tests.indexer.test_build import segments_of
from tests.media.made_movie import MEDIA_AT, Chunk, MadeMovie, MadeTrack, make_movie
from tests.oracle.fragments import Sample, read_init, read_segment


def index_of(frames: int, gop: int, *, duration: int = 40, edits: tuple[Edit, ...] = ()) -> Idx:
    """Video alone of 1000 ticks a second, a keyframe every `gop` frames."""
    sync = [number % gop == 0 for number in range(frames)]
    video = MadeTrack([10] * frames, [duration] * frames, sync=sync, edits=edits)
    return built(make_movie([video], [Chunk(0, frames)]))


def chosen(idx: Idx) -> list[int]:
    return list(idx.iframes.sample) if idx.iframes else []


def fragments_of(idx: Idx, content: bytes) -> list[Sample]:
    """The one sample of each I-frame's fragment, read as a player reads it."""
    view = idx.view_number("video")
    setups = read_init(idx.view(view).inits[0])
    found = []
    for number in range(len(chosen(idx))):
        head, (offset, length) = iframe_parts(idx, view, number)
        segment = read_segment(head + content[offset : offset + length], setups)
        assert segment.sequence_number == number + 1
        ((sample,),) = segment.tracks.values()
        assert len(sample.data) == segment.mdat_bytes
        found.append(sample)
    return found


@pytest.mark.parametrize(
    ("gop", "apart"),
    [(1, 19), (12, 24), (18, 36), (19, 19), (24, 24), (25, 25), (50, 50), (250, 250)],
)
def test_keyframes_three_quarters_of_a_second_apart_are_chosen(gop: int, apart: int) -> None:
    assert chosen(index_of(500, gop)) == list(range(0, 500, apart))


def test_one_keyframe_is_nothing_to_choose_from() -> None:
    idx = index_of(500, 500)
    assert idx.iframes is None
    assert (idx.header.iframes.peak_bps, idx.header.iframes.average_bps) == (0, 0)


@pytest.mark.parametrize(("duration", "found"), [(2**32 // 50, [0, 50]), (2**32 // 49, [])])
def test_none_lasts_longer_than_a_fragment_can_say(duration: int, found: list[int]) -> None:
    """Ticks of 100 ns, as Smooth Streaming has them, and a keyframe every seven minutes."""
    assert chosen(index_of(100, 50, duration=duration)) == found


def test_sound_has_none() -> None:
    assert built(make_movie([MadeTrack([10] * 500, [20] * 500, "soun")], [Chunk(0, 500)])).iframes is None


def test_of_the_keyframes_that_an_edit_skips_the_last_is_shown() -> None:
    idx = index_of(200, 25, edits=(Edit(0, 2480),))
    assert chosen(idx) == [50, 100, 125, 150, 175]
    assert idx.iframes is not None
    assert idx.iframes.time[0] == -480
    assert [each / 1e6 for each in idx.iframe_durations_us()] == [1.52, 1, 1, 1, 1]


def test_the_first_stands_for_all_before_it() -> None:
    """Sound alone for 20 s, then the picture."""
    late = MadeTrack([10] * 4, [1000] * 4, edits=(Edit(20_000, -1), Edit(4000, 0)))
    sound = MadeTrack([5] * 48, [500] * 48, "soun")
    made = make_movie([late, sound], [Chunk(0, 4), Chunk(1, 48)])
    idx = built(made)
    assert [each / 1e6 for each in idx.iframe_durations_us()] == [21, 1, 1, 1]
    assert [sample.presentation_ticks for sample in fragments_of(idx, made.content)] == [
        20_000, 21_000, 22_000, 23_000,
    ]  # fmt: skip


def test_a_keyframe_without_bytes_is_none() -> None:
    made = make_movie([MadeTrack([10, 0, 10, 10], [1000] * 4)], [Chunk(0, 4)])
    assert chosen(built(made)) == [0, 2, 3]


def test_a_keyframe_is_found_within_its_chunk() -> None:
    made = make_movie([MadeTrack([10, 20, 30, 40], [1000] * 4)], [Chunk(0, 3, 7), Chunk(0, 1, 9)])
    idx = built(made)
    assert idx.iframes is not None
    assert list(idx.iframes.offset) == [MEDIA_AT + 7, MEDIA_AT + 17, MEDIA_AT + 37, MEDIA_AT + 76]


@settings(max_examples=100, deadline=None)
@given(movies())
def test_every_fragment_is_a_sample_of_the_video(made: MadeMovie) -> None:
    idx = built(made, segment_ms=700)
    if not idx.iframes:
        return
    view = idx.view_number("video")
    served = [sample for segment in segments_of(idx, view, made.content) for sample in segment.tracks[1]]
    found = fragments_of(idx, made.content)
    ends = [*(sample.presentation_ticks for sample in found[1:]), idx.segment_time[-1]]
    for number, (sample, end) in enumerate(zip(found, ends, strict=True)):
        same = served[idx.iframes.sample[number]]
        assert (sample.data, sample.decode_ticks, sample.presentation_ticks, sample.flags) == (
            same.data, same.decode_ticks, same.presentation_ticks, same.flags,
        )  # fmt: skip
        assert sample.data
        assert not sample.flags & NON_SYNC_BIT
        assert sample.presentation_ticks + sample.duration_ticks == end
    assert sum(idx.iframe_durations_us()) == sum(idx.durations_us())
