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

TIMESCALE = 1000
NO_WORDS = b"\0\0"
MOST_AT_ONCE = 8
"""Cues of one sample. One that begins while there are so many is left out."""
MAX_SAMPLE_BYTES = 0xFFFF
MAX_LENGTH_MS = 0xFFFF_FFFF
MAX_TEXT_BYTES = 4 << 20
"""A text of two hours has 0.1 MB. What says the same long words in very many samples is left out."""

_TAG = re.compile(r"<(/?)([a-z]*)[^>]*>?")
_FACES = {"b": 1, "i": 2, "u": 4}
_FONT, _SIZE, _WHITE = 1, 16, b"\xff" * 4


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
    traks: list[Trak] = []
    content = b""
    for text in idx.texts:
        if not text.facts.codec:
            samples = samples_of(text, clip.start_ms, end_ms, shift_ms(idx, clip))
            if samples:
                traks.append(_trak(text, len(idx.tracks) + len(traks) + 1, samples, len(content)))
                content += b"".join(sample for _, sample in samples)
    return Words(tuple(traks), content)


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


def samples_of(text: TextRows, begin_ms: int, end_ms: int, shift: int) -> list[Sample]:
    """From the start of the download, to which times are shifted, to the end of the last cue of those between
    `begin_ms` and `end_ms`; nothing where that would be too much.
    """
    if end_ms + shift > MAX_LENGTH_MS:
        return []
    found: list[Sample] = []
    at_ms, size_bytes = -shift, 0
    for start_ms, stop_ms, cues in _shown(text, begin_ms, end_ms):
        if at_ms < start_ms:
            found.append((start_ms - at_ms, NO_WORDS))
        found.append((stop_ms - start_ms, sample_of("\n".join(map(text.payload, cues)))))
        at_ms = stop_ms
        size_bytes += len(found[-1][1])
        if size_bytes > MAX_TEXT_BYTES:
            return []
    return found


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
    runs = list(_runs(payload[:MAX_SAMPLE_BYTES]))
    coded = "".join(run for run, _ in runs).encode()[:MAX_SAMPLE_BYTES]
    words = coded.decode("utf-8", "ignore")
    coded = words.encode()
    return struct.pack(">H", len(coded)) + coded + _styles(runs, len(words))


def _runs(payload: str) -> Iterator[tuple[str, int]]:
    """Plain text, and its face as 3GPP TS 26.245 §5.16 counts it. Tags that mean nothing here are dropped."""
    face, at = 0, 0
    for tag in _TAG.finditer(payload):
        yield unescape(payload[at : tag.start()]), face
        flag = _FACES.get(tag[2], 0)
        face, at = (face & ~flag if tag[1] else face | flag), tag.end()
    yield unescape(payload[at:]), face


def _styles(runs: Iterable[tuple[str, int]], characters: int) -> bytes:
    """A `styl` box, which counts characters, where some are not plain."""
    records, at = [], 0
    for run, face in runs:
        end = min(at + len(run), characters)
        if face and at < end:
            records.append(struct.pack(">HHHBB4s", at, end, _FONT, face, _SIZE, _WHITE))
        at = end
    return box("styl", struct.pack(">H", len(records)), *records) if records else b""
