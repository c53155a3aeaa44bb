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
from indexer.limits import MAX_HASHED_KINDS
from indexer.track import Column, Samples, entries_of

Row = tuple[int, ...]  # duration, flags, composition

_BLOCK = 1 << 14
"""Rows that are numbered at once."""
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
    alike = None, [[column] for column in columns if isinstance(column, int)]
    kind, (durations, flags, compositions) = _numbered(columns, varying, samples.count) if varying else alike
    shifted = [composition + composition_shift_ticks for composition in compositions]
    if max(shifted) > MAX_COMPOSITION_TICKS:
        raise LimitExceeded(
            f"samples are shown up to {max(shifted)} ticks out of order; {MAX_COMPOSITION_TICKS} can be said",
            remedy=REMUX,
        )
    return KindTables(
        kind if len(flags) > 1 else None, array("I", durations), array("I", flags), array("i", shifted)
    )


def _numbered(
    columns: Sequence[Column], varying: Sequence[array[int]], count: int
) -> tuple[array[int], list[list[int]]]:
    """The number of each row's kind, and the columns of the kinds, in the order in which they come."""
    codes = coded(varying, count)
    if codes is None:
        return _numbered_by_hash(columns, count)
    firsts = first_rows(codes)
    kinds = [[column] * len(firsts) if isinstance(column, int) else [column[first] for first in firsts]
             for column in columns]  # fmt: skip
    return array("B", codes.translate(numbering(codes[first] for first in firsts))), kinds


def _numbered_by_hash(columns: Sequence[Column], count: int) -> tuple[array[int], list[list[int]]]:
    """Where kinds are many. After `MAX_HASHED_KINDS`, 180 bytes each, every row is one of its own."""
    numbers: dict[Row, int] = {}
    rows = islice(zip(*map(entries_of, columns), strict=False), count)
    kind = array("I")
    while len(numbers) < MAX_HASHED_KINDS and (block := list(islice(rows, _BLOCK))):
        kind.extend([numbers.setdefault(row, len(numbers)) for row in block])
    kinds = [[row[place] for row in numbers] for place in range(len(columns))]
    rest = len(kind)
    kind.extend(range(len(numbers), len(numbers) + count - rest))
    for values, column in zip(kinds, columns, strict=True):
        values.extend([column] * (count - rest) if isinstance(column, int) else column[rest:])
    return kind, kinds
