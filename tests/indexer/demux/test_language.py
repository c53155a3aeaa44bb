"""Codes of `mdhd` and tags of `elng` to BCP 47."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.demux.language import UNDETERMINED, from_mdhd, from_tag


def packed(code: str) -> int:
    first, second, third = (ord(letter) - 0x60 for letter in code)
    return first << 10 | second << 5 | third


@pytest.mark.parametrize(("code", "tag"), [
    ("eng", "en"), ("deu", "de"), ("ger", "de"), ("zho", "zh"), ("fil", "fil"), ("und", "und"),
    ("mul", "mul"), ("zxx", "zxx"), ("qaa", "qaa"), ("xyz", "und"),
])  # fmt: skip
def test_packed_codes(code: str, tag: str) -> None:
    assert from_mdhd(packed(code), quicktime=False) == tag
    assert from_mdhd(packed(code), quicktime=True) == tag


@pytest.mark.parametrize(("number", "tag"), [
    (0, "en"), (1, "fr"), (2, "de"), (11, "ja"), (19, "zh-Hant"), (33, "zh-Hans"), (94, "eo"), (95, "und"),
    (127, "und"), (128, "cy"), (138, "jv"), (150, "az-Latn"), (151, "und"), (0x3FF, "und"), (0x7FFF, "und"),
])  # fmt: skip
def test_macintosh_numbers(number: int, tag: str) -> None:
    assert from_mdhd(number, quicktime=True) == tag
    assert from_mdhd(number, quicktime=False) == "und"


@pytest.mark.parametrize(("text", "tag"), [
    ("en-US", "en-US"), ("EN_us", "en-US"), ("zh-hant-tw", "zh-Hant-TW"), ("", "und"), ("-", "und"),
    ("e", "und"), ("english", "und"), ("\0", "und"), ("日本", "und"), ("en-", "und"),
])  # fmt: skip
def test_tags(text: str, tag: str) -> None:
    assert from_tag(text) == tag


@given(st.integers(0, 0xFFFF), st.booleans())
def test_every_code_is_a_tag(code: int, quicktime: bool) -> None:
    tag = from_mdhd(code, quicktime=quicktime)
    assert tag == UNDETERMINED or from_tag(tag) == tag


@given(st.text(max_size=35))
def test_every_text_is_a_tag(text: str) -> None:
    tag = from_tag(text)
    assert from_tag(tag) == tag
