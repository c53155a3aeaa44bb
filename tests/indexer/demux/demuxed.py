"""Runs the demuxer on bytes: what every test of it starts with."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from itertools import accumulate, islice, repeat
from typing import NamedTuple

import pytest

from app.cmaf.fragment import NON_SYNC_BIT
from indexer.demux.open import demux
from indexer.errors import SourceError
from indexer.source import Source
from indexer.track import Column, Movie, Track


class Sample(NamedTuple):
    """One sample as a player sees it, spelled out from the columns."""

    offset: int
    size: int
    decode: int
    present: int
    sync: bool


def demuxed(content: bytes) -> Movie:
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        with Source(file.name) as source:
            movie = demux(source)
            source.check_unchanged()
    return movie


def refusal(content: bytes, kind: type[SourceError]) -> SourceError:
    """Why the demuxer does not take it."""
    with pytest.raises(kind) as caught:
        demuxed(content)
    return caught.value


def only_track(content: bytes) -> Track:
    (track,) = demuxed(content).tracks
    return track


def each(column: Column, count: int) -> Iterator[int]:
    return repeat(column, count) if isinstance(column, int) else iter(column)


def samples_of(track: Track) -> list[Sample]:
    """Every sample of a track; also checks that its columns agree with one another."""
    samples = track.samples
    count = samples.count
    for column in (samples.size_bytes, samples.duration_ticks, samples.composition_ticks, samples.flags):
        assert isinstance(column, int) or len(column) == count
    assert sum(samples.chunk_samples) == count
    assert len(samples.chunk_samples) == len(samples.chunk_offset)
    descriptions = set(each(samples.chunk_description, len(samples.chunk_offset)))
    assert descriptions <= set(range(len(track.sample_entries)))
    sizes = list(each(samples.size_bytes, count))
    decode = accumulate(each(samples.duration_ticks, count), initial=samples.first_decode_ticks)
    rows = zip(
        _offsets(track, sizes), sizes, decode,
        each(samples.composition_ticks, count), each(samples.flags, count), strict=False,
    )
    return [
        Sample(offset, size, ticks, ticks + composition, not flags & NON_SYNC_BIT)
        for offset, size, ticks, composition, flags in rows
    ]


def _offsets(track: Track, sizes: list[int]) -> Iterator[int]:
    remaining = iter(sizes)
    for start, held in zip(track.samples.chunk_offset, track.samples.chunk_samples, strict=True):
        at = start
        for size in islice(remaining, held):
            yield at
            at += size
