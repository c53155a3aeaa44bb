"""Where segments begin, and which samples each holds, by the troubles that archives have."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence
from dataclasses import replace

import pytest

from indexer import segmentation
from indexer.errors import LimitExceeded, Unsupported
from indexer.segmentation import Segmentation, decode_times, segment
from indexer.select import select
from indexer.track import Edit
from tests.indexer.built import placed
from tests.media.made_movie import (
    AVC_ENTRY,
    OTHER_AVC_ENTRY,
    Chunk,
    MadeMovie,
    MadeTrack,
    interleaved,
    make_movie,
)


def video(seconds: int, *, gop: int = 2, late_ms: int = 0, skipped: int = 0) -> MadeTrack:
    """A frame a second in milliseconds, a keyframe each `gop`."""
    edits = (Edit(late_ms, -1), Edit(0, skipped)) if late_ms or skipped else ()
    sync = [number % gop == 0 for number in range(seconds)]
    return MadeTrack([10] * seconds, [1000] * seconds, sync=sync, edits=edits)


def audio(seconds: int, *, late_ms: int = 0, skipped: int = 0, timescale: int = 1000) -> MadeTrack:
    """Four samples a second."""
    edits = (Edit(late_ms, -1), Edit(0, skipped)) if late_ms or skipped else ()
    count = 4 * seconds
    return MadeTrack([5] * count, [timescale // 4] * count, "soun", timescale=timescale, edits=edits)


def segmented(*tracks: MadeTrack, target_ms: int = 6000) -> Segmentation:
    return segmented_movie(make_movie(tracks, interleaved(tracks)), target_ms)


def segmented_movie(made: MadeMovie, target_ms: int = 6000) -> Segmentation:
    return segment(placed(made.movie), select(made.movie).tracks[0].changes, target_ms)


def starts_s(found: Segmentation) -> list[float]:
    return [ticks / found.timescale for ticks in found.start_ticks]


def test_cuts_fall_on_keyframes_and_sound_follows() -> None:
    found = segmented(video(18), audio(18))
    assert starts_s(found) == [0, 6, 12, 18]
    assert found.first_samples == [[0, 6, 12, 18], [0, 24, 48, 72]]


@pytest.mark.parametrize("timescale", [44_100, 48_000, 90_000, 8000, 12])
def test_sound_in_another_timescale_is_cut_at_the_first_sample_not_before_the_picture(timescale: int) -> None:
    found = segmented(video(12), audio(12, timescale=timescale, skipped=1))
    # Each sample begins one tick early, so the one at 6 s belongs to the segment before.
    assert found.first_samples[1] == [0, 25, 48]


def test_sound_alone_is_cut_at_any_sample() -> None:
    found = segmented(audio(20), target_ms=5100)
    assert starts_s(found) == [0, 5, 10, 15, 20]
    assert found.first_samples == [[0, 20, 40, 60, 80]]


def test_pictures_that_all_stand_alone_are_cut_anywhere() -> None:
    found = segmented(video(20, gop=1), audio(20), target_ms=5000)
    assert starts_s(found) == [0, 5, 10, 15, 20]


def test_one_keyframe_makes_one_segment() -> None:
    assert starts_s(segmented(video(600, gop=600), audio(600))) == [0, 600]


@pytest.mark.parametrize(
    ("tracks", "starts", "first_samples"),
    [
        ((video(6), audio(20)), [0, 6, 12, 20], [[0, 6, 6, 6], [0, 24, 48, 80]]),
        ((video(6), audio(8)), [0, 8], [[0, 6], [0, 32]]),  # less than half a target needs none
        ((video(7, gop=7), audio(20)), [0, 7, 13, 20], [[0, 7, 7, 7], [0, 28, 52, 80]]),
        ((video(20), audio(6)), [0, 6, 12, 20], [[0, 6, 12, 20], [0, 24, 24, 24]]),
        ((video(6, late_ms=14_000), audio(20)), [0, 6, 14, 20], [[0, 0, 0, 6], [0, 24, 56, 80]]),
        ((video(6, late_ms=2000), audio(8)), [0, 8], [[0, 6], [0, 32]]),
        ((video(12), audio(2, late_ms=10_000)), [0, 6, 12], [[0, 6, 12], [0, 0, 8]]),
        ((audio(6), audio(20)), [0, 6, 12, 20], [[0, 24, 24, 24], [0, 24, 48, 80]]),
        ((audio(6, late_ms=12_000), audio(18)), [0, 6, 12, 18], [[0, 0, 0, 24], [0, 24, 48, 72]]),
    ],
    ids=[
        "sound goes on",
        "sound goes on a little",
        "sound goes on after one long group",
        "sound ends early",
        "pictures begin late",
        "pictures begin a little late",
        "sound begins late",
        "other sound goes on",
        "other sound begins earlier",
    ],
)
def test_tracks_that_begin_and_end_apart(
    tracks: Sequence[MadeTrack], starts: list[float], first_samples: list[list[int]]
) -> None:
    found = segmented(*tracks)
    assert (starts_s(found), found.first_samples) == (starts, first_samples)


def test_what_an_edit_list_skips_joins_the_first_segment_and_lasts_no_time() -> None:
    found = segmented(video(14, skipped=2000), audio(14, skipped=2000))
    assert starts_s(found) == [0, 6, 12]
    assert found.first_samples == [[0, 8, 14], [0, 32, 56]]


def test_everything_late_starts_late() -> None:
    assert starts_s(segmented(video(12, late_ms=3000), audio(12, late_ms=3000))) == [3, 9, 15]


def test_a_picture_that_lasts_no_time_lasts_a_tick() -> None:
    one_picture = MadeTrack([100], [0])
    assert starts_s(segmented(one_picture)) == [0, 0.001]


def test_an_archive_that_shows_nothing_is_refused() -> None:
    with pytest.raises(Unsupported, match="its edit list shows nothing of it"):
        segmented(video(2, skipped=5000))


def test_a_cover_picture_makes_no_segment_of_its_own() -> None:
    found = segmented(MadeTrack([100], [40]), audio(12))
    assert (starts_s(found), found.first_samples[0]) == ([0, 6, 12], [0, 1, 1])


def test_leading_pictures_stay_with_the_keyframe_that_they_follow() -> None:
    # Decoded I0 B B I3 B B: the B-frames after I3 are shown before it.
    shown = [0, 1, 2, 5, 3, 4, 8, 6, 7]
    track = MadeTrack(
        [10] * 9, [1000] * 9, compositions=[1000 * (at - number) for number, at in enumerate(shown)],
        sync=[number % 3 == 0 for number in range(9)],
    )  # fmt: skip
    found = segmented(track, target_ms=4000)
    assert starts_s(found) == [0, 5, 9]
    assert found.first_samples == [[0, 3, 9]]


def test_a_change_of_format_begins_a_segment() -> None:
    track = MadeTrack([10] * 12, [1000] * 12, entries=(AVC_ENTRY, OTHER_AVC_ENTRY))
    chunks = [Chunk(0, 4), Chunk(0, 1, description=1), Chunk(0, 7)]
    found = segmented_movie(make_movie([track], chunks))
    assert starts_s(found) == [0, 4, 5, 12]
    assert found.format_numbers == [0, 1, 0]


def test_constant_durations_cost_no_memory() -> None:
    day = make_movie([MadeTrack([2], [1], "soun", timescale=48_000)], [Chunk(0, 1)])
    (track,) = placed(day.movie)
    samples = replace(track.track.samples, count=4_000_000_000)
    tracemalloc.start()
    times = decode_times(samples)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (len(times), times[-1]) == (4_000_000_001, 4_000_000_000)
    assert peak_bytes < 1 << 20  # of 32 GB; other threads are counted too


def test_a_gap_of_years_is_refused_quickly() -> None:
    years = MadeTrack([1], [2**32 - 1], "soun", timescale=1)
    with pytest.raises(LimitExceeded, match="more than 50000 segments"):
        segmented(video(2), years)


def test_tracks_that_are_silent_for_days_are_refused_where_they_are_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each would have every segment of the longest, and nothing in them."""
    monkeypatch.setattr(segmentation, "MAX_BARE_PARTS", 60)
    silent = MadeTrack([1] * 2, [100_000, 20], "soun")
    alone = segmented(video(2), silent)
    assert alone.count == 17
    with pytest.raises(LimitExceeded, match="its 8 samples would be spread over 17 segments of 4 tracks"):
        segmented(video(2), *[silent] * 3)
    busy = MadeTrack([1] * 1000, [20] * 1000, "soun")
    assert segmented(video(2), *[silent] * 2, busy).count == 17


