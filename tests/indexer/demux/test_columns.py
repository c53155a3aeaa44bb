"""Tables to columns: the array tricks against plain loops."""

from __future__ import annotations

import struct
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.codes import added, at_most, expanded, subtracted
from indexer.demux.columns import big_endian, collapsed, nibbles, total, widened

NUMBERS = st.lists(st.integers(0, 2**32 - 1), max_size=20)
OFFSETS = st.integers(0, 9) | st.integers(0, 2**63 - 1)
RUNS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2**32 - 1)), max_size=20)


@given(NUMBERS)
def test_big_endian(numbers: list[int]) -> None:
    table = struct.pack(f">{len(numbers)}I", *numbers)
    assert list(big_endian(table, "I")) == numbers
    assert list(big_endian(memoryview(table), "I")) == numbers


@pytest.mark.parametrize(("code", "from_bytes", "typecode"), [("B", 1, "I"), ("H", 2, "I"), ("I", 4, "Q")])
@given(data=st.data())
def test_widened(code: str, from_bytes: int, typecode: str, data: st.DataObject) -> None:
    numbers = data.draw(st.lists(st.integers(0, 256**from_bytes - 1), max_size=20))
    table = memoryview(struct.pack(f">{len(numbers)}{code}", *numbers))
    column = widened(table, from_bytes, typecode)
    assert column == array(typecode, numbers)
    assert column.typecode == typecode


@given(st.binary(max_size=20))
def test_nibbles(table: bytes) -> None:
    assert nibbles(table).hex()[1::2] == table.hex()


@given(RUNS)
def test_expanded(runs: list[tuple[int, int]]) -> None:
    counts, values = array("I", [count for count, _ in runs]), array("I", [value for _, value in runs])
    assert list(expanded(counts, values)) == [value for count, value in runs for _ in range(count)]


@given(st.lists(st.tuples(OFFSETS, OFFSETS), max_size=20))
def test_added_and_subtracted(rows: list[tuple[int, int]]) -> None:
    left, right = (array("Q", [row[side] for row in rows]) for side in (0, 1))
    assert list(added(left, right)) == [a + b for a, b in rows]
    differences = [a - b for a, b in rows]
    assert subtracted(left, right) == (array("Q", differences) if min(differences, default=0) >= 0 else None)


@given(NUMBERS)
def test_at_most(numbers: list[int]) -> None:
    bound = at_most(array("I", numbers))
    assert max(numbers, default=0) <= bound <= 256 * max(numbers, default=0)


@given(st.lists(st.integers(0, 1), max_size=6))
def test_collapsed_and_total(values: list[int]) -> None:
    column = collapsed(array("I", values))
    assert isinstance(column, int) == (len(set(values)) <= 1)
    assert total(column, len(values)) == sum(values)
    if isinstance(column, int) and values:
        assert column == values[0]
