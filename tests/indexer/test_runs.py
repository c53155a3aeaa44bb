"""Chunks ─▶ runs and holes: the codes of a segment say again where every sample of it lies."""

from __future__ import annotations

from array import array
from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.idx.layout import HOLE
from indexer import runs
from indexer.runs import ChunkMap, RunTables, tabulate_runs
from indexer.track import Samples
from tests.indexer.movies import movies
from tests.media.made_movie import MadeMovie, listed


def track_of(sizes: int | list[int], *chunks: tuple[int, int]) -> Samples:
    """Chunks are (offset, samples)."""
    return Samples(
        count=sum(samples for _, samples in chunks),
        size_bytes=sizes if isinstance(sizes, int) else array("I", sizes),
        duration_ticks=1,
        composition_ticks=0,
        flags=0,
        chunk_offset=array("Q", [offset for offset, _ in chunks]),
        chunk_samples=array("I", [samples for _, samples in chunks]),
        chunk_description=0,
        byte_count=0,
    )


def tabulated(*tracks: Samples, cuts: list[list[int]] | None = None) -> RunTables:
    """`cuts`: first samples of each track; one segment where there are none."""
    firsts = cuts or [[0, track.count] for track in tracks]
    return tabulate_runs([ChunkMap(track) for track in tracks], firsts)


def runs_of(tables: RunTables) -> list[list[tuple[int, int]]]:
    """Of each segment, the track and extent of every run and hole, by the description of the format."""
    found = []
    bounds = zip(pairwise(tables.segment_run), pairwise(tables.segment_long), strict=True)
    for (first, last), (first_long, last_long) in bounds:
        long = iter(tables.long_extent[first_long:last_long])
        kinds = [(tables.kind_track[code], tables.kind_extent[code]) for code in tables.code[first:last]]
        found.append([(track, extent or next(long)) for track, extent in kinds])
        assert list(long) == []
    return found


def spelled(tables: RunTables) -> list[list[str]]:
    """Each segment in words: "0x3" is three samples of track 0, "+5" a hole of five bytes."""
    return [
        [f"{extent:+d}" if track == HOLE else f"{track}x{extent}" for track, extent in runs]
        for runs in runs_of(tables)
    ]


def test_neighbours_of_one_track_are_one_run() -> None:
    assert spelled(tabulated(track_of(10, (100, 2), (120, 3)))) == [["0x5"]]


def test_tracks_take_turns() -> None:
    tables = tabulated(track_of(10, (100, 2), (150, 2)), track_of(15, (120, 2), (170, 1)))
    assert spelled(tables) == [["0x2", "1x2", "0x2", "1x1"]]
    assert list(tables.segment_offset) == [100]


def test_turns_may_end_before_the_segment_does() -> None:
    video = track_of(10, (100, 1), (130, 1))
    assert spelled(tabulated(video, track_of(20, (110, 1), (140, 1), (170, 1)))) == [
        ["0x1", "1x1", "0x1", "1x1", "+10", "1x1"]
    ]
    touching = track_of(20, (110, 1), (140, 1), (160, 1))
    assert spelled(tabulated(video, touching)) == [["0x1", "1x1", "0x1", "1x2"]]


def test_turns_may_begin_after_the_segment_does() -> None:
    sound = track_of(20, (100, 1), (130, 1), (160, 1))
    assert spelled(tabulated(track_of(10, (150, 1), (180, 1)), sound)) == [
        ["1x1", "+10", "1x1", "0x1", "1x1", "0x1"]
    ]
    touching = track_of(20, (110, 1), (130, 1), (160, 1))
    assert spelled(tabulated(track_of(10, (150, 1), (180, 1)), touching)) == [["1x2", "0x1", "1x1", "0x1"]]


def test_what_follows_turns_stays_in_decode_order() -> None:
    tables = tabulated(track_of(10, (100, 1)), track_of(10, (110, 1), (140, 1), (125, 1)))
    assert spelled(tables) == [["0x1", "1x1", "+20", "1x1", "-25", "1x1"]]


def test_a_track_may_have_two_turns() -> None:
    tables = tabulated(track_of(10, (100, 1), (120, 1), (200, 1)), track_of(10, (140, 1), (160, 1)))
    assert spelled(tables) == [["0x1", "+10", "0x1", "+10", "1x1", "+10", "1x1", "+30", "0x1"]]


def test_foreign_bytes_are_holes_and_shared_bytes_negative_ones() -> None:
    tables = tabulated(track_of(10, (100, 1), (115, 1)), track_of(10, (120, 1)))
    assert spelled(tables) == [["0x1", "+5", "0x1", "-5", "1x1"]]


def test_like_shapes_are_one_code() -> None:
    tables = tabulated(track_of(10, *((100 + 13 * number, 1) for number in range(50))))
    assert (len(tables.kind_track), len(tables.code), len(tables.long_extent)) == (2, 99, 0)


