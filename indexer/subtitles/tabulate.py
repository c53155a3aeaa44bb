"""Texts ─▶ what an index holds of them: facts, and columns cut like the segments of the archive."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate, chain
from typing import NamedTuple, TypeAlias

from app.idx.header import SubtitleFile, TextFacts
from indexer.errors import LimitExceeded
from indexer.labels import label_of_text, said_of_text
from indexer.limits import (
    MAX_BARE_PARTS,
    MAX_CUE_APPEARANCES,
    MAX_CUES_A_SEGMENT,
    MAX_TTML_SENT_BYTES,
    PARTS_A_CUE,
)
from indexer.part_names import part_names
from indexer.segmentation import Segmentation
from indexer.subtitles.cue import Cue, Text
from indexer.subtitles.timed_text import timed_text_init

Columns: TypeAlias = "dict[str, array[int]]"

REMEDY = "leave out what nobody reads"


class Subtitles(NamedTuple):
    """`texts` without their rates; `columns`: of each, by the names of `app.idx.layout`."""

    texts: tuple[TextFacts, ...] = ()
    columns: tuple[Columns, ...] = ()
    files: tuple[SubtitleFile, ...] = ()
    notes: tuple[str, ...] = ()


NO_SUBTITLES = Subtitles()


def tabulate_texts(texts: Sequence[Text], segmentation: Segmentation) -> Subtitles:
    """Texts with more cues than segments may hold, or with too few for so many segments, are left out with a
    note.
    """
    kept, columns, notes, left = list[Text](), list[Columns](), list[str](), MAX_CUE_APPEARANCES
    for text in texts:
        try:
            cue_count = sum(len(each.cues) for each in (*kept, text))
            if (len(kept) + 1) * segmentation.count > MAX_BARE_PARTS + PARTS_A_CUE * cue_count:
                rule = f"brings the texts to {cue_count} cues for {segmentation.count} segments of each"
                raise LimitExceeded(rule, remedy=REMEDY)
            columns.append(_columns(text, segmentation, left))
            left -= len(columns[-1]["cue"])
            kept.append(text)
        except LimitExceeded as error:
            notes.append(f"{text.file or f'track {text.source_track_id}'} passed over: {error.rule}")
    names = part_names(("text", text.language) for text in kept)
    facts = tuple(_facts(text, name) for text, name in zip(kept, names, strict=True))
    return Subtitles(facts, tuple(columns), notes=tuple(notes))


def _facts(text: Text, name: str) -> TextFacts:
    return TextFacts(
        name=name,
        codec_name=text.codec_name,
        source_track_id=text.source_track_id,
        file=text.file,
        language=text.language,
        title=text.title,
        label=label_of_text(
            text.title, text.language, forced=text.forced, hearing_impaired=text.hearing_impaired
        ),
        said=said_of_text(
            text.title, text.language, forced=text.forced, hearing_impaired=text.hearing_impaired
        ),
        roles=text.roles,
        forced=text.forced,
        hearing_impaired=text.hearing_impaired,
        cue_count=len(text.cues),
        codec=text.codec,
        init=text.init or timed_text_init(text),
        peak_bps=0,
        average_bps=0,
    )


def _columns(text: Text, segmentation: Segmentation, left: int) -> Columns:
    """Raises `LimitExceeded` where segments would hold too much, or more than `left` cues together."""
    cues, shown = text.cues, _shown(text.cues, segmentation, left)
    blocks = [cue.payload.encode() if text.codec else _block(cue) for cue in cues]
    if text.codec and sum(len(blocks[cue]) for cue in chain.from_iterable(shown)) > MAX_TTML_SENT_BYTES:
        rule = f"its segments together hold more than {MAX_TTML_SENT_BYTES} bytes"
        raise LimitExceeded(rule, remedy=REMEDY)
    return {
        "start": array("Q", (cue.start_ms for cue in cues)),
        "end": array("Q", (cue.end_ms for cue in cues)),
        "offset": array("Q", accumulate(map(len, blocks), initial=0)),
        "content": array("B", b"".join(blocks)),
        "first": array("Q", accumulate(map(len, shown), initial=0)),
        "cue": array("Q", chain.from_iterable(shown)),
    }


def _shown(cues: Sequence[Cue], segmentation: Segmentation, left: int) -> list[list[int]]:
    """The numbers of the cues of each segment: those that are shown while it lasts."""
    starts, timescale = segmentation.start_ticks, segmentation.timescale
    bounds = [1000 * (ticks - starts[0]) for ticks in starts]  # as cues: from 0, in ms * ticks a second
    spans = [_span(bounds, cue.start_ms * timescale, cue.end_ms * timescale) for cue in cues]
    if sum(map(len, spans)) > left:
        rule = f"brings the cues of all segments together beyond {MAX_CUE_APPEARANCES}"
        raise LimitExceeded(rule, remedy=REMEDY)
    shown: list[list[int]] = [[] for _ in range(segmentation.count)]
    for number, span in enumerate(spans):
        for segment in span:
            shown[segment].append(number)
    if max(map(len, shown)) > MAX_CUES_A_SEGMENT:
        raise LimitExceeded(f"a segment of it has more than {MAX_CUES_A_SEGMENT} cues", remedy=REMEDY)
    return shown


def _span(bounds: Sequence[int], start: int, end: int) -> range:
    """The segments between `bounds` that overlap [start, end); the last takes what begins in its last ms."""
    first = min(bisect_right(bounds, start), len(bounds) - 1) - 1
    stop = min(bisect_left(bounds, end), len(bounds) - 1)
    return range(first, max(stop, first + 1))


def _block(cue: Cue) -> bytes:
    """All of a WebVTT cue that follows its times."""
    return f"{cue.settings and ' '}{cue.settings}\n{cue.payload}".encode()
