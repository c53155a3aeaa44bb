"""Edit lists: which come down to one offset, and what becomes of it; which are refused, in which words."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import cycle, islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.errors import Unsupported
from indexer.timeline import Placement, place, rescale
from indexer.track import Edit
from tests.media.made_movie import Chunk, MadeTrack, make_movie

EMPTY = -1
MOVIE_TIMESCALE = 600


def placement(
    *edits: Edit,
    compositions: tuple[int, ...] = (),
    handler: str = "vide",
    first_decode_ticks: int = 0,
    fragmented: bool = False,
) -> Placement:
    """Of a track of 100 samples that last 40 of 1000 ticks each."""
    track = MadeTrack(
        sizes=[1] * 100,
        durations=[40] * 100,
        handler=handler,
        compositions=list(islice(cycle(compositions), 100)),
        edits=edits,
        first_decode_ticks=first_decode_ticks,
    )
    movie = make_movie([track], [Chunk(0, 100)], timescale=MOVIE_TIMESCALE).movie
    return place(replace(movie, fragmented=fragmented), movie.tracks[0])


@pytest.mark.parametrize(
    ("edits", "compositions", "expected"),
    [
        ((), (), Placement(0, 0, 0)),
        ((Edit(2400, 0),), (), Placement(0, 0, 0)),
        ((Edit(0, 0),), (), Placement(0, 0, 0)),  # 0: as long as there is media
        ((Edit(2400, 80),), (80, 160, 40), Placement(0, 40, -40)),  # ffmpeg: B-frames, their delay taken back
        ((Edit(600, EMPTY), Edit(2400, 0)), (), Placement(1000, 0, 0)),
        ((Edit(600, EMPTY), Edit(600, EMPTY), Edit(2400, 0)), (), Placement(2000, 0, 0)),
        ((Edit(600, EMPTY), Edit(2400, 400)), (), Placement(600, 0, 0)),
        ((Edit(60, EMPTY), Edit(2400, 400)), (), Placement(0, 300, 0)),
        ((Edit(2400, 0), Edit(600, EMPTY)), (), Placement(0, 0, 0)),  # a blank at the end
        ((Edit(600, EMPTY),), (), Placement(1000, 0, 0)),
        ((Edit(1200, 0), Edit(1200, 2000)), (), Placement(0, 0, 0)),  # a cut that cuts nothing
        ((Edit(1200, 0), Edit(1200, 2002)), (), Placement(0, 0, 0)),  # within a tick of the movie
        ((), (-40, 0, 40), Placement(0, 40, 40)),  # negative offsets are served from 0 up
        ((Edit(600, EMPTY),), (-40,), Placement(960, 0, 40)),
        ((), (80, 120), Placement(80, 0, -80)),
    ],
)
def test_one_offset(edits: tuple[Edit, ...], compositions: tuple[int, ...], expected: Placement) -> None:
    assert placement(*edits, compositions=compositions) == expected


@pytest.mark.parametrize(
    ("edits", "compositions", "expected"),
    [
        ((), (-40, 0, 40), Placement(0, 0, 0)),
        ((Edit(0, 40),), (-40, 0, 40), Placement(0, 40, 0)),
        ((), (-40,), Placement(0, 40, 40)),  # all alike: said once, by the edit list
        ((), (80, 120), Placement(80, 0, -80)),
    ],
)
def test_negative_offsets_of_fragments_are_passed_on(
    edits: tuple[Edit, ...], compositions: tuple[int, ...], expected: Placement
) -> None:
    assert placement(*edits, compositions=compositions, fragmented=True) == expected


@pytest.mark.parametrize(
    ("edits", "rule"),
    [
        ((Edit(600, 0), Edit(600, 5000)), "an edit ends at tick 1000 and the next begins at 5000"),
        ((Edit(600, 0), Edit(600, 0)), "an edit ends at tick 1000 and the next begins at 0"),
        ((Edit(1200, 0), Edit(1200, 2003)), "an edit ends at tick 2000 and the next begins at 2003"),
        ((Edit(600, 0), Edit(60, EMPTY), Edit(600, 1000)), "an empty edit stands between two others"),
        ((Edit(600, 0, 0x8000),), "an edit plays at a rate other than 1"),
        ((Edit(600, 0, 0),), "an edit plays at a rate other than 1"),  # a still picture
    ],
)
def test_more_than_one_offset_is_refused(edits: tuple[Edit, ...], rule: str) -> None:
    with pytest.raises(Unsupported) as refused:
        placement(*edits)
    assert str(refused.value).startswith(f"edts/elst of track 1: {rule}, so its samples")


@pytest.mark.parametrize(
    ("media_time", "first_shown"),
    [(0, 0), (1, 40), (39, 40), (40, 40), (41, 80), (3960, 3960), (3961, 3961), (9999, 9999)],
)
def test_pictures_begin_with_the_first_whole_frame(media_time: int, first_shown: int) -> None:
    edit = Edit(0, media_time)
    assert placement(edit).offset_ticks == -first_shown
    # As above, by the rows rather than by arithmetic; the last frame but one is shown last.
    by_rows = placement(edit, compositions=(0,) * 98 + (40, -40))
    assert by_rows.offset_ticks + by_rows.composition_shift_ticks == -first_shown


def test_sound_begins_in_the_midst_of_a_frame() -> None:
    assert placement(Edit(0, 41), handler="soun") == Placement(0, 41, 0)


def test_a_fragmented_movie_s_first_decode_time_is_part_of_its_timeline() -> None:
    placed = placement(Edit(0, 5000), first_decode_ticks=4980, fragmented=True)
    assert placed.presentation_ticks(4980, 0) == -20
    assert placed.presentation_ticks(5020, 0) == 20


@given(st.integers(0, 10**12), st.integers(1, 2**32 - 1), st.integers(1, 2**32 - 1))
def test_rescale_is_the_nearest_and_rises(ticks: int, from_timescale: int, to_timescale: int) -> None:
    exact = Fraction(ticks * to_timescale, from_timescale)
    found = rescale(ticks, from_timescale, to_timescale)
    assert exact - Fraction(1, 2) < found <= exact + Fraction(1, 2)
    assert rescale(ticks + 1, from_timescale, to_timescale) >= found


@given(st.integers(0, 10**6), st.integers(0, 4000), st.integers(-400, 400), st.integers(0, 100))
def test_presentation_is_what_the_edits_say(delay: int, skip: int, lowest: int, decode: int) -> None:
    placed = placement(Edit(delay, EMPTY), Edit(0, skip), compositions=(lowest,), handler="soun")
    exact = decode + lowest + Fraction(delay * 1000, MOVIE_TIMESCALE) - skip
    assert abs(placed.presentation_ticks(decode, lowest) - exact) <= Fraction(1, 2)
    assert placed.decode_shift_ticks >= 0
    assert placed.media_time_ticks >= 0
    assert lowest + placed.composition_shift_ticks == 0
