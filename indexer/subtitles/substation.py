"""Override tags of SubStation Alpha, which players of SubRip know too, and SubRip's own tags ─▶ styled runs.

Read here rather than by pysubs2, whose way costs the square of a line's length. Karaoke, colours, fonts and
movement are dropped, drawings with all that they draw.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from indexer.subtitles.markup import BOLD, ITALIC, UNDERLINE

_OVERRIDES = re.compile(r"\{([^{}]*)\}")
_OVERRIDES_AND_TAGS = re.compile(r"\{(\\[^{}]*)\}|<(/?[a-zA-Z][^<>]*)>")
_OVERRIDE = re.compile(r"\\(an|[abiup])(\d{1,4})(?!\d)|\\r([^\\]*)", re.ASCII)
_TAG_NAME = re.compile(r"[a-zA-Z]+")
_STYLES = {"b": BOLD, "i": ITALIC, "u": UNDERLINE}
_BOLD_WEIGHT = 600
_LEGACY_ROWS = {0: 1, 4: -1, 8: 0}
"""Of `\\a` less 1 to 3: below, above, in the middle."""

Place = tuple[int, int]  # across and down, as `markup.aligned` takes them
Styled = tuple[str, int]  # text and style


@dataclass(slots=True)
class Line:
    """The state of a line while its overrides are read. `place` is None where they say nothing of it."""

    style: int
    place: Place | None = None
    drawing: bool = False


def place_of_key(key: int) -> Place:
    """Of an alignment as on the keys of a number pad: 7 is top left, 2 below in the centre."""
    return (key - 1) % 3 - 1, 1 - (key - 1) // 3


def read_substation(text: str, own_face: int, faces: Mapping[str, int]) -> tuple[list[Styled], Place | None]:
    """`own_face` is that of the line's style; `faces`, those of all styles by name."""
    line = Line(own_face)
    return list(_runs(text, _OVERRIDES, line, faces)), line.place


def read_subrip(text: str) -> tuple[list[Styled], Place | None]:
    line = Line(0)
    return list(_runs(text, _OVERRIDES_AND_TAGS, line, {})), line.place


def _runs(text: str, markup: re.Pattern[str], line: Line, faces: Mapping[str, int]) -> Iterator[Styled]:
    own_face, at = line.style, 0
    for match in markup.finditer(text):
        if not line.drawing:
            yield _plain(text[at : match.start()]), line.style
        at = match.end()
        if match[1] is not None:
            _override(line, match[1], own_face, faces)
        else:
            _tag(line, match[2])
    if not line.drawing:
        yield _plain(text[at:]), line.style


def _plain(text: str) -> str:
    return text.replace("\\N", "\n").replace("\\n", " ").replace("\\h", "\N{NO-BREAK SPACE}")


def _override(line: Line, overrides: str, own_face: int, faces: Mapping[str, int]) -> None:
    for name, digits, style in _OVERRIDE.findall(overrides):
        if not name:
            line.style = faces.get(style.strip(), own_face)
            continue
        value = int(digits)
        if name in _STYLES:
            on = value == 1 or (name == "b" and value >= _BOLD_WEIGHT)
            line.style = line.style & ~_STYLES[name] | on * _STYLES[name]
        elif name == "p":
            line.drawing = value > 0
        elif line.place is None and name == "an" and 1 <= value <= 9:
            line.place = place_of_key(value)
        elif line.place is None and name == "a" and (value - 1) & ~3 in _LEGACY_ROWS and value % 4:
            line.place = value % 4 - 2, _LEGACY_ROWS[(value - 1) & ~3]


def _tag(line: Line, tag: str) -> None:
    """Tags other than b, i and u go; what they hold stays."""
    name = _TAG_NAME.search(tag)
    style = _STYLES.get(name[0].lower(), 0) if name else 0
    line.style = line.style & ~style if tag.startswith("/") else line.style | style
