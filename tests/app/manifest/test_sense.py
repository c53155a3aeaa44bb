"""Which sounds and texts are one to a viewer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app.idx.header import TrackFacts
from app.manifest.sense import by_sense, first_of_each, sense_of_sound
from tests.indexer.built import built
from tests.media.made_movie import Chunk, MadeTrack, make_movie


def facts(**other: Any) -> TrackFacts:
    idx = built(make_movie([MadeTrack([50] * 20, [500] * 20, "soun")], [Chunk(0, 20)]))
    return replace(idx.header.tracks[0], **other)


@pytest.mark.parametrize("other", [{"roles": ("description",)}, {"said": "regie"}, {"language": "de"}])
def test_language_purpose_and_what_is_said_tell_apart(other: dict[str, Any]) -> None:
    assert sense_of_sound(facts(**other)) != sense_of_sound(facts())


def test_title_label_and_coding_do_not() -> None:
    other = facts(title="Stereo", label="Stereo", codec="ac-3", hls_channels="6", name="audio-2")
    assert sense_of_sound(other) == sense_of_sound(facts())


def test_those_alike_in_one_place_are_not_one() -> None:
    here = by_sense(["a 1", "b", "a 2"], lambda each: each[0])
    there = by_sense(["a 3", "c"], lambda each: each[0])
    assert [*first_of_each([there, here]).values()] == ["a 3", "c", "b", "a 2"]