def test_times_past_63_bits_are_refused() -> None:
    far = Edit(2**62, -1)
    with pytest.raises(LimitExceeded, match=r"track 1 lasts until tick \d+, more than 63 bits hold"):
        segmented(MadeTrack([1], [1], timescale=90_000, edits=(far,)))
    slow = MadeTrack([1], [2**32 - 1], "soun", timescale=1, edits=(Edit(2**50, -1),))
    with pytest.raises(LimitExceeded, match="track 2 lasts until tick"):
        segmented(MadeTrack([1], [1], timescale=2**32 - 1), slow)


def test_samples_without_any_duration_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segmentation, "MAX_TIMELESS_SAMPLES", 5)
    assert starts_s(segmented(MadeTrack([1] * 5, [0] * 5))) == [0, 0.001]
    with pytest.raises(LimitExceeded, match="6 samples that all last no time; 5 are served"):
        segmented(MadeTrack([1] * 6, [0] * 6))


@pytest.mark.parametrize("gop", [2, 3, 4, 5, 7])
@pytest.mark.parametrize("seconds", [23, 26, 27, 28, 33])
def test_renditions_with_the_same_keyframes_are_cut_alike(seconds: int, gop: int) -> None:
    """Whatever their timescales, and however their sound is padded or cut off."""
    sync = [number % gop == 0 for number in range(seconds)]
    found = []
    for timescale, sound_ms in ((1000, None), (12_800, 21), (90_000, -40), (30_000, 400), (600, -500)):
        picture = MadeTrack([10] * seconds, [timescale] * seconds, timescale=timescale, sync=sync)
        lasting_ms = [250] * (4 * seconds - 4) + [1000 + (sound_ms or 0)]
        sound = MadeTrack([5] * len(lasting_ms), lasting_ms, "soun")
        found.append(starts_s(segmented(picture, *([sound] if sound_ms is not None else [])))[:-1])
    assert found == [found[0]] * len(found)


def test_a_frame_less_at_the_end_does_not_matter() -> None:
    whole = MadeTrack([10] * 270, [100] * 270, sync=[number % 20 == 0 for number in range(270)])
    less = MadeTrack([10] * 269, [100] * 269, sync=[number % 20 == 0 for number in range(269)])
    assert starts_s(segmented(whole))[:-1] == starts_s(segmented(less))[:-1] == [0, 6, 12, 18, 24]
