"""What is printed stays one line, and cannot steer a terminal."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.lines import counted, one_line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Größe “0” – 日本 🎬", "Größe “0” – 日本 🎬"),
        ("two\nlines\r\tand a tab", "two\\nlines\\r\\tand a tab"),
        ("\x1b[2J\x07\x7f\x9b", "\\x1b[2J\\x07\\x7f\\x9b"),
        ("\u2028\u202e", "\\u2028\\u202e"),
        (os.fsdecode(b"\xff.mp4"), "\\udcff.mp4"),
        ("C:\\films", "C:\\films"),
    ],
)
def test_spelling(text: str, line: str) -> None:
    assert one_line(text) == line


@given(st.text(st.characters()))
def test_any_text_is_one_printable_line(text: str) -> None:
    line = one_line(text)
    assert line.isprintable()
    line.encode()  # no half of a surrogate pair is left
    assert one_line(line) == line


def test_one_is_not_several() -> None:
    assert [counted(number, "segment") for number in (0, 1, 2)] == ["0 segments", "1 segment", "2 segments"]
