"""What sounds and texts are to a viewer: two of one sense say the same for the same purpose, in whatever
coding. Manifests tell that they are one choice, and a title lists each once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import TypeVar

from app.idx.header import TextFacts, TrackFacts

T = TypeVar("T")
Sense = tuple[Hashable, int]
"""What is alike, and the number of it among those alike in one place, since these say something else."""


def sense_of_sound(facts: TrackFacts) -> Hashable:
    """Language, purpose and what the title says beyond these."""
    return facts.language, facts.roles, facts.said


def sense_of_text(facts: TextFacts) -> Hashable:
    """The same; and codec, as one that DASH alone takes does not stand for another."""
    return facts.language, facts.forced, facts.hearing_impaired, facts.roles, facts.said, facts.codec


def by_sense(items: Iterable[T], sense: Callable[[T], Hashable]) -> dict[Sense, T]:
    """Those of one place, in order."""
    seen: Counter[Hashable] = Counter()
    found: dict[Sense, T] = {}
    for each in items:
        alike = sense(each)
        found[alike, seen[alike]] = each
        seen[alike] += 1
    return found


def first_of_each(places: Iterable[Mapping[Sense, T]]) -> dict[Sense, T]:
    """Of all places together, in order: of each sense that of the first place that has it."""
    found: dict[Sense, T] = {}
    for place in places:
        for sense, each in place.items():
            found.setdefault(sense, each)
    return found
