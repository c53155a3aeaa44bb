"""Text ─▶ the payload and settings of a WebVTT cue (W3C WebVTT §4.2.2, §4.4).

A payload never holds an empty line, an arrow or a control character, whatever it was made from: these end a
cue early. Styles are sums of the flags of `app.timed_text`; colours, fonts and sizes are dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from app.timed_text import BOLD, ITALIC, UNDERLINE

_TAGS = ((BOLD, "b"), (ITALIC, "i"), (UNDERLINE, "u"))
_FACES = [[tag for flag, tag in _TAGS if face & flag] for face in range(8)]
_MARKS = [
    ("".join(f"<{tag}>" for tag in tags), "".join(f"</{tag}>" for tag in tags[::-1])) for tags in _FACES
]
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_LINE_ENDS = re.compile("\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
_CUE_TIMESTAMP = re.compile(r"<[\d:.]+>", re.ASCII)
_BARE_AMPERSAND = re.compile(r"&(?!(?:[a-zA-Z]+|#\d+|#x[\da-fA-F]+);)", re.ASCII)
_SETTING = re.compile(r"(?:vertical|line|position|size|align):[\w.,%-]+", re.ASCII)


def payload_of(runs: Iterable[tuple[str, int]]) -> str:
    """Runs of plain text and their styles. "" where nothing would be seen."""
    return _without_empty_lines("".join(_marked(clean(text), style) for text, style in runs))


def _marked(text: str, style: int) -> str:
    inner = text.strip()
    if not inner or not style:
        return text.translate(_ESCAPES)
    before, _, after = text.partition(inner)
    opened, closed = _MARKS[style]
    return before + opened + inner.translate(_ESCAPES) + closed + after


def payload_of_webvtt(text: str) -> str:
    """A payload as another WebVTT has it. Its timestamps, of karaoke, go: they count on another clock."""
    untimed = _CUE_TIMESTAMP.sub("", clean(text)).replace("-->", "--&gt;")
    return _without_empty_lines(_BARE_AMPERSAND.sub("&amp;", untimed))


def settings_of_webvtt(text: str) -> str:
    """The settings of another WebVTT that stand by themselves; a region would need its definition."""
    return " ".join(filter(_SETTING.fullmatch, text.split()))


def aligned(across: int, down: int) -> str:
    """Settings for a place: -1 left or top, 0 centre, 1 right or bottom, which is where cues stand anyway."""
    line = {-1: "line:0", 0: "line:50%"}.get(down)
    align = {-1: "align:left", 1: "align:right"}.get(across)
    return " ".join(filter(None, (line, align)))


def clean(text: str) -> str:
    """The same with line ends of one kind and without control characters."""
    return text if text.isprintable() else _CONTROLS.sub("", _LINE_ENDS.sub("\n", text))


def _without_empty_lines(text: str) -> str:
    return "\n".join(line for line in text.strip().split("\n") if line.strip())
