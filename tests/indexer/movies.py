"""Strategies: movies of any shape that the rules of a demuxer's output allow, small enough to shrink.

What there is one of a sample or a chunk is drawn as bytes at once, which is ten times as fast as a draw each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import strategies as st

from indexer.track import Edit
from tests.media.made_movie import (
    AVC_ENTRY,
    OTHER_AVC_ENTRY,
    Chunk,
    MadeMovie,
    MadeTrack,
    make_movie,
)

TIMESCALES = st.sampled_from((1, 24, 25, 600, 1000, 12_800, 44_100, 48_000, 90_000))
MAX_SAMPLES = 30
MAX_CHUNK_SAMPLES = 6


def exactly(count: int) -> st.SearchStrategy[bytes]:
    return st.binary(min_size=count, max_size=count)


@st.composite
def columns(draw: st.DrawFn, count: int, values: st.SearchStrategy[int]) -> list[int]:
    """A value a sample, all alike or from a few."""
    few = draw(st.lists(values, min_size=1, max_size=4))
    return [few[byte % len(few)] for byte in draw(exactly(count))]


@st.composite
def tracks(draw: st.DrawFn, handler: str, movie_timescale: int, smallest_bytes: int) -> MadeTrack:
    """With samples of so few bytes, samples that last no time, shown in any order."""
    timescale = draw(TIMESCALES)
    count = draw(st.integers(1, MAX_SAMPLES))
    longest = max(1, timescale // 2)
    is_video = handler == "vide"
    return MadeTrack(
        sizes=draw(columns(count, st.integers(smallest_bytes, 40))),
        durations=draw(columns(count, st.integers(0, longest))),
        handler=handler,
        timescale=timescale,
        compositions=draw(columns(count, st.integers(-longest, longest))) if is_video else (),
        sync=[byte % 3 > 0 for byte in draw(exactly(count))] if is_video else (),
        edits=draw(one_offset(movie_timescale, timescale // 2)),
        first_decode_ticks=draw(st.sampled_from((0, 0, 1, timescale))),
        entries=(AVC_ENTRY, OTHER_AVC_ENTRY) if is_video else (),
    )


def one_offset(movie_timescale: int, furthest: int) -> st.SearchStrategy[tuple[Edit, ...]]:
    """Edit lists that come down to one offset: nothing, a delay, a skip to at most the tick `furthest`, both.

    None skips more than all by a second, which is refused.
    """
    delay = st.integers(0, 3 * movie_timescale).map(lambda lasts: Edit(lasts, -1))
    skip = st.integers(0, furthest).map(lambda start: Edit(0, start))
    return st.one_of(st.just(()), st.tuples(delay), st.tuples(skip), st.tuples(delay, skip))


@st.composite
def movies(draw: st.DrawFn, smallest_bytes: int = 0) -> MadeMovie:
    """One to four tracks, their chunks interleaved at random, with holes, shared bytes and jumps back."""
    timescale = draw(TIMESCALES)
    videos = draw(st.integers(0, 1))
    audios = draw(st.integers(1 - videos, 4 - videos))
    made = [
        draw(tracks(handler, timescale, smallest_bytes)) for handler in ["vide"] * videos + ["soun"] * audios
    ]
    chunks = draw(interleavings(made))
    file_order = list(range(len(chunks)))
    jumps = draw(st.lists(st.integers(1, 255), max_size=3)) if len(chunks) > 1 else ()
    for jump in jumps:
        file_order.insert(0, file_order.pop(jump % len(chunks)))
    whole = make_movie(made, chunks, file_order=file_order, timescale=timescale)
    return replace(whole, movie=replace(whole.movie, fragmented=draw(st.booleans())))


@st.composite
def interleavings(draw: st.DrawFn, made: Sequence[MadeTrack]) -> list[Chunk]:
    """Every sample of some tracks, in chunks; tracks take turns in any order."""
    gaps = (0, 0, *draw(st.lists(st.integers(-20, 60), max_size=3)))
    left, chunks = [len(track.sizes) for track in made], []
    turns = iter(zip(*[iter(draw(exactly(3 * sum(left))))] * 3, strict=True))
    while waiting := [track for track, samples in enumerate(left) if samples]:
        turn, length, place = next(turns)
        track = waiting[turn % len(waiting)]
        samples = min(left[track], 1 + length % MAX_CHUNK_SAMPLES)
        description = int(bool(made[track].entries) and place >= 230)
        chunks.append(Chunk(track, samples, gaps[place % len(gaps)], description))
        left[track] -= samples
    return chunks
