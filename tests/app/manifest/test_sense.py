"""Which sounds and texts are one to a viewer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.idx.header import TrackFacts
from app.manifest.sense import by_sense, first_of_each, sense_of_sound
from tests.indexer.built import built
from tests.media.made_movie import Chunk, MadeTrack, make_movie


def facts(title: str, roles: tuple[str, ...] = ()) -> TrackFacts:
    idx = built(make_movie([MadeTrack([50] * 20, [500] * 20, "soun")], [Chunk(0, 20)]))
    return replace(idx.header.tracks[0], title=title, roles=roles)


@pytest.mark.parametrize(
    "title",
    [
        "Stereo", "stereo 2.0", "Surround 5.1", "5.1", "7.1 (Atmos)", "6ch", "Dolby Digital Plus", "DD+ 5.1",
        "DDP5.1", "AC-3", "E-AC-3 640 kbps", "EAC3", "AAC-LC", "HE-AAC 64kb/s", "DTS-HD", "TrueHD",
        "FLAC 48 kHz",
    ],
)  # fmt: skip
def test_titles_that_tell_of_the_coding_alone(title: str) -> None:
    assert sense_of_sound(facts(title)) == sense_of_sound(facts(""))


@pytest.mark.parametrize("title", ["Kommentar", "Regie 2.0", "Take 2", "Stereoskop", "解説", "1984"])
def test_titles_that_tell_more(title: str) -> None:
    assert sense_of_sound(facts(title)) != sense_of_sound(facts(""))


def test_coding_is_left_out_of_longer_titles() -> None:
    assert sense_of_sound(facts("English [5.1]")) == sense_of_sound(facts("english, Stereo"))


def test_purpose_tells_apart() -> None:
    assert sense_of_sound(facts("", ("description",))) != sense_of_sound(facts(""))


def test_those_alike_in_one_place_are_not_one() -> None:
    here = by_sense(["a 1", "b", "a 2"], lambda each: each[0])
    there = by_sense(["a 3", "c"], lambda each: each[0])
    assert [*first_of_each([there, here]).values()] == ["a 3", "c", "b", "a 2"]
