"""Bit fields: values against ones worked out by hand, and nothing past the end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.codecs.bits import Bits, without_emulation_prevention
from indexer.errors import Malformed
from tests.indexer.codecs.entries import packed


def from_text(digits: str) -> Bits:
    return Bits(packed(digits), "record")


def test_fields_cross_bytes() -> None:
    bits = from_text("101 01110 1111 0000 1111 1111")
    assert [bits.u(3), bits.u(5), bits.u(10), bits.u(6)] == [0b101, 0b01110, 0b1111000011, 0b111111]
    assert bits.left == 0


@pytest.mark.parametrize(
    ("code", "unsigned", "signed"),
    [("1", 0, 0), ("010", 1, 1), ("011", 2, -1), ("00100", 3, 2), ("00111", 6, -3), ("0001000", 7, 4)],
)
def test_exp_golomb(code: str, unsigned: int, signed: int) -> None:
    """The tables of H.264 §9.1 and §9.1.1."""
    assert from_text(code).ue() == unsigned
    assert from_text(code).se() == signed


def test_longest_exp_golomb() -> None:
    assert from_text("0" * 32 + "1" + "1" * 32).ue() == 2**33 - 2
    with pytest.raises(Malformed, match="more than 32 bits"):
        from_text("0" * 33 + "1" * 34).ue()


def test_bounded_count_names_itself() -> None:
    with pytest.raises(Malformed, match="pictures is 6, the standard allows at most 5"):
        from_text("00111").bounded_ue(5, "pictures")


@given(data=st.binary(max_size=8), widths=st.lists(st.integers(0, 40), max_size=8))
def test_reading_past_the_end_says_where(data: bytes, widths: list[int]) -> None:
    bits = Bits(data, "record")
    for width in widths:
        if width <= bits.left:
            assert 0 <= bits.u(width) < 1 << width
            continue
        with pytest.raises(Malformed) as refusal:
            bits.u(width)
        assert (refusal.value.where, refusal.value.offset) == ("record", len(data))


@pytest.mark.parametrize(
    ("nal", "payload"),
    [
        ("010203", "010203"),
        ("00000301", "000001"),
        ("000003000003", "00000000"),
        ("0000030003", "00000003"),
        ("00000300000301", "0000000001"),
    ],
)
def test_emulation_prevention(nal: str, payload: str) -> None:
    assert without_emulation_prevention(bytes.fromhex(nal)).hex() == payload
