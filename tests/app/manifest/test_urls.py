"""Names in URLs: one spelling each, and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.manifest.urls import (
    iframe_name,
    iframe_number,
    init_name,
    init_number,
    segment_name,
    segment_number,
    versioned,
)


@given(st.integers(0, 10**9 - 2))
def test_segment_numbers_come_back(number: int) -> None:
    assert segment_number(segment_name(number)) == number


@given(st.integers(0, 10**9 - 2))
def test_iframe_numbers_come_back(number: int) -> None:
    assert iframe_number(iframe_name(number)) == number
    assert segment_number(iframe_name(number)) is None is iframe_number(segment_name(number))


@given(st.integers(0, 998))
def test_init_numbers_come_back(number: int) -> None:
    assert init_number(init_name(number)) == number


def test_spelling() -> None:
    assert [segment_name(number) for number in (0, 9, 9998, 9999)] == [
        "seg_0001.m4s", "seg_0010.m4s", "seg_9999.m4s", "seg_10000.m4s",
    ]  # fmt: skip
    assert [init_name(number) for number in (0, 1, 9)] == ["init.mp4", "init_2.mp4", "init_10.mp4"]
    assert versioned("init.mp4", "0123456789") == "init.mp4?v=0123456789"


@pytest.mark.parametrize(
    "name",
    [
        "seg_0000.m4s", "seg_1.m4s", "seg_001.m4s", "seg_00001.m4s", "seg_01000.m4s", "seg_-001.m4s",
        "seg_+001.m4s", "seg_0001.M4S", "seg_0001.m4s ", "seg_0001.m4s\n", "seg_٠٠٠١.m4s", "seg_0001.mp4",
        "xseg_0001.m4s", "seg_0001.m4s.m4s", "seg_0001xm4s", "seg_1234567890.m4s", "",
    ],
)  # fmt: skip
def test_no_other_spelling_of_a_segment(name: str) -> None:
    assert segment_number(name) is None
    assert iframe_number(name.replace("seg", "iframe")) is None


@pytest.mark.parametrize(
    "name",
    [
        "init_1.mp4",
        "init_0.mp4",
        "init_02.mp4",
        "init_.mp4",
        "init.mp4\n",
        "init_²2.mp4",
        "initxmp4",
        "init_1000.mp4",
    ],
)
def test_no_other_spelling_of_an_init(name: str) -> None:
    assert init_number(name) is None


@given(st.text(max_size=16))
def test_what_is_taken_is_spelled_as_we_spell_it(name: str) -> None:
    segment, init = segment_number(name), init_number(name)
    assert segment is None or segment_name(segment) == name
    assert init is None or init_name(init) == name
