"""Samples of 3GPP timed text, `tx3g` (3GPP TS 26.245 §5.16–5.17; QTFF "Subtitle Sample Data").

A sample is the length of a text, the text in UTF-8 or UTF-16, and boxes that style it. An empty text shows
nothing: it ends the one before. Offsets in styles count characters.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from indexer.codecs.bits import REMEDY
from indexer.codecs.sample_entry import Child, split
from indexer.errors import Malformed, SourceError
from indexer.subtitles.markup import aligned, payload_of

ALL_FORCED = 0x8000_0000
"""Of the display flags: every sample is forced (QTFF "Subtitle sample description")."""

_ENTRY = struct.Struct(">16xIbb4x4h4xHB")
"""Display flags, justification across and down, the text box, and of the default style font and face."""
_RECORD = struct.Struct(">HHHB5x")
"""First character, the one after the last, font, face."""
_BOX = struct.Struct(">4h")
"""Top, left, bottom, right."""
_FACES = 7


class TextStyle(NamedTuple):
    """What a sample entry says of all its samples. `height`: of the track, in the units of text boxes."""

    forced: bool
    across: int  # -1 left, 0 centre, 1 right
    down: int  # -1 top, 0 centre, 1 bottom
    face: int
    height: int


def read_style(entry: bytes, height: int) -> TextStyle:
    """Raises `Malformed`."""
    if len(entry) < _ENTRY.size:
        raise Malformed(f"a tx3g entry of {len(entry)} bytes", remedy=REMEDY, where="tx3g")
    flags, across, down, *_, face = _ENTRY.unpack_from(entry)
    forced = bool(flags & ALL_FORCED)
    # Both count the other way round: 1 is the centre across, -1 right and bottom.
    return TextStyle(forced, _place(across), _place(down), face & _FACES, height)


def _place(justification: int) -> int:
    return {0: -1, 1: 0}.get(justification, 1)


def read_sample(sample: bytes, style: TextStyle) -> list[tuple[str, str]]:
    """The settings and payload of the cue it shows, if any."""
    end = 2 + int.from_bytes(sample[:2])
    coded = sample[2:end]
    text = coded.decode("utf-16" if coded[:2] in {b"\xfe\xff", b"\xff\xfe"} else "utf-8", "replace")
    boxes = _boxes(sample, end) if end < len(sample) else ()
    payload = payload_of(_runs(text, boxes, style.face) if boxes else [(text, style.face)])
    return [(_settings(boxes, style), payload)] if payload else []


def _boxes(sample: bytes, start: int) -> tuple[Child, ...]:
    """A style that cannot be read is no reason to lose the words."""
    try:
        return split(sample, "tx3g", start).boxes
    except SourceError:
        return ()


def _settings(boxes: tuple[Child, ...], style: TextStyle) -> str:
    """Where the sample's own box lies wholly in the upper half, the text belongs to the top."""
    down = style.down
    for box in boxes:
        if box.fourcc == "tbox" and len(box.payload) >= _BOX.size:
            top, _, bottom, _ = _BOX.unpack_from(box.payload)
            if top < bottom <= style.height / 2:
                down = -1
    return aligned(style.across, down)


def _runs(text: str, boxes: tuple[Child, ...], face: int) -> Iterator[tuple[str, int]]:
    """The text in runs of one face each; what no record covers has the default face."""
    at = 0
    for first, end, styled in sorted(_records(boxes)):
        start, stop = max(at, first), min(end, len(text))
        if start < stop:
            yield text[at:start], face
            yield text[start:stop], styled
            at = stop
    yield text[at:], face


def _records(boxes: tuple[Child, ...]) -> Iterator[tuple[int, int, int]]:
    for box in boxes:
        if box.fourcc == "styl":
            count = min(int.from_bytes(box.payload[:2]), (len(box.payload) - 2) // _RECORD.size)
            table = box.payload[2 : 2 + max(0, count) * _RECORD.size]
            for start, stop, _, face in _RECORD.iter_unpack(table):
                yield start, stop, face & _FACES
