"""Any movie ─▶ an index whose segments hold every sample at its exact place: bytes, times, flags, order."""

from __future__ import annotations

import tracemalloc
from fractions import Fraction
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.cmaf.fragment import NON_SYNC_BIT
from app.cmaf.segments import segment_parts
from app.idx.view import Idx, read_idx
from indexer import figures as figures_module
from indexer.errors import LimitExceeded
from indexer.select import ServedTrack, select
from indexer.track import Movie, Track
from tests.indexer.built import NO_FILE, build, built
from tests.indexer.movies import movies
from tests.media.made_movie import MEDIA_AT, Chunk, MadeMovie, MadeTrack, listed, make_movie
from tests.oracle.boxes import outline
from tests.oracle.fragments import Segment, read_init, read_segment

quickly = settings(max_examples=60, deadline=None)
SLOPS = st.sampled_from((0.0, 0.01, 0.3))
TARGETS_MS = st.integers(100, 4000)


def responses(idx: Idx, view_number: int, content: bytes) -> list[bytes]:
    """Each segment as a client gets it."""
    found = []
    for number in range(idx.segment_count):
        head, ranges = segment_parts(idx, view_number, number)
        assert all(0 <= at < at + length <= len(content) for at, length in ranges)
        found.append(head + b"".join(content[at : at + length] for at, length in ranges))
    return found


def segments_of(idx: Idx, view_number: int, content: bytes) -> list[Segment]:
    setups = read_init(idx.view(view_number).inits[0])
    return [read_segment(response, setups) for response in responses(idx, view_number, content)]


def expected_times(movie: Movie, track: Track) -> list[tuple[int, int, int]]:
    """(decode time from the first sample on, presentation time, duration) of each sample.

    Where media time 0 stands follows from the edits: so many movie ticks late, so many media ticks skipped.
    """
    count, times, since = track.samples.count, [], 0
    durations = listed(track.samples.duration_ticks, count)
    for duration, composition in zip(durations, listed(track.samples.composition_ticks, count), strict=True):
        times.append((since, track.samples.first_decode_ticks + since + composition, duration))
        since += duration
    late = sum(edit.duration_movie_ticks for edit in track.edits if edit.media_time_ticks == -1)
    skipped = sum(edit.media_time_ticks for edit in track.edits if edit.media_time_ticks != -1)
    late_ticks = int(Fraction(late * track.timescale, movie.timescale) + Fraction(1, 2))
    if track.edits and track.handler == "vide" and not movie.fragmented:
        # An edit begins with its first frame, not in the midst of one.
        skipped = min((shown for _, shown, _ in times if shown >= skipped), default=skipped)
    return [(since, shown + late_ticks - skipped, duration) for since, shown, duration in times]


@settings(max_examples=60, deadline=None)
@given(movies(), TARGETS_MS, SLOPS)
def test_every_sample_of_every_view_is_served_at_its_place(
    made: MadeMovie, segment_ms: int, slop: float
) -> None:
    idx = built(made, segment_ms=segment_ms, slop=slop)
    tracks = [each.track for each in select(made.movie).tracks]
    for view_number, view in enumerate(idx.header.views):
        segments = segments_of(idx, view_number, made.content)
        for number in view.tracks:
            got = [sample for segment in segments for sample in segment.tracks.get(number + 1, ())]
            assert [sample.data for sample in got] == made.sample_bytes(tracks[number])
            assert [sample.flags for sample in got] == listed(tracks[number].samples.flags, len(got))
            times = [
                (
                    sample.decode_ticks - got[0].decode_ticks,
                    sample.presentation_ticks,
                    sample.duration_ticks,
                )
                for sample in got
            ]
            assert times == expected_times(made.movie, tracks[number])


@quickly
@given(movies(), TARGETS_MS, SLOPS)
def test_segments_are_what_the_index_says_of_them(made: MadeMovie, segment_ms: int, slop: float) -> None:
    idx = built(made, segment_ms=segment_ms, slop=slop)
    for view_number, view in enumerate(idx.header.views):
        whole = responses(idx, view_number, made.content)
        assert list(map(len, whole)) == list(idx.view_bytes[view_number])
        parts = [segment_parts(idx, view_number, number) for number in range(idx.segment_count)]
        assert sum(len(head) for head, _ in parts) == view.head_bytes
        assert sum(len(ranges) for _, ranges in parts) == view.range_count
        sent_bytes = sum(length for _, ranges in parts for _, length in ranges)
        wanted_bytes = sum(idx.header.tracks[track].byte_count for track in view.tracks)
        assert sent_bytes - wanted_bytes == view.slop_bytes <= slop * wanted_bytes
        for number, segment in enumerate(segments_of(idx, view_number, made.content)):
            assert segment.sequence_number == number + 1
            assert set(segment.tracks) <= {track + 1 for track in view.tracks}
            for track_id, decode_ticks in segment.decode_ticks.items():
                assert decode_ticks == idx.tracks[track_id - 1].decode_time[number]


