"""Subtitles ─▶ tracks of 3GPP timed text (3GPP TS 26.245 §5.16–5.17), which players of files know.

Samples follow one another: where cues overlap, each change of what is shown begins another, and one without
words fills the time between. Bold, italic and underlined stay so; the place of a cue is left to the player.
TTML has no place in such a file, and is left out.
"""

from __future__ import annotations

import re
import struct
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import unescape
from itertools import chain, pairwise
from operator import itemgetter

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
"""Cues of one sample. One that begins while there are so many is left out."""
MAX_SAMPLE_BYTES = 0xFFFF
MAX_LENGTH_MS = 0xFFFF_FFFF
MAX_TEXT_BYTES = 16 << 20
"""Of all texts, read and made: 40 of two hours have some 8 MB. One that would exceed it, as by long words in
very many samples, is left out. So many bytes of nothing but tags take some seconds."""

_TAG = re.compile(r"<(/?)([a-z]*)[^>]*>?")
_FACES = {"b": BOLD, "i": ITALIC, "u": UNDERLINE}


@dataclass(frozen=True, slots=True)
class Words:
    """Traks of texts, and the samples of all. Chunk offsets count from the start of `content`."""

    traks: tuple[Trak, ...]
    content: bytes


Sample = tuple[int, bytes]
"""Duration in ms, and the sample."""


def words_of(idx: Idx, clip: Clip) -> Words:
    """Those of every text that has something in the clip."""
    played_ms = (idx.segment_time[-1] - idx.segment_time[0]) * 1000 // idx.header.timescale
    end_ms = played_ms if clip.end_ms is None else min(clip.end_ms, played_ms)
    traks, content, offset, left_bytes = list[Trak](), list[bytes](), 0, MAX_TEXT_BYTES
    for text in idx.texts:
        if text.facts.codec:
            continue
        samples, cost_bytes = samples_of(text, clip.start_ms, end_ms, shift_ms(idx, clip), left_bytes)
        left_bytes -= cost_bytes
        if samples:
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


def samples_of(
    text: TextRows, begin_ms: int, end_ms: int, shift: int, most_bytes: int = MAX_TEXT_BYTES
) -> tuple[list[Sample], int]:
    """From the start of the download, to which times are shifted, to the end of the last cue of those between
    `begin_ms` and `end_ms`; none where that is too much. And what it cost, in bytes that were read and made.
    """
    if end_ms + shift > MAX_LENGTH_MS:
        return [], 0
    found: list[Sample] = []
    at_ms, cost_bytes = -shift, 0
    for start_ms, stop_ms, cues in _shown(text, begin_ms, end_ms):
        payload = "\n".join(map(text.payload, cues))[:MAX_SAMPLE_BYTES]
        sample = sample_of(payload)
        cost_bytes += len(payload) + len(sample)
        if cost_bytes > most_bytes:
            return [], cost_bytes
        lasted_ms = 0
        if at_ms < start_ms:
            found.append((start_ms - at_ms, NO_WORDS))
        elif found and found[-1][1] == sample:
            lasted_ms, _ = found.pop()
        found.append((lasted_ms + stop_ms - start_ms, sample))
        at_ms = stop_ms
    return found, cost_bytes


def _shown(text: TextRows, begin_ms: int, end_ms: int) -> Iterator[tuple[int, int, list[int]]]:
    """The times between `begin_ms` and `end_ms` at which the same cues are shown, and which these are."""
    spans = [
        (max(start_ms, begin_ms), min(stop_ms, end_ms), cue)
        for cue, (start_ms, stop_ms) in enumerate(zip(text.start_ms, text.end_ms, strict=True))
        if max(start_ms, begin_ms) < min(stop_ms, end_ms)
    ]
    moments = sorted({*chain.from_iterable((start_ms, stop_ms) for start_ms, stop_ms, _ in spans)})
    coming, active = iter(sorted(spans, key=itemgetter(0))), list[tuple[int, int, int]]()
    following = next(coming, None)
    for at_ms, until_ms in pairwise(moments):
        active = [span for span in active if span[1] > at_ms]
        while following and following[0] <= at_ms:
            if len(active) < MOST_AT_ONCE:
                active.append(following)
            following = next(coming, None)
        if active:
            yield at_ms, until_ms, [cue for *_, cue in active]


def sample_of(payload: str) -> bytes:
    """One that shows the payload of a WebVTT cue."""
    runs = list(_runs(payload))
    coded = "".join(run for run, _ in runs).encode()[:MAX_SAMPLE_BYTES]
    words = coded.decode("utf-8", "ignore")
    coded = words.encode()
    return struct.pack(">H", len(coded)) + coded + _styles(runs, len(words))


def _runs(payload: str) -> Iterator[tuple[str, int]]:
    """Plain text, and its face as 3GPP TS 26.245 §5.16 counts it. Tags that mean nothing here are dropped."""
    depths, face, at = dict.fromkeys(_FACES, 0), 0, 0
    for tag in _TAG.finditer(payload):
        yield unescape(payload[at : tag.start()]), face
        at = tag.end()
        if tag[2] in depths:
            depths[tag[2]] = max(0, depths[tag[2]] + (-1 if tag[1] else 1))
            face = sum(_FACES[name] for name, depth in depths.items() if depth)
    yield unescape(payload[at:]), face


def _styles(runs: Iterable[tuple[str, int]], characters: int) -> bytes:
    """A `styl` box, which counts characters, where some are not plain."""
    records, at = [], 0
    for run, face in runs:
        end = min(at + len(run), characters)
        if face and at < end:
            records.append(style_record(at, end, face))
        at = end
    return box("styl", struct.pack(">H", len(records)), *records) if records else b""
