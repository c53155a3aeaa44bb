"""Kinds: the table and its index give every sample's duration, flags and composition offset back."""

from __future__ import annotations

import tracemalloc
from array import array
from itertools import islice

import pytest
from hypothesis import given

from app.cmaf.fragment import SYNC_FLAGS
from indexer.errors import LimitExceeded
from indexer.kinds import tabulate_kinds
from indexer.limits import MAX_HASHED_KINDS
from indexer.track import Samples, entries_of
from tests.indexer.movies import movies
from tests.media.made_movie import MadeMovie


@given(movies())
def test_every_sample_has_its_kind(made: MadeMovie) -> None:
    for track in made.movie.tracks:
        samples = track.samples
        columns = [
            list(islice(entries_of(column), samples.count))
            for column in (samples.duration_ticks, samples.flags, samples.composition_ticks)
        ]
        tables = tabulate_kinds(samples, -min(columns[2]))
        kinds = tables.kind or array("I", bytes(4 * samples.count))
        assert [tables.duration[kind] for kind in kinds] == columns[0]
        assert [tables.flags[kind] for kind in kinds] == columns[1]
        assert [tables.composition[kind] + min(columns[2]) for kind in kinds] == columns[2]
        distinct = set(zip(*columns, strict=True))
        assert len(tables.duration) == len(distinct)
        assert (tables.kind is None) == (len(distinct) == 1)


def samples_of(count: int, composition_ticks: int | array[int]) -> Samples:
    chunk = array("Q", [0]), array("I", [count]), 0
    return Samples(count, 1, 40, composition_ticks, SYNC_FLAGS, *chunk, byte_count=count)


def test_hours_of_samples_that_are_all_alike_are_one_row() -> None:
    tables = tabulate_kinds(samples_of(4_000_000_000, 0), 0)
    assert (tables.kind, list(tables.duration), list(tables.composition)) == (None, [40], [0])


def test_offsets_that_a_signed_word_cannot_hold_are_refused() -> None:
    widest = array("i", [-(2**30), 2**30 - 1])
    assert list(tabulate_kinds(samples_of(2, widest), 2**30).composition) == [0, 2**31 - 1]
    with pytest.raises(LimitExceeded, match="2147483648 ticks out of order; 2147483647 can be said"):
        tabulate_kinds(samples_of(2, array("i", [-(2**30), 2**30])), 2**30)


def test_kinds_without_end_are_not_all_remembered() -> None:
    """As in a recording whose frames each last a time of their own: 180 bytes each would be too much."""
    count = MAX_HASHED_KINDS * 2
    offsets = array("i", [*range(count), 5, 5])
    tracemalloc.start()
    try:
        tables = tabulate_kinds(samples_of(count + 2, offsets), 7)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert tables.kind is not None
    assert [tables.composition[kind] - 7 for kind in tables.kind] == list(offsets)
    assert {*tables.duration} == {40}
    assert peak_bytes < 200 * MAX_HASHED_KINDS + 100 * (count - MAX_HASHED_KINDS)