@quickly
@given(movies(), TARGETS_MS)
def test_segments_cover_the_presentation(made: MadeMovie, segment_ms: int) -> None:
    idx = built(made, segment_ms=segment_ms)
    starts = [Fraction(ticks, idx.header.timescale) for ticks in idx.segment_time]
    assert starts == sorted(set(starts))
    assert sum(idx.durations_us()) == int((starts[-1] - starts[0]) * 10**6 + Fraction(1, 2))
    for number, segment in enumerate(segments_of(idx, 0, made.content)):
        for track_id, samples in segment.tracks.items():
            facts = idx.header.tracks[track_id - 1]
            if facts.kind == "audio":
                shown = [Fraction(sample.presentation_ticks, facts.timescale) for sample in samples]
                assert number == 0 or all(starts[number] <= at for at in shown)
                # Of samples that last no time, the last of those at a cut begins the segment.
                last = number == idx.segment_count - 1
                assert last or all(at < starts[number + 1] for at in shown if at != starts[number + 1])
            elif samples and idx.tracks[0].first_sample[number] and idx.segment_init is None:
                assert samples[0].presentation_ticks == idx.segment_time[number]


def descriptions_of(served: ServedTrack) -> list[int]:
    """The number of the format that applies to each sample."""
    bounds = [*(change.first_sample for change in served.changes), served.track.samples.count]
    return [
        change.format_number
        for change, stop in zip(served.changes, bounds[1:], strict=True)
        for _ in range(change.first_sample, stop)
    ]


@quickly
@given(movies(), TARGETS_MS)
def test_every_segment_has_the_init_of_its_samples(made: MadeMovie, segment_ms: int) -> None:
    idx, lead = built(made, segment_ms=segment_ms), select(made.movie).tracks[0]
    descriptions = descriptions_of(lead)
    for number in range(idx.segment_count):
        init = idx.segment_init[number] if idx.segment_init else 0
        first, last = idx.tracks[0].first_sample[number : number + 2]
        assert set(descriptions[first:last]) <= {init}
    for view in idx.header.views:
        assert len(view.inits) == len(lead.formats)
        for content in view.inits:
            assert set(read_init(content)) == {track + 1 for track in view.tracks}


@quickly
@given(movies(), TARGETS_MS)
def test_independent_segments_begin_with_sync_samples(made: MadeMovie, segment_ms: int) -> None:
    idx = built(made, segment_ms=segment_ms)
    firsts = [
        segment.tracks[1][0].flags for segment in segments_of(idx, 0, made.content) if segment.tracks.get(1)
    ]
    assert idx.view(0).independent == (not any(flags & NON_SYNC_BIT for flags in firsts))


def test_a_track_without_samples_in_a_segment_has_no_traf_there() -> None:
    video = MadeTrack([9] * 40, [250] * 40, sync=[number % 4 == 0 for number in range(40)])
    audio = MadeTrack([5] * 8, [250] * 8, "soun")
    made = make_movie([video, audio], [Chunk(0, 8), Chunk(1, 8), Chunk(0, 32)])
    idx = built(made, segment_ms=2000)
    assert [outline(each) for each in responses(idx, 0, made.content)[:2]] == [
        "styp moof(mfhd traf(tfhd tfdt trun) traf(tfhd tfdt trun)) mdat",
        "styp moof(mfhd traf(tfhd tfdt trun)) mdat",
    ]
    audio_alone = idx.view_number("audio")
    head, ranges = segment_parts(idx, audio_alone, 1)
    assert (outline(head), ranges) == ("styp moof(mfhd traf(tfhd tfdt)) mdat", [])
    assert read_segment(head, read_init(idx.view(audio_alone).inits[0])).tracks == {2: []}


