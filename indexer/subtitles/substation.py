"""Override tags of SubStation Alpha, which players of SubRip know too, and SubRip's own tags ─▶ styled runs.

Read here rather than by pysubs2, whose way costs the square of a line's length. Karaoke, colours, fonts and
movement are dropped, drawings with all that they draw. Of a position the half of the screen that it is in is
kept: how large the words are that a player draws there is not for us to know.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.timed_text import BOLD, ITALIC, UNDERLINE

_OVERRIDES = re.compile(r"\{([^{}]*)\}")
_OVERRIDES_AND_TAGS = re.compile(r"\{(\\[^{}]*)\}|<(/?[a-zA-Z][^<>]*)>")
_OVERRIDE = re.compile(
    r"\\(an|[abiup])(\d{1,4})(?!\d)|\\r([^\\]*)|\\(?:pos|move)\([^\\,()]*,\s*(-?\d{1,6})(?!\d)", re.ASCII
)
_TAG_NAME = re.compile(r"[a-zA-Z]+")
_STYLES = {"b": BOLD, "i": ITALIC, "u": UNDERLINE}
_BOLD_WEIGHT = 600
_LEGACY_ROWS = {0: 1, 4: -1, 8: 0}
"""Of `\\a` less 1 to 3: below, above, in the middle."""

DEFAULT_HEIGHT = 288
"""Of the screen that positions are on, where a script does not say (`PlayResY`); of SubRip, always."""

Place = tuple[int, int]  # across and down, as `markup.aligned` takes them
Styled = tuple[str, int]  # text and style
BELOW: Place = (0, 1)


@dataclass(slots=True)
class Line:
    """What a line's overrides have said so far, and of its place at all: None where that is nothing."""

    style: int
    aligned: Place | None = None
    position_y: int | None = None
    drawing: bool = False

    def place(self, own: Place, height: int) -> Place:
        """`own` is that of the line's style, `height` the screen's.

        Where there is a position, an alignment says no more than which corner of the words is there.
        """
        if self.position_y is None:
            return self.aligned or own
        return 0, -1 if self.position_y < height / 2 else 1


def place_of_key(key: int) -> Place:
    """Of an alignment as on the keys of a number pad: 7 is top left, 2 below in the centre."""
    return (key - 1) % 3 - 1, 1 - (key - 1) // 3


def read_substation(text: str, own_face: int, faces: Mapping[str, int]) -> tuple[list[Styled], Line]:
    """`own_face` is that of the line's style; `faces`, those of all styles by name."""
    line = Line(own_face)
    return list(_runs(text, _OVERRIDES, line, faces)), line


def read_subrip(text: str) -> tuple[list[Styled], Line]:
    line = Line(0)
    return list(_runs(text, _OVERRIDES_AND_TAGS, line, {})), line


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
    for name, digits, style, y in _OVERRIDE.findall(overrides):
        if y:
            line.position_y = int(y) if line.position_y is None else line.position_y
            continue
        if not name:
            line.style = faces.get(style.strip(), own_face)
            continue
        value = int(digits)
        if name in _STYLES:
            on = value == 1 or (name == "b" and value >= _BOLD_WEIGHT)
            line.style = line.style & ~_STYLES[name] | on * _STYLES[name]
        elif name == "p":
            line.drawing = value > 0
        elif line.aligned is None and name == "an" and 1 <= value <= 9:
            line.aligned = place_of_key(value)
        elif line.aligned is None and name == "a" and (value - 1) & ~3 in _LEGACY_ROWS and value % 4:
            line.aligned = value % 4 - 2, _LEGACY_ROWS[(value - 1) & ~3]


def _tag(line: Line, tag: str) -> None:
    """Tags other than b, i and u go; what they hold stays."""
    name = _TAG_NAME.search(tag)
    style = _STYLES.get(name[0].lower(), 0) if name else 0
    line.style = line.style & ~style if tag.startswith("/") else line.style | style
