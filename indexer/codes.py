"""Columns of few values as a byte a row, so that what is to be done a row is done by `bytes.translate`.

Functions over arrays and bytes only. A plane is one byte of every word of a column, side by side; words are
little-endian, as on every machine that this runs on.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from itertools import chain, repeat

CODES = 256
FEW = 16
MOST_REPEATS = 8
_NONE = 255
_POSITIVE = bytes(range(128))


def coded(columns: Iterable[array[int]], count: int) -> bytes | None:
    """A byte for each row, alike where rows are, from 0 up; None where 256 are too few.

    Put together a plane at a time: two of few values become one by an addition of numbers as long as both.
    """
    codes, kinds = bytes(count), 1
    for column in columns:
        content = column.tobytes()
        for byte in range(column.itemsize):
            plane = content[byte :: column.itemsize]
            values = _values(plane)
            if len(values) * kinds > CODES:
                return None
            if len(values) > 1:
                scaled = plane.translate(numbering(sorted(values), kinds))
                total = int.from_bytes(codes, "little") + int.from_bytes(scaled, "little")
                sums = total.to_bytes(count, "little")
                found = _values(sums)
                codes, kinds = sums.translate(numbering(sorted(found))), len(found)
    return codes


def are_all(column: array[int], value: int) -> bool:
    """Whether every row is `value`: a comparison of memory, where `count` would make a number of each."""
    return column == array(column.typecode, [value]) * len(column)


def holds_zero(column: array[int]) -> bool:
    """Whether a row is 0. Mostly no zeros lie side by side, which is a thirtieth of the cost of all rows."""
    return bytes(column.itemsize) in column.tobytes() and not all(column)


def at_most(column: array[int]) -> int:
    """What no row exceeds: the largest, rounded up by its highest byte alone."""
    content, width = column.tobytes(), column.itemsize
    for byte in reversed(range(width)):
        if highest := max(_values(content[byte::width]), default=0):
            return (highest + 1 << 8 * byte) - 1
    return 0


def first_rows(codes: bytes) -> list[int]:
    """The first row of each code, rising."""
    return sorted(map(codes.index, _values(codes)))


def numbering(values: Iterable[int], step: int = 1) -> bytes:
    """A translation of bytes: the n-th of `values` to n steps."""
    table = bytearray(CODES)
    for number, value in enumerate(values):
        table[value] = number * step
    return bytes(table)


def decoded(codes: bytes, words: Sequence[int], typecode: str) -> array[int]:
    """The word of each code."""
    table = array(typecode, words)
    planes, width = table.tobytes(), table.itemsize
    content = bytearray(len(codes) * width)
    for byte in range(width):
        plane = planes[byte::width]
        if any(plane):
            content[byte::width] = codes.translate(plane.ljust(CODES, b"\0"))
    return array(typecode, content)


def expanded(counts: array[int], values: array[int]) -> array[int]:
    """Each value as often as its count says: a run-length table with a row a sample."""
    if are_all(counts, 1):
        return values
    most = max(counts, default=0)
    codes = coded((counts, values), len(counts)) if most <= MOST_REPEATS else None
    if codes is None or (firsts := first_rows(codes))[_NONE:]:
        return array(values.typecode, chain.from_iterable(map(repeat, values, counts)))
    spelled = bytearray(b"%c" % _NONE) * (len(codes) * most)
    for repeat_number in range(most):
        shown = bytearray(b"%c" % _NONE) * CODES
        for first in firsts:
            if repeat_number < counts[first]:
                shown[codes[first]] = codes[first]
        spelled[repeat_number::most] = codes.translate(shown)
    words = [0] * len(firsts)
    for first in firsts:
        words[codes[first]] = values[first]
    return decoded(bytes(spelled).translate(None, b"%c" % _NONE), words, values.typecode)


def _values(plane: bytes) -> set[int]:
    """Which bytes occur. Mostly they are few, and then each is found and taken out at once."""
    found, rest = set[int](), plane
    while rest and len(found) < FEW:
        found.add(rest[0])
        rest = rest.translate(None, rest[:1])
    return found.union(rest)


def added(left: array[int], right: array[int]) -> array[int]:
    """The sums of two columns row by row, as 64-bit words, which must hold them.

    One addition of numbers as long as the columns, as no word carries into the next.
    """
    total = _as_number(left) + _as_number(right)
    return array("Q", total.to_bytes(8 * len(left), "little"))


def subtracted(left: array[int], right: array[int]) -> array[int] | None:
    """The differences of two columns of 64-bit words row by row; None where one is negative.

    Words are below 2**63: one that borrowed from the next shows in its highest bit.
    """
    total = _as_number(left) - _as_number(right)
    if total < 0:
        return None
    content = total.to_bytes(8 * len(left), "little")
    return None if content[7::8].translate(None, _POSITIVE) else array("Q", content)


def _as_number(column: array[int]) -> int:
    content, width = column.tobytes(), column.itemsize
    if width == 8:
        return int.from_bytes(content, "little")
    wide = bytearray(8 * len(column))
    for byte in range(width):
        wide[byte::8] = content[byte::width]
    return int.from_bytes(wide, "little")
