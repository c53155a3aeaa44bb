"""Columns a sample ─▶ a table of distinct (duration, flags, composition) and an index into it.

Samples of one archive come in few kinds (a B-frame pyramid has some ten, constant audio one), so the
three columns of a `trun` cost a byte a sample, or nothing.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

from indexer.box_tree import REMUX
from indexer.codes import coded, first_rows, numbering
from indexer.errors import LimitExceeded
from indexer.track import Column, Samples, each

Row = tuple[int, ...]  # duration, flags, composition

MAX_COMPOSITION_TICKS = 2**31 - 1
"""`sample_composition_time_offset` of a version 1 `trun` is signed."""


class KindTables(NamedTuple):
    """The columns `track.t.kind` (None where there is one kind) and `track.t.kind_*`."""

    kind: array[int] | None
    duration: array[int]
    flags: array[int]
    composition: array[int]


def tabulate_kinds(samples: Samples, composition_shift_ticks: int) -> KindTables:
    """`composition_shift_ticks` is added to every composition offset.

    Raises `LimitExceeded` where a sum leaves the signed word of a `trun`.
    """
    columns = (samples.duration_ticks, samples.flags, samples.composition_ticks)
    varying = [column for column in columns if not isinstance(column, int)]
    kind, kinds = _numbered(columns, varying, samples.count) if varying else (None, [columns])
    durations, flags, compositions = zip(*kinds, strict=True)
    shifted = [composition + composition_shift_ticks for composition in compositions]
    if max(shifted) > MAX_COMPOSITION_TICKS:
        raise LimitExceeded(
            f"samples are shown up to {max(shifted)} ticks out of order; {MAX_COMPOSITION_TICKS} can be said",
            remedy=REMUX,
        )
    return KindTables(
        kind if len(kinds) > 1 else None, array("I", durations), array("I", flags), array("i", shifted)
    )


def _numbered(
    columns: Sequence[Column], varying: Sequence[array[int]], count: int
) -> tuple[array[int], list[tuple[int, ...]]]:
    """The number of each row's kind, and the kinds in the order in which they come."""
    codes = coded(varying, count)
    if codes is None:
        numbers: dict[Row, int] = {}
        rows = islice(zip(*map(each, columns), strict=False), count)
        return array("I", [numbers.setdefault(row, len(numbers)) for row in rows]), list(numbers)
    firsts = first_rows(codes)
    kinds = [tuple(c if isinstance(c, int) else c[first] for c in columns) for first in firsts]
    return array("B", codes.translate(numbering(codes[first] for first in firsts))), kinds
