"""`stts` and `ctts`: exact times, two abuses that players play, and runs that do not fit the samples."""

from __future__ import annotations

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.errors import Malformed
from tests.indexer.demux.demuxed import demuxed, only_track, samples_of
from tests.indexer.demux.made_mp4 import DATA, ctts, movie, stco, stsc, stsz_constant, stts, table, trak, u32

DURATIONS = st.lists(st.tuples(st.integers(1, 4), st.integers(0, 1000)), min_size=1, max_size=8)
OFFSETS = st.lists(st.tuples(st.integers(1, 4), st.integers(-1000, 1000)), max_size=8)


def content(count: int, *times: bytes) -> bytes:
    return movie(trak((*times, stsc((1, count, 1)), stsz_constant(1, count), stco(DATA))))


def times_of(count: int, *times: bytes) -> list[tuple[int, int]]:
    """Decode and presentation time of every sample."""
    return [(sample.decode, sample.present) for sample in samples_of(only_track(content(count, *times)))]


def notes_of(count: int, *times: bytes) -> tuple[str, ...]:
    return demuxed(content(count, *times)).notes


@given(DURATIONS, OFFSETS, st.integers(0, 1))
def test_any_runs(durations: list[tuple[int, int]], offsets: list[tuple[int, int]], version: int) -> None:
    """Runs against lists; offsets are signed in both versions, as QuickTime writes them."""
    listed = [ticks for count, ticks in durations for _ in range(count)]
    shifts = [ticks for count, ticks in offsets for _ in range(count)]
    shifts = (shifts + [0] * len(listed))[: len(listed)]
    starts = list(accumulate(listed, initial=0))[:-1]
    found = times_of(len(listed), stts(*durations), ctts(*offsets, version=version))
    assert found == [(start, start + shift) for start, shift in zip(starts, shifts, strict=True)]


def test_no_ctts() -> None:
    track = only_track(content(3, stts((3, 7))))
    assert (track.samples.duration_ticks, track.samples.composition_ticks) == (7, 0)


def test_negative_offsets() -> None:
    assert times_of(2, stts((2, 10)), ctts((1, -5), (1, 2**32 - 7))) == [(0, -5), (10, 3)]


@pytest.mark.parametrize("back", [-15, -20, -1])
def test_a_negative_delta_keeps_every_presentation_time(back: int) -> None:
    """Decode times wait; what they wait, the offset takes back."""
    found = times_of(5, stts((2, 20), (1, back), (2, 10)))
    assert [present for _, present in found] == [0, 20, 40, 40 + back, 50 + back]
    decode = [ticks for ticks, _ in found]
    assert decode == sorted(decode)
    assert decode[2:4] == [40, 40]


def test_a_negative_delta_with_offsets_of_its_own() -> None:
    found = times_of(3, stts((1, 10), (1, -4), (1, 10)), ctts((3, 5)))
    assert found == [(0, 5), (10, 15), (10, 11)]
    assert "takes time back" in notes_of(3, stts((1, 10), (1, -4), (1, 10)))[0]


def test_time_taken_back_beyond_what_an_offset_holds() -> None:
    with pytest.raises(Malformed, match="takes back more time"):
        demuxed(content(4, stts((3, -(2**31)), (1, 0))))


def test_zero_deltas() -> None:
    assert [decode for decode, _ in times_of(4, stts((2, 0), (2, 5)))] == [0, 0, 0, 5]


def test_surplus_rows_are_cut_with_a_note() -> None:
    times = stts((2, 10), (9, 20)), ctts((1, 1), (2**32 - 1, 2))
    assert times_of(3, *times) == [(0, 1), (10, 12), (20, 22)]
    assert notes_of(3, *times) == (
        "moov/trak[1]/mdia/minf/stbl/ctts: lists 4294967296 samples where there are 3",
        "moov/trak[1]/mdia/minf/stbl/stts: lists 11 samples where there are 3",
    )


def test_missing_rows_repeat_the_last_duration_and_are_not_shifted() -> None:
    times = stts((1, 10), (1, 20)), ctts((1, 7))
    assert times_of(4, *times) == [(0, 7), (10, 10), (30, 30), (50, 50)]
    assert [note.partition(": ")[2] for note in notes_of(4, *times)] == [
        "lists 1 samples where there are 4",
        "lists 2 samples where there are 4",
    ]


def test_runs_of_no_samples() -> None:
    runs = [(0, 99)] * 9
    assert times_of(2, stts(*runs, (1, 5), *runs, (1, 6), *runs)) == [(0, 0), (5, 5)]


def test_no_durations_at_all() -> None:
    with pytest.raises(Malformed, match="no durations"):
        demuxed(content(1, stts()))


def test_version_of_stts_does_not_matter() -> None:
    assert times_of(1, table("stts", [u32(1, 5)], version=1)) == [(0, 0)]
