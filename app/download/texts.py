"""Subtitles ─▶ tracks of 3GPP timed text (3GPP TS 26.245 §5.16–5.17), which players of files know.

Samples follow one another: where cues overlap, each change of what is shown begins another, and one without
words fills the time between. Bold, italic and underlined stay so; the place of a cue is left to the player.
TTML has no place in such a file, and is left out.

A cue is read once, however many samples show it, and what samples will have is counted before they are made.
"""

from __future__ import annotations

import re
import struct
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from itertools import chain, pairwise
from operator import itemgetter
from typing import NamedTuple, TypeAlias

from app.clip import Clip
from app.cmaf.box import box
from app.download.spans import shift_ms
from app.download.tables import text_tables
from app.download.trak import Trak, sample_description, trak_of
from app.idx.cues import TextRows
from app.idx.view import Idx
from app.timed_text import BOLD, ITALIC, UNDERLINE, style_record

TIMESCALE = 1000
NO_WORDS = b"\0\0"
MOST_AT_ONCE = 8
"""Cues of one sample: of more, those that began last, and of these, those that end first. What stands longest
is mostly signs, over which somebody speaks."""
MAX_CUE_BYTES = (1 << 16) // MOST_AT_ONCE - 1
"""Words of one cue, so that a sample holds those of so many, and a line feed after each but the last."""
MAX_LENGTH_MS = 0xFFFF_FFFF
MAX_TEXT_BYTES = 16 << 20
"""Samples of all texts: 40 of two hours have some 4 MB. A text that would exceed it, as by long words in very
many samples, is left out."""
MAX_STEPS = 1 << 22
"""To read all texts, some 1 us each. A text that would exceed it, as by very many tags, is left out; 30 of a
film take a quarter of it."""
STEPS_A_CUE, STEPS_A_MARK = 16, 4

