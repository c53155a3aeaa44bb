"""Text tracks of a movie ─▶ `Text`s, as WebVTT or, of TTML, as it is. What can be neither is noted.

A cue lasts as long as its sample; the same words in the next sample go on with it, so that what fragments
cut in two is one again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain, islice, repeat
from typing import NamedTuple

from indexer.codecs.sample_entry import fourcc_of, printable
from indexer.codecs.unserved import PUT_BESIDE, refusal
from indexer.errors import LimitExceeded, SourceError, Unsupported
from indexer.labels import FORCED, HEARING_IMPAIRED
from indexer.limits import (
    MAX_CUES,
    MAX_TEXT_BYTES,
    MAX_TEXT_SAMPLE_BYTES,
    MAX_TEXT_SAMPLES,
    MAX_TTML_BYTES,
)
from indexer.segmentation import Segmentation
from indexer.select import TEXT_HANDLERS
from indexer.source import Source
from indexer.subtitles import ttml, tx3g, wvtt
from indexer.subtitles.cue import Cue, Text, shown
from indexer.subtitles.placing import Span, media_times, spans_of
from indexer.timeline import rescale
from indexer.track import Movie, Track, entries_of

TickedCue = tuple[int, int, str, str]
"""Start and end, settings, payload."""
ReadSample = Callable[[bytes], list[tuple[str, str]]]

TTML = "TTML"
UNSHOWN = {
    "c608": "CEA-608 captions (c608), which are not decoded",
    "c708": "CEA-708 captions (c708), which are not decoded",
}
FORCED_ROLES = frozenset({"forced-subtitle", "forced_subtitle"})
HEARING_IMPAIRED_ROLES = frozenset({"caption", "captions"})
"""Values of `kind` (urn:mpeg:dash:role:2011, and HTML's kinds of text tracks)."""


class Playback(NamedTuple):
    """The time that is served, from `start_ticks` of the archive's timeline on, and how long it lasts."""

    start_ticks: int
    timescale: int
    duration_ms: int

    @classmethod
    def of(cls, segmentation: Segmentation) -> Playback:
        start_ticks, end_ticks = segmentation.start_ticks[0], segmentation.start_ticks[-1]
        timescale = segmentation.timescale
        return cls(start_ticks, timescale, -(-1000 * (end_ticks - start_ticks) // timescale))

    def cue(self, track: Track, start: int, stop: int, settings: str, payload: str) -> Cue:
        """`start` and `stop` are ticks of the track, on the archive's timeline."""
        return Cue(self._ms(start, track.timescale), self._ms(stop, track.timescale), settings, payload)

    def _ms(self, ticks: int, timescale: int) -> int:
        since = ticks * self.timescale - self.start_ticks * timescale
        return rescale(since, timescale * self.timescale, 1000)


def read_tracks(source: Source, movie: Movie, in_time: Playback) -> tuple[list[Text], list[str]]:
    """The texts of an archive, and its notes."""
    texts, notes, left, left_bytes = [], [], MAX_TEXT_SAMPLES, MAX_TEXT_BYTES
    for track in movie.tracks:
        if track.handler in TEXT_HANDLERS:
            left -= track.samples.count
            try:
                if left < 0:
                    rule = f"brings the samples of text tracks beyond {MAX_TEXT_SAMPLES}"
                    raise LimitExceeded(rule, remedy=PUT_BESIDE)
                left_bytes -= track.samples.byte_count
                if left_bytes < 0:
                    rule = f"brings the bytes of text tracks beyond {MAX_TEXT_BYTES}"
                    raise LimitExceeded(rule, remedy=PUT_BESIDE)
                texts.append(_read(source, movie, track, in_time))
                if texts[-1].codec:
                    notes.append(f"track {track.track_id} ({track.handler}): TTML (stpp), in the MPD alone")
            except SourceError as error:
                notes.append(f"track {track.track_id} ({track.handler}) passed over: {error.rule}")
    return texts, notes


def _read(source: Source, movie: Movie, track: Track, in_time: Playback) -> Text:
    readers = _readers(track)
    names, forces, read_sample = zip(*readers.values(), strict=True)
    spans = spans_of(track, movie.timescale)
    codec, init, limit = "", b"", MAX_TEXT_SAMPLE_BYTES
    if TTML in names:
        codec, limit = ttml.codec_of(track, list(readers), spans), MAX_TTML_BYTES
        init = ttml.init_of(track, min(readers), in_time.timescale)
    found = _joined(_samples(source, track, limit), dict(zip(readers, read_sample, strict=True)), spans)
    roles = frozenset(track.kind_roles)
    cues = shown((in_time.cue(track, *each) for each in found), in_time.duration_ms)
    if not cues:
        raise Unsupported("nothing of it is shown", remedy=PUT_BESIDE)
    return Text(
        codec_name=names[0],
        cues=cues,
        language=track.language,
        title=track.title,
        roles=track.kind_roles,
        forced=all(forces) or bool(roles & FORCED_ROLES) or is_forced(track.title),
        hearing_impaired=bool(roles & HEARING_IMPAIRED_ROLES) or is_for_hearing_impaired(track.title),
        source_track_id=track.track_id,
        codec=codec,
        init=init,
    )


def is_forced(title: str) -> bool:
    return bool(FORCED.search(title))


def is_for_hearing_impaired(title: str) -> bool:
    return bool(HEARING_IMPAIRED.search(title))


def _readers(track: Track) -> dict[int, tuple[str, bool, ReadSample]]:
    """Of each sample description in use: the coding's name, whether it forces all, how to read a sample."""
    column = track.samples.chunk_description
    used = [column] if isinstance(column, int) else sorted(set(column))
    return {number: _reader(track, track.sample_entries[number]) for number in used}


def _reader(track: Track, entry: bytes) -> tuple[str, bool, ReadSample]:
    """Raises `Unsupported`, or `Malformed`."""
    fourcc = fourcc_of(entry)
    if fourcc == "tx3g":
        style = tx3g.read_style(entry, track.height_16_16 >> 16)
        return "3GPP timed text", style.forced, partial(tx3g.read_sample, style=style)
    if fourcc == "wvtt":
        return "WebVTT", False, wvtt.read_sample
    if fourcc == "stpp":
        return TTML, False, ttml.read_sample
    if fourcc in UNSHOWN:
        raise Unsupported(UNSHOWN[fourcc], remedy=PUT_BESIDE, where=printable(fourcc))
    raise refusal(entry)


def _samples(source: Source, track: Track, limit: int) -> Iterator[tuple[int, int, bytes, int]]:
    """Start and end in ticks of the media, bytes (`limit` at most) and sample description of each sample."""
    column = track.samples.chunk_description
    of_chunks = zip(entries_of(column), track.samples.chunk_samples, strict=False)
    of_samples = chain.from_iterable(repeat(number, held) for number, held in of_chunks)
    for (offset, size_bytes), times, number in zip(
        track.samples.places(), media_times(track), of_samples, strict=True
    ):
        if size_bytes > limit:
            raise LimitExceeded(f"has a sample of {size_bytes} bytes", remedy=PUT_BESIDE)
        yield *times, source.pread(offset, size_bytes, "text"), number


def _joined(
    samples: Iterator[tuple[int, int, bytes, int]], readers: dict[int, ReadSample], spans: list[Span]
) -> list[TickedCue]:
    """Start and end in ticks of the presentation, settings and payload of each cue."""
    cues: list[TickedCue] = []
    latest: dict[tuple[str, str], int] = {}
    for start, stop, sample, number in samples:
        for words in dict.fromkeys(readers[number](sample)):
            before = latest.get(words)
            if before is not None and cues[before][1] == start:
                cues[before] = (cues[before][0], stop, *words)
            else:
                latest[words] = len(cues)
                cues.append((start, stop, *words))
    placed = list(islice(_placed(cues, spans), MAX_CUES + 1))
    if len(placed) > MAX_CUES:
        raise LimitExceeded(f"has more than {MAX_CUES} cues", remedy=PUT_BESIDE)
    return placed


def _placed(cues: list[TickedCue], spans: list[Span]) -> Iterator[TickedCue]:
    for span in spans:
        for start, stop, settings, payload in cues:
            from_ticks, to_ticks = span.place(start, stop)
            if from_ticks < to_ticks:
                yield from_ticks, to_ticks, settings, payload
