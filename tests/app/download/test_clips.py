"""A clip as one MP4: the samples that it needs and no others, shown when the archive shows them."""

from __future__ import annotations

import re
import struct
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from app.clip import Clip
from app.cmaf.fragment import NON_SYNC_BIT
from app.download.plan import Heads, plan_download
from app.errors import Malformed
from app.idx.track_rows import TrackRows
from app.idx.view import Idx
from indexer.track import Edit
from tests.app.download.test_movie import Shown, demuxed, indexed, samples_of, written
from tests.golden.archives import film
from tests.indexer.movies import movies
from tests.media.made_movie import Chunk, MadeMovie, MadeTrack, make_movie

PREROLL_S = Fraction(80, 1000)
NORMAL_RATE = 1 << 16


def on_the_timeline(idx: Idx, rows: TrackRows) -> list[tuple[int, int, int]]:
    """When each sample of a track is shown, its duration and flags, as its segments say."""
    decode_ticks, found = rows.decode_time[0], []
    for number in range(rows.facts.sample_count):
        kind = 0 if rows.kind is None else rows.kind[number]
        shown = decode_ticks + rows.kind_composition[kind] - rows.facts.media_time_ticks
        found.append((shown, rows.kind_duration[kind], rows.kind_flags[kind]))
        decode_ticks += rows.kind_duration[kind]
    return found