_TAG = re.compile(r"<(/?)([a-z]*)[^>]*>?")
_FACES = {"b": BOLD, "i": ITALIC, "u": UNDERLINE}
_RECORD_BYTES = len(style_record(0, 0, 0))
_NO_CHARACTER = re.compile(r"&#\d{8,};?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Words:
    """Traks of texts, and the samples of all. Chunk offsets count from the start of `content`."""

    traks: tuple[Trak, ...]
    content: bytes


class Style(NamedTuple):
    """The face of the characters from `first` to before `end`, as 3GPP TS 26.245 §5.16 counts it."""

    first: int
    end: int
    face: int


class Line(NamedTuple):
    """What a cue says, in UTF-8, how many characters that is, and which of them are not plain."""

    coded: bytes
    characters: int
    styles: tuple[Style, ...]


Lines: TypeAlias = tuple[Line, ...]
Sample: TypeAlias = tuple[int, bytes]
"""Duration in ms, and the sample."""
Cue: TypeAlias = tuple[int, int, str]
"""Start and end in ms, and payload."""


def words_of(idx: Idx, clip: Clip) -> Words:
    """Those of every text that has something in the clip, as far as the limits go."""
    played_ms = (idx.segment_time[-1] - idx.segment_time[0]) * 1000 // idx.header.timescale
    end_ms = played_ms if clip.end_ms is None else min(clip.end_ms, played_ms)
    shift, traks, content, offset = shift_ms(idx, clip), list[Trak](), list[bytes](), 0
    if end_ms + shift > MAX_LENGTH_MS:
        return Words((), b"")
    left_steps = MAX_STEPS
    for text in idx.texts:
        cues = [] if text.facts.codec else cues_of(text, clip.start_ms, end_ms)
        steps = steps_of(cues)
        if not cues or steps > left_steps:
            continue
        left_steps -= steps
        if samples := samples_of(cues, shift, MAX_TEXT_BYTES - offset):
            traks.append(_trak(text, len(idx.tracks) + len(traks) + 1, samples, offset))
            content += (sample for _, sample in samples)
            offset += sum(len(sample) for _, sample in samples)
    return Words(tuple(traks), b"".join(content))


def _trak(text: TextRows, track_id: int, samples: list[Sample], offset: int) -> Trak:
    children = trak_of(text.facts.init, 1)
    durations = [duration_ms for duration_ms, _ in samples]
    length_ms = sum(durations)
    stsd = box("stsd", sample_description(children))
    return Trak(
        track_id=track_id,
        children=children,
        is_enabled=False,
        timescale=TIMESCALE,
        delay_ticks=0,
        media_time_ticks=0,
        media_end_ticks=length_ms,
        media_ticks=length_ms,
        tables=text_tables(stsd, durations, [len(sample) for _, sample in samples]),
        chunk_offset=array("Q", (offset,)),
    )


def cues_of(text: TextRows, begin_ms: int, end_ms: int) -> list[Cue]:
    """What is shown between the two."""
    return [
        (max(start_ms, begin_ms), min(stop_ms, end_ms), text.payload(number))
        for number, (start_ms, stop_ms) in enumerate(zip(text.start_ms, text.end_ms, strict=True))
        if max(start_ms, begin_ms) < min(stop_ms, end_ms)
    ]


def steps_of(cues: Sequence[Cue]) -> int:
    """What `samples_of` takes, besides the making of samples."""
    marks = sum([payload.count("<") + payload.count("&") for _, _, payload in cues])
    return STEPS_A_CUE * len(cues) + STEPS_A_MARK * marks


def samples_of(cues: Sequence[Cue], shift: int, most_bytes: int = MAX_TEXT_BYTES) -> list[Sample]:
    """From the start of the download, to which times are shifted, to the end of the last cue; none where they
    would have more than `most_bytes`.
    """
    scenes: list[tuple[int, Lines]] = [(-shift, ())]
    left_bytes = most_bytes
    for at_ms, lines in _scenes(cues):
        if lines != scenes[-1][1]:
            left_bytes -= _sample_bytes(lines)
            if left_bytes < 0:
                return []
            scenes.append((at_ms, lines))
    return [
        (until_ms - at_ms, sample_of(lines))
        for (at_ms, lines), (until_ms, _) in pairwise(scenes)
        if at_ms < until_ms
    ]


def _scenes(cues: Sequence[Cue]) -> Iterator[tuple[int, Lines]]:
    """What is said from each time on at which that may change: from the last on, nothing. A cue without words
    takes no place.
    """
    lines = [line_of(payload) for _, _, payload in cues]
    coming = [(start_ms, stop_ms, number) for number, (start_ms, stop_ms, _) in enumerate(cues)]
    coming = [span for span in coming if lines[span[2]].coded]
    moments = sorted({*chain.from_iterable((start_ms, stop_ms) for start_ms, stop_ms, _ in coming)})
    coming.sort(key=lambda span: (-span[0], span[1]))  # what comes first is last
    begun: list[tuple[int, int, int]] = []
    for at_ms in moments:
        while coming and coming[-1][0] <= at_ms:
            begun.append(coming.pop())
        latest: list[tuple[int, int, int]] = []
        while begun and len(latest) < MOST_AT_ONCE:
            span = begun.pop()
            if span[1] > at_ms:
                latest.append(span)
        begun += latest[::-1]
        yield at_ms, tuple([lines[number] for _, _, number in sorted(latest, key=itemgetter(2))])


def line_of(payload: str) -> Line:
    """What the payload of a WebVTT cue says, or its beginning."""
    runs = list(_runs(payload))
    coded = "".join([run for run, _ in runs]).encode()[:MAX_CUE_BYTES]
    words = coded.decode("utf-8", "ignore")
    return Line(words.encode(), len(words), tuple(_styles(runs, len(words))))


def _runs(payload: str) -> Iterator[tuple[str, int]]:
    """Plain text, and its face. Tags that mean nothing here are dropped."""
    depths, face, at = dict.fromkeys(_FACES, 0), 0, 0
    for tag in _TAG.finditer(payload):
        if at < tag.start():
            yield _unescaped(payload[at : tag.start()]), face
        at, name = tag.end(), tag[2]
        if name in depths:
            depths[name] = max(0, depths[name] + (-1 if tag[1] else 1))
            face = face | _FACES[name] if depths[name] else face & ~_FACES[name]
    if at < len(payload):
        yield _unescaped(payload[at:]), face


def _styles(runs: Iterable[tuple[str, int]], characters: int) -> Iterator[Style]:
    at = 0
    for run, face in runs:
        end = min(at + len(run), characters)
        if face and at < end:
            yield Style(at, end, face)
        at = end


def _unescaped(text: str) -> str:
    return unescape(_NO_CHARACTER.sub("\ufffd", text)) if "&" in text else text


def _sample_bytes(lines: Lines) -> int:
    """The length of `sample_of` them."""
    words_bytes, records = max(0, len(lines) - 1), 0
    for line in lines:
        words_bytes += len(line.coded)
        records += len(line.styles)
    return 2 + words_bytes + (10 + _RECORD_BYTES * records if records else 0)


def sample_of(lines: Lines) -> bytes:
    """One that shows them below one another."""
    if not lines:
        return NO_WORDS
    coded = b"\n".join([line.coded for line in lines])
    return struct.pack(">H", len(coded)) + coded + _style_box(lines)


def _style_box(lines: Lines) -> bytes:
    """A `styl` box, which counts characters, where some are not plain."""
    records: list[bytes] = []
    at = 0
    for line in lines:
        records += [style_record(at + first, at + end, face) for first, end, face in line.styles]
        at += line.characters + 1
    return box("styl", struct.pack(">H", len(records)), *records) if records else b""
