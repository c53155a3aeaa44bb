"""Edit lists that cut, repeat and pause: what is served is shown when they say, or they are refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import accumulate, islice

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.cmaf.fragment import NON_SYNC_BIT, SYNC_FLAGS
from indexer import edits as edit_lists
from indexer.edits import WARM_UP_S, check_replayed, shown
from indexer.errors import LimitExceeded, Unplaceable, Unsupported
from indexer.limits import MAX_EDITED_SAMPLES
from indexer.timeline import place
from indexer.track import Edit, Movie, Samples, Track
from tests.media.made_movie import Chunk, MadeMovie, MadeTrack, listed, make_movie

EMPTY = -1
FRAME = 40
REORDERED = (80, 200, 80, 0, 40) * 20
"""Composition offsets of I P b B b, five frames a group: shown from 80 on in the order 0 3 4 2 1."""


def made(
    *edits: Edit, handler: str = "vide", compositions: tuple[int, ...] = (), timescale: int = 1000
) -> MadeMovie:
    """100 samples of 40 ticks, a sync sample every five, in chunks of seven."""
    track = MadeTrack(
        sizes=[1 + number % 50 for number in range(100)],
        durations=[FRAME] * 100,
        handler=handler,
        timescale=timescale,
        compositions=compositions,
        sync=[number % 5 == 0 for number in range(100)] if handler == "vide" else (),
        edits=edits,
    )
    return make_movie([track], [Chunk(0, min(7, 100 - at), gap_bytes=3) for at in range(0, 100, 7)])


def times_of(movie: Movie, track: Track) -> Iterator[tuple[int, int]]:
    """Offset in the file and time on the timeline of each sample that is served."""
    samples, placement = track.samples, place(movie, track)
    decoded = accumulate(listed(samples.duration_ticks, samples.count), initial=samples.first_decode_ticks)
    for offset, ticks, composition in zip(
        offsets_of(samples), decoded, listed(samples.composition_ticks, samples.count), strict=False
    ):
        yield offset, placement.presentation_ticks(ticks, composition)


def offsets_of(samples: Samples) -> Iterator[int]:
    sizes = iter(listed(samples.size_bytes, samples.count))
    for at, count in zip(samples.chunk_offset, samples.chunk_samples, strict=True):
        yield from list(accumulate(islice(sizes, count), initial=at))[:-1]


def meant(track: Track) -> list[tuple[int, int]]:
    """Offset and time of every sample that the edits show, by the plainest rule there is; in a movie whose
    ticks are the track's.
    """
    samples = track.samples
    decoded = accumulate(listed(samples.duration_ticks, samples.count), initial=samples.first_decode_ticks)
    media = [
        (offset, ticks + composition)
        for offset, ticks, composition in zip(
            offsets_of(samples), decoded, listed(samples.composition_ticks, samples.count), strict=False
        )
    ]
    found, at = [], 0
    for edit in track.edits:
        start, stop = edit.media_time_ticks, edit.media_time_ticks + edit.duration_movie_ticks
        if start != EMPTY:
            found += sorted(
                (at + shown_at - start, offset) for offset, shown_at in media if start <= shown_at < stop
            )
        at += edit.duration_movie_ticks
    return [(offset, ticks) for ticks, offset in found]


def served(movie: Movie) -> list[tuple[int, int]]:
    return sorted(times_of(movie, shown(movie, movie.tracks[0])), key=lambda each: each[1])


SYNC_TIMES = [80 + 200 * number for number in range(20)]


@pytest.mark.parametrize(
    "edits",
    [
        (Edit(400, 80), Edit(600, 2080)),  # a cut
        (Edit(400, 2080), Edit(600, 80)),  # another order
        (Edit(400, 80), Edit(400, 80)),  # a repetition
        (Edit(400, 80), Edit(300, EMPTY), Edit(400, 480)),  # a pause
        (Edit(100, EMPTY), Edit(400, 80), Edit(600, 2080)),  # a delay, and a cut
        (Edit(400, 80), Edit(600, 1080), Edit(200, 1680), Edit(200, 3080)),  # of which two are one
    ],
)  # fmt: skip
def test_each_sample_is_shown_when_the_edits_say(edits: tuple[Edit, ...]) -> None:
    movie = made(*edits, compositions=REORDERED).movie
    assert served(movie) == meant(movie.tracks[0])


def ticks(most: int) -> st.SearchStrategy[int]:
    """Halves of frames: an edit may begin and end within one."""
    return st.integers(0, most // 20).map(lambda number: number * 20)


EDITS = st.tuples(
    ticks(900).map(lambda lasts: lasts + 20),
    st.one_of(st.just(EMPTY), st.sampled_from(SYNC_TIMES), ticks(4200)),
).map(lambda drawn: Edit(*drawn))


@given(st.lists(EDITS, min_size=1, max_size=5), st.sampled_from(["vide", "soun"]))
@example([Edit(100, EMPTY), Edit(200, 80), Edit(20, EMPTY), Edit(200, 280)], "vide")
@example([Edit(400, 80), Edit(400, 80)], "vide")
@example([Edit(420, 60), Edit(400, 2060)], "soun")
def test_what_is_served_is_what_is_meant(edits: list[Edit], handler: str) -> None:
    movie = made(*edits, compositions=REORDERED if handler == "vide" else (), handler=handler).movie
    try:
        found = Counter(served(movie))
    except Unsupported:
        return
    wanted = meant(movie.tracks[0])
    if not wanted:  # a pause, or media of less than a frame: what surrounds it is served
        return
    # A video begins with its first frame, should the edit begin within the one before or ahead of all.
    late = wanted[0][1] - min(at for offset, at in found if offset == wanted[0][0] and at <= wanted[0][1])
    assert 0 <= late <= REORDERED[0]
    hidden = found - Counter((offset, at - late) for offset, at in wanted)
    assert found.total() == hidden.total() + len(wanted)
    end = sum(edit.duration_movie_ticks for edit in edits) - late
    while edits[-1].media_time_ticks == EMPTY:
        end -= edits.pop().duration_movie_ticks
    assert all(at < wanted[0][1] - late or at >= end for _, at in hidden)


@given(st.lists(EDITS, min_size=1, max_size=5), st.sampled_from(["vide", "soun"]))
def test_what_is_served_is_coherent(edits: list[Edit], handler: str) -> None:
    movie = made(*edits, compositions=REORDERED if handler == "vide" else (), handler=handler).movie
    try:
        samples = shown(movie, movie.tracks[0]).samples
    except Unsupported:
        return
    assert samples.count == sum(samples.chunk_samples) == len(list(offsets_of(samples)))
    assert len(samples.chunk_offset) == len(samples.chunk_samples)
    assert not listed(samples.flags, samples.count)[0] & NON_SYNC_BIT
    for column in (samples.size_bytes, samples.duration_ticks, samples.composition_ticks, samples.flags):
        assert isinstance(column, int) or len(column) == samples.count
    whole = movie.tracks[0].samples
    size_at = dict(zip(offsets_of(whole), listed(whole.size_bytes, whole.count), strict=True))
    sizes = listed(samples.size_bytes, samples.count)
    assert all(size_at[at] == size for at, size in zip(offsets_of(samples), sizes, strict=True))


@pytest.mark.parametrize(
    "edits",
    [
        (), (Edit(600, EMPTY),), (Edit(0, 0),), (Edit(3900, 80),), (Edit(3000, 1000),), (Edit(0, 3000),),
        (Edit(2000, 1080),), (Edit(400, EMPTY), Edit(200, 3000)), (Edit(40, 4200),),
        (Edit(600, 80), Edit(600, 680), Edit(2600, 1280)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("handler", ["vide", "soun"])
def test_one_edit_leaves_every_sample_in_place(edits: tuple[Edit, ...], handler: str) -> None:
    """Whatever it hides at either end."""
    movie = made(*edits, compositions=REORDERED if handler == "vide" else (), handler=handler).movie
    assert shown(movie, movie.tracks[0]) is movie.tracks[0]


def test_large_ends_are_left_out_but_for_what_a_decoder_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edit_lists, "MAX_HIDDEN_HEAD_BYTES", 500)
    edit = Edit(800, 1520)
    picture = made(edit, compositions=REORDERED).movie
    assert [each for each in served(picture) if 0 <= each[1] < 800] == meant(picture.tracks[0])
    found = shown(picture, picture.tracks[0])
    assert listed(found.samples.flags, found.samples.count)[0] == SYNC_FLAGS
    assert (found.samples.first_decode_ticks, found.edits) == (0, (Edit(0, 1520 - 1400),))
    sound = made(edit, handler="soun").movie
    found = shown(sound, sound.tracks[0])
    first_at = next(iter(offsets_of(found.samples)))
    hidden = list(offsets_of(sound.tracks[0].samples)).index(first_at)
    assert 1520 - hidden * FRAME == pytest.approx(1000 * WARM_UP_S, abs=FRAME)
    monkeypatch.setattr(edit_lists, "MAX_HIDDEN_HEAD_BYTES", 800)
    assert shown(sound, sound.tracks[0]) is sound.tracks[0]


@pytest.mark.parametrize(
    ("edits", "rule"),
    [
        ((Edit(400, 80), Edit(400, 600)), "an edit begins at tick 600, which is no sync sample"),
        ((Edit(160, 80), Edit(400, 2080)), "an edit ends at tick 240, before a frame that"),
        ((Edit(0, 80), Edit(400, 80)), "an edit follows one that lasts to the end of the media"),
        ((Edit(4000, 80),) * 3, "its edits play the same media again and again"),
        ((Edit(400, 80, 0x2_0000), Edit(400, 480)), "an edit plays at a rate other than 1"),
        ((Edit(400, 80), Edit(400, 2080, 0)), "an edit plays at a rate other than 1"),
        ((Edit(400, 80), Edit(400, 9000)), "its edit list shows nothing of it"),
        ((Edit(400, 5300),), "its edit list shows nothing of it"),
    ],
)
def test_what_has_no_single_place_in_time_is_refused(edits: tuple[Edit, ...], rule: str) -> None:
    movie = made(*edits, compositions=REORDERED).movie
    with pytest.raises(Unsupported) as refused:
        shown(movie, movie.tracks[0])
    assert refused.value.rule.startswith(rule)


def test_fragments_cannot_be_cut() -> None:
    movie = replace(made(Edit(400, 80), Edit(400, 2080)).movie, fragmented=True)
    with pytest.raises(Unplaceable, match="an edit ends at tick 480 and the next begins at 2080"):
        shown(movie, movie.tracks[0])


def test_what_edits_cost_is_bounded() -> None:
    """Each sample of a track that is taken apart costs memory, each byte that is played again traffic."""
    movie = made(Edit(400, 80), Edit(400, 2080), compositions=REORDERED).movie
    track = movie.tracks[0]
    long = replace(track, samples=replace(track.samples, count=MAX_EDITED_SAMPLES + 1))
    with pytest.raises(LimitExceeded, match="an edit list cuts a track of 1048577 samples"):
        shown(movie, long)
    whole = made(Edit(4000, 80)).movie.tracks[0]
    file_bytes = sum(listed(whole.samples.size_bytes, whole.samples.count))
    check_replayed([whole], file_bytes)
    with pytest.raises(LimitExceeded, match=r"its edit lists play \d+ bytes of a file of"):
        check_replayed([whole, whole], file_bytes)
