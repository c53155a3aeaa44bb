"""Shapes painted into planes of YUV 4:2:0: discs, bars and the digits of a clock.

Drawn here and not by ffmpeg's filters: the wheels of PyAV lack `drawtext`, and no two hosts have the same
fonts. A shape is given by its signed distance (negative inside) and rasterised once, into spans that are
copied and an edge that is blended, so painting costs a slice assignment a row. Distances are luma pixels.
"""

from __future__ import annotations

import colorsys
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

Colour = tuple[int, int, int]
Span = tuple[int, int, int]


def colour(hue: float, saturation: float, value: float) -> Colour:
    """Y, Cb, Cr of BT.709 in limited range; the arguments are 0 to 1."""
    r, g, b = colorsys.hsv_to_rgb(hue, saturation, value)
    y = 0.2126 * r + 0.7152 * g + 0.0722 * b
    return round(16 + 219 * y), round(128 + 224 * (b - y) / 1.8556), round(128 + 224 * (r - y) / 1.5748)


@dataclass(frozen=True, slots=True)
class Picture:
    """The planes of one frame; `width` and `height` are those of luma, and even."""

    width: int
    height: int
    y: bytearray
    cb: bytearray
    cr: bytearray

    def paint(self, shape: Shape, left: int, top: int, fill: Colour) -> None:
        """`shape` with its corner at (left, top); all of it must lie inside."""
        luma, cb, cr = self.y, self.cb, self.cr  # found once: these loops are the cost of a frame
        for row, start, stop in shape.luma:
            at = (top + row) * self.width + left
            luma[at + start : at + stop] = bytes((fill[0],)) * (stop - start)
        for row, column, cover in shape.edge:
            at = (top + row) * self.width + left + column
            luma[at] += (fill[0] - luma[at]) * cover >> 8
        for row, start, stop in shape.chroma:
            at = (top // 2 + row) * (self.width // 2) + left // 2
            cb[at + start : at + stop] = bytes((fill[1],)) * (stop - start)
            cr[at + start : at + stop] = bytes((fill[2],)) * (stop - start)


@dataclass(frozen=True, slots=True)
class Shape:
    """What to paint: spans (row, start, stop) of each plane, and edge pixels (row, column, cover of 256)."""

    width: int
    luma: tuple[Span, ...]
    edge: tuple[Span, ...]
    chroma: tuple[Span, ...]


def rasterise(width: int, height: int, distance: Callable[[float, float], float]) -> Shape:
    luma: list[Span] = []
    edge: list[Span] = []
    for row in range(height):
        covers = [_cover(distance(column + 0.5, row + 0.5)) for column in range(width)]
        luma += ((row, start, stop) for start, stop in _runs([cover == 256 for cover in covers]))
        edge += ((row, column, cover) for column, cover in enumerate(covers) if 0 < cover < 256)
    chroma: list[Span] = []
    for row in range(height // 2):
        inside = [distance(2 * column + 1, 2 * row + 1) < 0 for column in range(width // 2)]
        chroma += ((row, start, stop) for start, stop in _runs(inside))
    return Shape(width, tuple(luma), tuple(edge), tuple(chroma))


def _cover(distance: float) -> int:
    return round(256 * min(1.0, max(0.0, 0.5 - distance)))


def _runs(flags: list[bool]) -> Iterator[tuple[int, int]]:
    """Half-open runs of what is true."""
    start = 0
    for at, flag in enumerate([*flags, False]):
        if not flag:
            if start < at:
                yield start, at
            start = at + 1


@cache
def disc(radius: int) -> Shape:
    return rasterise(2 * radius, 2 * radius, lambda x, y: math.hypot(x - radius, y - radius) - radius)


@cache
def bar(width: int, height: int) -> Shape:
    """A horizontal bar with round ends."""
    half = height / 2
    return rasterise(width, height, lambda x, y: _to_line(x, y, (half, half, width - half, half)) - half)


Line = tuple[float, float, float, float]


def _to_line(x: float, y: float, line: Line) -> float:
    """Distance from the point to the nearest point of a line from (x0, y0) to (x1, y1)."""
    x0, y0, x1, y1 = line
    dx, dy = x1 - x0, y1 - y0
    along = min(1.0, max(0.0, ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy or 1)))
    return math.hypot(x - x0 - along * dx, y - y0 - along * dy)


# Seven segments, as lines in a cell 1 wide and 2 high; a line from a point to itself is a dot.
_A, _B, _C, _D = (0, 0, 1, 0), (1, 0, 1, 1), (1, 1, 1, 2), (0, 2, 1, 2)
_E, _F, _G = (0, 1, 0, 2), (0, 0, 0, 1), (0, 1, 1, 1)
_STROKES: dict[str, tuple[Line, ...]] = {
    "0": (_A, _B, _C, _D, _E, _F),
    "1": (_B, _C),
    "2": (_A, _B, _G, _E, _D),
    "3": (_A, _B, _G, _C, _D),
    "4": (_F, _G, _B, _C),
    "5": (_A, _F, _G, _C, _D),
    "6": (_A, _F, _G, _C, _D, _E),
    "7": (_A, _B, _C),
    "8": (_A, _B, _C, _D, _E, _F, _G),
    "9": (_A, _B, _C, _D, _F, _G),
    ":": ((0, 0.5, 0, 0.5), (0, 1.5, 0, 1.5)),
    ".": ((0, 2, 0, 2),),
}


@cache
def glyph(char: str, cell: int) -> Shape:
    """A digit, colon or point, `cell` pixels wide and twice as high between the middles of its strokes."""
    pen = cell // 6
    lines = [
        (pen + x0 * cell, pen + y0 * cell, pen + x1 * cell, pen + y1 * cell)
        for x0, y0, x1, y1 in _STROKES[char]
    ]
    width = 2 * pen + (0 if char in ":." else cell)
    return rasterise(
        (width + 1) // 2 * 2,
        2 * (cell + pen),
        lambda x, y: min(_to_line(x, y, line) for line in lines) - pen,
    )


def write(picture: Picture, text: str, left: int, top: int, cell: int, fill: Colour) -> int:
    """Paint `text`; where it ends."""
    for char in text:
        shape = glyph(char, cell)
        picture.paint(shape, left, top, fill)
        left += shape.width + cell // 6 * 2
    return left
