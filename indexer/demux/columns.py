"""Big-endian tables to columns, without an interpreter step a row where it can be helped.

Slices, `bytes.translate` and C-level iterators instead of loops: two hours of tables are half a million
rows. Functions over bytes and arrays only; they know no box and allocate what they are told to, so the
caller has checked counts against the bytes that back them and against `Reading.spend`.
"""

from __future__ import annotations

from array import array

from indexer.codes import are_all
from indexer.track import Column

HIGH_NIBBLE = bytes(byte >> 4 for byte in range(256))
LOW_NIBBLE = bytes(byte & 15 for byte in range(256))


def big_endian(table: bytes | bytearray | memoryview, typecode: str) -> array[int]:
    """The numbers of `table`; its length is a multiple of the typecode's size."""
    column: array[int] = array(typecode)
    column.frombytes(table)
    column.byteswap()  # no host is big-endian: `app.idx.layout`
    return column


def widened(table: bytes | memoryview, from_bytes: int, typecode: str) -> array[int]:
    """Unsigned big-endian numbers of `from_bytes` each, as the wider `typecode`."""
    to_bytes = array(typecode).itemsize
    table = bytes(table)  # of which strided slices are four times as fast as of a memoryview
    wide = bytearray(len(table) // from_bytes * to_bytes)
    for byte in range(from_bytes):
        wide[to_bytes - from_bytes + byte::to_bytes] = table[byte::from_bytes]
    return big_endian(wide, typecode)


def nibbles(table: bytes) -> bytes:
    """Each 4-bit number of `table` as a byte, the high half first."""
    both = bytearray(2 * len(table))
    both[0::2] = table.translate(HIGH_NIBBLE)
    both[1::2] = table.translate(LOW_NIBBLE)
    return bytes(both)


def collapsed(column: Column) -> Column:
    """The one number that a column holds everywhere, else the column; an empty column is 0."""
    if isinstance(column, int) or not column:
        return column or 0
    return column[0] if are_all(column, column[0]) else column


def total(column: Column, count: int) -> int:
    """The sum of a column of `count` rows."""
    return column * count if isinstance(column, int) else sum(column)
