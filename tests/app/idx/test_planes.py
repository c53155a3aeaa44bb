"""Planes, put together again, are the words that they were made of."""

from __future__ import annotations

from array import array

from hypothesis import given, settings
from hypothesis import strategies as st

from app.idx.planes import KindPlanes, Plane, planes_of_column, planes_of_words


def words_of(planes: list[Plane], count: int) -> list[int]:
    content = bytearray(4 * count)
    for byte, plane in planes:
        content[byte::4] = plane
    return [int.from_bytes(content[at : at + 4], "big") for at in range(0, 4 * count, 4)]


any_words = st.lists(st.integers(0, 2**32 - 1), max_size=20)


@given(any_words)
def test_of_words(words: list[int]) -> None:
    assert words_of(planes_of_words(words), len(words)) == words


@given(st.sampled_from("BHI"), st.data())
def test_of_columns_of_any_width(typecode: str, data: st.DataObject) -> None:
    highest = 256 ** array(typecode).itemsize - 1
    words = data.draw(st.lists(st.integers(0, highest), max_size=20))
    assert words_of(planes_of_column(memoryview(array(typecode, words))), len(words)) == words


@settings(deadline=None)
@given(st.integers(1, 600), st.data())
def test_of_kinds_few_and_many(count: int, data: st.DataObject) -> None:
    table = [number * 2_654_435_761 % 2**32 - 2**31 for number in range(count)]
    codes = data.draw(st.lists(st.integers(0, count - 1), max_size=20))
    column = memoryview(array("B" if count <= 256 else "H", codes))
    planes = KindPlanes(memoryview(array("i", table))).of(column)
    assert words_of(planes, len(codes)) == [table[code] % 2**32 for code in codes]
