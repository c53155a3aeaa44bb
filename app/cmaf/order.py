"""The order in which a segment's runs and holes lie in the archive: by it columns of tracks, an entry a run,
become a column of all, and back.

Tracks take turns as a rule, a run each, until a hole or the end; so where each has its runs are a few slices
with a step, and nothing is done a run. Where they do not, something is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import compress

from app.idx.layout import HOLE

_A_HOLE = bytes((HOLE,))
_MIN_STRETCH = 16
"""Runs between two holes, on average, that slices are worth it for."""


@dataclass(frozen=True, slots=True)
class Order:
    """`tracks` has a byte for each run, its track, and for each hole, `HOLE`. `slices` say where those of one
    are, in a column of all and in one of its own; None where they are too many.
    """

    tracks: bytes
    present: frozenset[int]
    slices: Mapping[int, Sequence[tuple[slice, slice]]] | None

    def merged(self, columns: Mapping[int, Sequence[int]]) -> list[int]:
        """A column of all runs and holes from one of each that is present."""
        if self.slices is None:
            upcoming = {track: iter(columns[track]) for track in self.present}
            return list(map(next, map(upcoming.__getitem__, self.tracks)))
        merged = [0] * len(self.tracks)
        for track, slices in self.slices.items():
            column = columns[track]
            for among_all, among_own in slices:
                merged[among_all] = column[among_own]
        return merged

    def own(self, column: Sequence[int], track: int) -> list[int]:
        """Of a column of all runs and holes, the entries of those of `track`."""
        if self.slices is None:
            return list(compress(column, self.are_of((track,))))
        own: list[int] = []
        for among_all, _ in self.slices.get(track, ()):
            own += column[among_all]
        return own

    def are_of(self, tracks: Iterable[int]) -> bytes:
        """A selector for each run and hole: whether it is of one of `tracks`."""
        return self.tracks.translate(_any_of(tuple(tracks)))


@lru_cache(maxsize=256)
def order_of(tracks: bytes) -> Order:
    return Order(tracks, frozenset(tracks), _slices(tracks))


def _slices(tracks: bytes) -> dict[int, list[tuple[slice, slice]]] | None:
    found: dict[int, list[slice]] = {}
    stretches = [tracks] if _turn_of(tracks) else tracks.split(_A_HOLE)
    if len(stretches) > 1 + len(tracks) // _MIN_STRETCH:
        return None
    first = 0
    for stretch in stretches:
        stop = first + len(stretch)
        turn = _turn_of(stretch)
        if stretch and not turn:
            return None
        for place, track in enumerate(turn, first):
            found.setdefault(track, []).append(slice(place, stop, len(turn)))
        if stop < len(tracks):
            found.setdefault(HOLE, []).append(slice(stop, stop + 1, 1))
        first = stop + 1
    return {track: list(_with_own(slices)) for track, slices in found.items()}


def _with_own(slices: Iterable[slice]) -> Iterator[tuple[slice, slice]]:
    at = 0
    for each in slices:
        count = len(range(each.start, each.stop, each.step))
        yield each, slice(at, at + count)
        at += count


def _turn_of(stretch: bytes) -> bytes:
    """The tracks in the order in which they take turns throughout; empty where they do not."""
    first = stretch[:1]
    turn = first + stretch[1:].partition(first)[0] if first else b""
    repeated = turn * (len(stretch) // max(len(turn), 1) + 1)
    return turn if repeated.startswith(stretch) and len({*turn}) == len(turn) else b""


@cache
def _any_of(tracks: tuple[int, ...]) -> bytes:
    """A translation that turns track numbers into selectors of some tracks."""
    return bytes(number in tracks for number in range(256))