def test_holes_of_all_lengths_share_a_code() -> None:
    offsets = list(accumulate(range(11, 511), initial=100))
    tables = tabulated(track_of(10, *((offset, 1) for offset in offsets)))
    assert spelled(tables) == [["0x1", *(word for hole in range(1, 501) for word in (f"+{hole}", "0x1"))]]
    assert list(zip(tables.kind_track, tables.kind_extent, strict=True)) == [(0, 1), (HOLE, 0)]


def test_the_commonest_of_many_shapes_have_codes() -> None:
    lengths = [*range(1, 256), *range(1, 256), *range(156, 256)]
    offsets = list(accumulate((10 + length for length in lengths), initial=100))
    tables = tabulated(track_of(10, *((offset, 1) for offset in offsets)))
    assert [word for word in spelled(tables)[0] if word != "0x1"] == [f"+{length}" for length in lengths]
    listed = list(zip(tables.kind_track, tables.kind_extent, strict=True))
    assert listed == [
        (0, 1),
        *((HOLE, length) for length in range(156, 256)),
        *((HOLE, length) for length in range(1, 154)),  # a code is left for each track and one for holes
        (HOLE, 0),
    ]


def test_a_cut_in_the_middle_of_a_chunk_divides_it() -> None:
    tables = tabulated(track_of([1, 2, 3, 4, 5, 6], (100, 4), (200, 2)), cuts=[[0, 2, 3, 5, 6]])
    assert spelled(tables) == [["0x2"], ["0x1"], ["0x1", "+90", "0x1"], ["0x1"]]
    assert list(tables.segment_offset) == [100, 103, 106, 205]


def test_chunks_that_lie_out_of_order_stay_in_decode_order() -> None:
    assert spelled(tabulated(track_of(10, (300, 1), (100, 2)))) == [["0x1", "-210", "0x2"]]
    with_other = tabulated(track_of(10, (300, 1), (100, 2)), track_of(10, (200, 1)))
    assert spelled(with_other) == [["1x1", "+90", "0x1", "-210", "0x2"]]


def test_samples_of_no_bytes_make_no_holes() -> None:
    tables = tabulated(track_of([10, 0, 10], (100, 1), (50, 1), (110, 1)))
    assert spelled(tables) == [["0x3"]]
    first = tabulated(track_of([0, 10], (50, 1), (110, 1)))
    assert (spelled(first), list(first.segment_offset)) == ([["0x1", "+60", "0x1"]], [50])


def test_a_segment_may_be_empty() -> None:
    tables = tabulated(track_of(10, (100, 2)), cuts=[[0, 0, 2, 2]])
    assert spelled(tables) == [[], ["0x2"], []]
    assert list(tables.segment_run) == [0, 0, 1, 1]


@given(movies(), st.data())
def test_codes_lead_back_to_every_sample(made: MadeMovie, data: st.DataObject) -> None:
    tracks = [track.samples for track in made.movie.tracks]
    cuts = [data.draw(cuts_of(samples.count)) for samples in tracks]
    tables = tabulated(*tracks, cuts=cuts)
    found: list[list[bytes]] = [[] for _ in tracks]
    sizes = [iter(listed(samples.size_bytes, samples.count)) for samples in tracks]
    for segment in range(len(tables.segment_offset)):
        at = tables.segment_offset[segment]
        for track, extent in runs_of(tables)[segment]:
            if track == HOLE:
                at += extent
                continue
            for size in [next(sizes[track]) for _ in range(extent)]:
                found[track].append(made.content[at : at + size])
                at += size
        assert [len(each) for each in found] == [cut[segment + 1] for cut in cuts]
    assert found == [made.sample_bytes(track) for track in made.movie.tracks]


@given(movies(), st.data())
def test_the_short_way_leads_where_the_long_one_does(made: MadeMovie, data: st.DataObject) -> None:
    tracks = [track.samples for track in made.movie.tracks]
    cuts = [data.draw(cuts_of(samples.count)) for samples in tracks]
    short = tabulated(*tracks, cuts=cuts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "_apart", lambda *_: None)
        assert tabulated(*tracks, cuts=cuts) == short


def cuts_of(count: int) -> st.SearchStrategy[list[int]]:
    inner = st.lists(st.integers(0, count), min_size=3, max_size=3).map(sorted)
    return inner.map(lambda cuts: [0, *cuts, count])


@given(st.lists(st.integers(1, 9), min_size=1, max_size=20), st.data())
def test_bytes_between_samples(sizes: list[int], data: st.DataObject) -> None:
    chunk_map = ChunkMap(track_of(sizes, (0, len(sizes))))
    last = data.draw(st.integers(0, len(sizes)))
    first = data.draw(st.integers(0, last))
    assert chunk_map.bytes_between(first, last) == sum(sizes[first:last])
    assert list(chunk_map.first_sample) == list(accumulate([len(sizes)], initial=0))
