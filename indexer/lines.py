"""What is printed about an archive: one line each, whatever its names, titles and boxes hold."""

from __future__ import annotations


def one_line(text: str) -> str:
    """`text` with what would break the line, or steer a terminal, spelled as Python spells it."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def counted(number: int, thing: str) -> str:
    """1 segment, 2 segments."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