def test_a_thousand_samples_of_one_size_need_one_trun_and_no_rows() -> None:
    pcm = MadeTrack([4] * 48_000, [1] * 48_000, "soun", timescale=48_000)
    made = make_movie([pcm], [Chunk(0, 1000) for _ in range(48)])
    idx = built(made, segment_ms=500)
    head, ranges = segment_parts(idx, 0, 1)
    assert ranges == [(MEDIA_AT + 24_000 * 4, 24_000 * 4)]
    assert len(head) < 200
    assert [len(segment.tracks[1]) for segment in segments_of(idx, 0, made.content)] == [24_000, 24_000]


def test_holes_are_sent_as_long_as_the_budget_lasts() -> None:
    chunks = [Chunk(0, 1, gap) for gap in (0, 5, 40, 5, 40, 5, 5, 40, 5, 40)]
    made = make_movie([MadeTrack([200] * 10, [100] * 10)], chunks)
    sent = {slop: built(made, slop=slop).view(0) for slop in (0.0, 0.01, 0.0125, 0.5)}
    assert [(view.merge_bytes, view.range_count, view.slop_bytes) for view in sent.values()] == [
        (0, 10, 0),
        (0, 10, 0),  # 20 bytes would do for four holes of five, but there are five
        (5, 5, 25),
        (40, 1, 185),
    ]


def test_a_segment_too_large_to_serve_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    made = make_movie([MadeTrack([500] * 4, [1000] * 4)], [Chunk(0, 4)])
    lengths = list(built(made, segment_ms=1000).view_bytes[0])
    monkeypatch.setattr(figures_module, "MAX_SEGMENT_BYTES", max(lengths))
    built(made, segment_ms=1000)
    with pytest.raises(LimitExceeded, match=r"segment 1 would be \d+ bytes.*shorter --segment-duration"):
        built(made, segment_ms=2000)


@pytest.mark.parametrize(
    ("durations", "rate_milli"),
    [
        ([40] * 10, 25_000),
        ([33, 33, 34] * 4, 30_000),
        ([33, 33, 34] * 4 + [2000], 30_000),
        ([17, 16, 17, 50, 400] * 3, 60_000),
        ([0] * 5, 0),
        ([0] * 5 + [1], 0),
    ],
)
def test_frames_that_are_held_do_not_lower_the_rate(durations: list[int], rate_milli: int) -> None:
    made = make_movie([MadeTrack([10] * len(durations), durations)], [Chunk(0, len(durations))])
    assert built(made).header.tracks[0].frame_rate_milli == rate_milli


def test_facts_are_those_of_the_movie() -> None:
    video = MadeTrack([10, 20, 30], [40, 40, 40], sync=[True, False, False])
    audio = MadeTrack([7] * 6, [20] * 6, "soun", language="fr", title="Commentaire")
    made = make_movie([video, audio], [Chunk(0, 3), Chunk(1, 6)], title="A film")
    header = built(made).header
    assert (header.title, header.segment_count, header.timescale) == ("A film", 1, 1000)
    assert [view.name for view in header.views] == ["muxed", "video", "audio-fra"]
    video_facts, audio_facts = header.tracks
    assert (video_facts.sample_count, video_facts.byte_count, video_facts.size_bytes) == (3, 60, None)
    assert (video_facts.duration_ticks, video_facts.frame_rate_milli) == (120, 25_000)
    assert (audio_facts.size_bytes, audio_facts.byte_count) == (7, 42)
    assert (audio_facts.language, audio_facts.title) == ("fr", "Commentaire")
    seconds, view_bytes = 0.12, built(made).view_bytes[0][0]
    assert header.views[0].average_bps == pytest.approx(8 * view_bytes / seconds, abs=1)
    assert list(accumulate(built(made).durations_us())) == [120_000]


def test_opening_takes_no_memory_for_kinds() -> None:
    """Of which there is one a frame where each lasts a time of its own, as in what phones record."""
    frames = 20_000
    video = MadeTrack([1] * frames, [3000 + number % 9973 for number in range(frames)], timescale=90_000)
    content = build(make_movie([video], [Chunk(0, frames)]))
    read_idx(NO_FILE, memoryview(content))  # what is imported and remembered on the way is
    tracemalloc.start()
    try:
        idx = read_idx(NO_FILE, memoryview(content))
        held_bytes, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(idx.tracks[0].kind_duration) == 9973
    assert held_bytes < 50_000