@settings(max_examples=30, deadline=None, phases=[Phase.generate])
@given(made=movies(smallest_bytes=1), times_ms=st.tuples(st.integers(0, 8000), st.integers(1, 6000)))
def test_what_is_in_a_clip(
    made: MadeMovie, times_ms: tuple[int, int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("clip")
    idx, archive = indexed(folder, made, segment_duration_ms=700)
    clip = Clip(times_ms[0], sum(times_ms))
    try:
        start_s, end_s = clip.times_s(idx)
        plan = plan_download(Heads(), idx, archive, clip)
    except Malformed:
        return
    movie, content = demuxed(written(plan, folder / "clip.mp4"))
    by_id = {track.track_id: track for track in movie.tracks}
    for rows in idx.tracks:
        wanted = on_the_timeline(idx, rows)
        ticks = rows.facts.timescale
        due = [n for n, row in enumerate(wanted) if row[1] and start_s * ticks <= row[0] < end_s * ticks]
        if rows.track_id not in by_id:
            assert not due
            continue
        found = samples_of(movie, by_id[rows.track_id], content)
        first = begins_with(found, wanted, round(start_s * ticks), due)
        # Made movies are shown in any order; in real ones nothing before a keyframe is shown after it.
        due = [n for n in due if n >= first]
        assert not due or due[-1] < first + len(found)
        last = wanted[first + len(found) - 1]
        assert last[0] < end_s * ticks, "decoded after all that is shown"
        if rows.facts.kind == "audio" and 0 < first < len(wanted) - 1:
            assert wanted[first + 1][0] > (start_s - PREROLL_S) * ticks, "more than the decoder needs"


def begins_with(found: Shown, wanted: list[tuple[int, int, int]], start_ticks: int, due: list[int]) -> int:
    """The number of the sample that a clip begins with; all of it must be as it is on the timeline."""
    shifted = [(shown + start_ticks, duration, flags) for shown, duration, flags, _ in found]
    starts = [n for n in range(len(wanted)) if wanted[n : n + len(found)] == shifted]
    assert starts, "not a run of the archive's samples at the archive's times"
    return next((n for n in starts if not due or n <= due[0] < n + len(found)), starts[0])


@pytest.fixture(scope="module")
def sung(tmp_path_factory: pytest.TempPathFactory) -> tuple[Idx, object]:
    """12 s of B-frames with a keyframe every two, and sound with priming."""
    return indexed(tmp_path_factory.mktemp("film"), film())


@pytest.mark.parametrize(
    ("start_ms", "keyframe"), [(0, 0), (1999, 0), (2000, 50), (2001, 50), (7500, 150), (11_990, 250)]
)
def test_it_begins_on_the_keyframe_before(
    start_ms: int, keyframe: int, sung: tuple[Idx, object], tmp_path_factory: pytest.TempPathFactory
) -> None:
    idx, archive = sung
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    plan = plan_download(Heads(), idx, archive, Clip(start_ms))  # type: ignore[arg-type]
    movie, content = demuxed(written(plan, path))
    shown = samples_of(movie, movie.tracks[0], content)
    assert len(shown) == 300 - keyframe
    assert not shown[0][2] & NON_SYNC_BIT
    assert shown[0][0] == keyframe * 512 - round(start_ms * 12.8)


@pytest.mark.parametrize(("clip", "lasting_s"), [(Clip(3100, 5250), 2.15), (Clip(3100), 8.9)])
def test_it_ends_exactly(
    clip: Clip, lasting_s: float, sung: tuple[Idx, object], tmp_path_factory: pytest.TempPathFactory
) -> None:
    idx, archive = sung
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    movie, _ = demuxed(written(plan_download(Heads(), idx, archive, clip), path))  # type: ignore[arg-type]
    for track in movie.tracks:
        lasting = sum(edit.duration_movie_ticks for edit in track.edits)
        assert lasting / movie.timescale == pytest.approx(lasting_s, abs=0.03 * (clip.end_ms is None))


def test_sound_begins_before_the_clip_does(
    sung: tuple[Idx, object], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """By as much as a decoder needs, and no more than a frame of AAC beyond."""
    idx, archive = sung
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    movie, content = demuxed(written(plan_download(Heads(), idx, archive, Clip(7500)), path))  # type: ignore[arg-type]
    sound = movie.tracks[1]
    begins_s = Fraction(samples_of(movie, sound, content)[0][0], sound.timescale)
    assert -PREROLL_S - Fraction(1024, sound.timescale) <= begins_s <= -PREROLL_S


def test_a_track_that_begins_later_is_delayed(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("late")
    video = MadeTrack([100] * 10, [1000] * 10, sync=[True] * 10)
    sound = MadeTrack([20] * 20, [250] * 20, "soun", edits=(Edit(4000, -1), Edit(0, 0)))
    idx, archive = indexed(folder, make_movie([video, sound], [Chunk(0, 10), Chunk(1, 20)]))
    movie, _ = demuxed(written(plan_download(Heads(), idx, archive, Clip(2500, 6000)), folder / "clip.mp4"))
    delay, shown = movie.tracks[1].edits
    assert delay.rate_16_16 == shown.rate_16_16 == NORMAL_RATE
    assert (delay.media_time_ticks, Fraction(delay.duration_movie_ticks, movie.timescale)) == (
        -1,
        Fraction(3, 2),
    )


def test_it_lasts_as_long_as_its_longest_track(tmp_path: Path) -> None:
    video = MadeTrack([100] * 10, [1000] * 10, sync=[True] * 10)
    sound = MadeTrack([20] * 12, [500] * 12, "soun")
    idx, archive = indexed(tmp_path, make_movie([video, sound], [Chunk(0, 10), Chunk(1, 12)]))
    _, content = demuxed(written(plan_download(Heads(), idx, archive, Clip(1000)), tmp_path / "clip.mp4"))
    timescale, duration, rate = struct.unpack_from(">III", content, content.index(b"mvhd") + 16)
    assert (duration, rate) == (9 * timescale, NORMAL_RATE)


def test_a_clip_before_a_track_leaves_it_out(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("out")
    video = MadeTrack([100] * 10, [1000] * 10, sync=[True] * 10)
    sound = MadeTrack([20] * 20, [250] * 20, "soun", edits=(Edit(4000, -1), Edit(0, 0)))
    idx, archive = indexed(folder, make_movie([video, sound], [Chunk(0, 10), Chunk(1, 20)]))
    plan = plan_download(Heads(), idx, archive, Clip(1000, 3000))
    movie, _ = demuxed(written(plan, folder / "clip.mp4"))
    assert [track.handler for track in movie.tracks] == ["vide"]
    assert [track.samples.count for track in movie.tracks] == [2]


def test_a_name_to_save_it_by(sung: tuple[Idx, object]) -> None:
    idx, archive = sung
    plans = [plan_download(Heads(), idx, archive, clip) for clip in (Clip(), Clip(61), Clip(1500, 3250))]  # type: ignore[arg-type]
    assert [plan.filename for plan in plans] == ["film.mp4", "film 0.061-.mp4", "film 1.5-3.25.mp4"]
    assert len({plan.etag for plan in plans}) == 3
    assert all(re.fullmatch(r"[\x21\x23-\x7e]+", plan.etag) for plan in plans)
