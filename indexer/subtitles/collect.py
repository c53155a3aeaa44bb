"""All subtitles of an archive, its own before those of files beside it, cut like its segments."""

from __future__ import annotations

import os
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TypeAlias

from app.idx.header import SubtitleFile, TextFacts
from indexer.errors import LimitExceeded, SourceError
from indexer.limits import MAX_CUE_APPEARANCES, MAX_CUES_A_SEGMENT, MAX_SUBTITLE_FILES
from indexer.part_names import part_names
from indexer.segmentation import Segmentation
from indexer.source import Source
from indexer.subtitles.cue import Cue, Text
from indexer.subtitles.file import read_file
from indexer.subtitles.tracks import REMEDY, Playback, read_tracks
from indexer.track import Movie

Columns: TypeAlias = "dict[str, array[int]]"


@dataclass(frozen=True, slots=True)
class Subtitles:
    """`texts` without their rates; `columns`: of each, by the names of `app.idx.layout`."""

    texts: tuple[TextFacts, ...] = ()
    columns: tuple[Columns, ...] = ()
    subtitle_files: tuple[SubtitleFile, ...] = ()
    notes: tuple[str, ...] = ()


NO_SUBTITLES = Subtitles()


def collect(
    source: Source, movie: Movie, subtitle_files: Sequence[str], segmentation: Segmentation
) -> Subtitles:
    """`subtitle_files` are paths. What cannot be shown is left out with a note."""
    segments = _Segments.of(segmentation)
    found, notes = read_tracks(source, movie, segments.playback)
    stem = os.path.splitext(os.path.basename(source.path))[0]
    beside, more_notes = _read_files(subtitle_files, stem, segments.playback.duration_ms)
    notes += more_notes
    texts, columns = [], []
    for text in (*found, *beside):
        try:
            columns.append(_columns(text.cues, segments))
            texts.append(text)
        except LimitExceeded as error:
            notes.append(f"{text.file or f'track {text.source_track_id}'} passed over: {error.rule}")
    names = part_names(("text", text.language) for text in texts)
    return Subtitles(
        tuple(_facts(text, name) for text, name in zip(texts, names, strict=True)),
        tuple(columns), files_as_they_are(subtitle_files), tuple(notes),
    )  # fmt: skip


def files_as_they_are(paths: Iterable[str]) -> tuple[SubtitleFile, ...]:
    """The files as they are now; those that have gone are left out."""
    facts = []
    for path in paths:
        try:
            found = os.stat(path)
        except OSError:
            continue
        facts.append(SubtitleFile(os.path.basename(path), found.st_size, found.st_mtime_ns))
    return tuple(facts)


def _read_files(paths: Sequence[str], stem: str, duration_ms: int) -> tuple[list[Text], list[str]]:
    texts, notes = [], []
    for path in paths[:MAX_SUBTITLE_FILES]:
        try:
            with Source(path) as file:
                texts.append(read_file(file, stem, duration_ms))
        except SourceError as error:
            notes.append(f"{os.path.basename(path)} passed over: {error.rule}")
    if len(paths) > MAX_SUBTITLE_FILES:
        notes.append(f"{len(paths)} files of subtitles beside it; the first {MAX_SUBTITLE_FILES} are served")
    return texts, notes


def _facts(text: Text, name: str) -> TextFacts:
    return TextFacts(
        name=name,
        codec_name=text.codec_name,
        source_track_id=text.source_track_id,
        file=text.file,
        language=text.language,
        title=text.title,
        roles=text.roles,
        forced=text.forced,
        hearing_impaired=text.hearing_impaired,
        cue_count=len(text.cues),
        peak_bps=0,
        average_bps=0,
    )


@dataclass(frozen=True, slots=True)
class _Segments:
    """Where segments begin and end, from 0, in thousandths of a tick."""

    timescale: int
    bounds: list[int]
    playback: Playback

    @classmethod
    def of(cls, segmentation: Segmentation) -> _Segments:
        starts, timescale = segmentation.start_ticks, segmentation.timescale
        bounds = [1000 * (ticks - starts[0]) for ticks in starts]
        playback = Playback(starts[0], timescale, -(-bounds[-1] // timescale))
        return cls(timescale, bounds, playback)

    def shown_in(self, cue: Cue) -> range:
        """The segments during which a cue is shown."""
        last = len(self.bounds) - 2
        first = bisect_right(self.bounds, cue.start_ms * self.timescale) - 1
        stop = bisect_left(self.bounds, cue.end_ms * self.timescale)
        return range(min(first, last), min(max(stop, first + 1), last + 1))


def _columns(cues: Sequence[Cue], segments: _Segments) -> Columns:
    """Raises `LimitExceeded` where segments would hold too many cues."""
    spans = [segments.shown_in(cue) for cue in cues]
    if sum(map(len, spans)) > MAX_CUE_APPEARANCES:
        rule = f"its segments together hold more than {MAX_CUE_APPEARANCES} cues"
        raise LimitExceeded(rule, remedy=REMEDY)
    shown: list[list[int]] = [[] for _ in segments.bounds[1:]]
    for number, span in enumerate(spans):
        for segment in span:
            shown[segment].append(number)
    if max(map(len, shown)) > MAX_CUES_A_SEGMENT:
        rule = f"a segment of it has more than {MAX_CUES_A_SEGMENT} cues"
        raise LimitExceeded(rule, remedy=REMEDY)
    blocks = [_block(cue) for cue in cues]
    return {
        "start": array("Q", (cue.start_ms for cue in cues)),
        "end": array("Q", (cue.end_ms for cue in cues)),
        "offset": array("Q", accumulate(map(len, blocks), initial=0)),
        "content": array("B", b"".join(blocks)),
        "first": array("Q", accumulate(map(len, shown), initial=0)),
        "cue": array("Q", (number for numbers in shown for number in numbers)),
    }


def _block(cue: Cue) -> bytes:
    """All of a WebVTT cue that follows its times."""
    return f"{cue.settings and ' '}{cue.settings}\n{cue.payload}".encode()
