"""Columns of 32-bit words as planes: one byte of every word, side by side.

A box has its words big-endian and an `.idx` has them little-endian and narrow, or as a table of kinds with a
byte a sample. A plane is what `bytes.translate` and slices with a step make of either at once, and what a
slice assignment puts into a row of boxes at once; nothing is done a sample.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence

WORD_BYTES = 4
WORD_MASK = 0xFFFF_FFFF
"""Of a negative number it makes the unsigned one with the same bits."""

Plane = tuple[int, bytes]
"""Which byte of a word, 0 the most significant, and that byte of each word. All zeros, it may be left out."""


def planes_of_words(words: Iterable[int]) -> list[Plane]:
    """Of unsigned 32-bit numbers."""
    return planes_of_column(memoryview(array("I", words)))


def planes_of_column(column: memoryview[int]) -> list[Plane]:
    """Of an unsigned column, little-endian as in an `.idx`, at most 32 bits wide."""
    content, width = column.tobytes(), column.itemsize
    return [(WORD_BYTES - 1 - byte, content[byte::width]) for byte in range(width)]


class KindPlanes:
    """A column of a table of kinds: codes of samples become planes by a translation each. Of a long one, as
    an archive has whose frames each last a time of their own, nothing is copied.
    """

    __slots__ = ("_tables", "_words")

    def __init__(self, words: Sequence[int]) -> None:
        self._words = words
        self._tables: list[Plane] = []
        if len(words) <= 256:
            of_all = planes_of_words(word & WORD_MASK for word in words)
            self._tables = [(byte, table.ljust(256, b"\0")) for byte, table in of_all if any(table)]

    def of(self, codes: memoryview[int]) -> list[Plane]:
        """Of a word for each code."""
        if codes.itemsize > 1:
            return planes_of_words(self._words[code] & WORD_MASK for code in codes)
        content = codes.tobytes()
        return [(byte, content.translate(table)) for byte, table in self._tables]
