"""Chapters of an MP4: a text track that another track's `tref` calls `chap` (QTFF "Chapter lists"), or Nero's
`chpl` in `udta`. The track wins where both are there: `chpl` ends at 255 chapters.

Times are seconds on the presentation timeline. Chapters never break an archive.
"""

from __future__ import annotations

import struct
from itertools import accumulate, islice

from indexer.box_tree import Box, first
from indexer.demux.metadata import clean_text
from indexer.demux.reading import MAIN_HANDLERS, Reading
from indexer.errors import SourceError
from indexer.limits import MAX_CHAPTERS, MAX_TITLE_CHARACTERS
from indexer.track import Chapter, Track, entries_of

_NERO_UNITS_PER_S = 10_000_000
_NERO_ENTRY = struct.Struct(">QB")
"""Start and length of the title that follows."""

_TEXT_HANDLERS = frozenset({"text", "sbtl"})
_STILL_PICTURES = frozenset({b"jpeg", b"png "})
"""Sample entries of pictures shown with a chapter each, as podcasts have them: enabled like a video."""
_TITLE_BYTES = 2 + 4 * MAX_TITLE_CHARACTERS
"""Of a text sample: its length, and the longest text that is kept."""


def split_chapter_tracks(tracks: tuple[Track, ...]) -> tuple[tuple[Track, ...], tuple[Track, ...]]:
    """The tracks that are media of their own, and those that are texts or pictures of chapters."""
    targets = {
        target for track in tracks for kind, ids in track.references if kind == "chap" for target in ids
    }
    media: list[Track] = []
    of_chapters: list[Track] = []
    for track in tracks:
        own = track.track_id not in targets or (track.enabled and _is_played(track))
        (media if own else of_chapters).append(track)
    return tuple(media), tuple(of_chapters)


def _is_played(track: Track) -> bool:
    return track.handler in MAIN_HANDLERS and not _STILL_PICTURES & {e[4:8] for e in track.sample_entries}


def read_chapters(
    tracks: tuple[Track, ...], movie_timescale: int, moov_parts: dict[str, Box], reading: Reading
) -> tuple[Chapter, ...]:
    """From the first text track of `tracks`, the chapter tracks, else from `moov/udta/chpl`."""
    try:
        for track in tracks:
            if track.handler in _TEXT_HANDLERS and (chapters := _from_track(track, movie_timescale, reading)):
                return chapters
        chpl = first(moov_parts["udta"], "chpl") if "udta" in moov_parts else None
        return _from_chpl(chpl) if chpl else ()
    except SourceError as error:
        reading.notes.append(f"chapters passed over: {error.rule}")
        return ()


def _from_track(track: Track, movie_timescale: int, reading: Reading) -> tuple[Chapter, ...]:
    samples = track.samples
    if samples.count > MAX_CHAPTERS:
        reading.notes.append(f"has {samples.count} chapters; the first {MAX_CHAPTERS} are kept")
    starts = accumulate(entries_of(samples.duration_ticks), initial=samples.first_decode_ticks)
    shift_s = _shift_s(track, movie_timescale)
    chapters = []
    for (offset, size_bytes), start in islice(zip(samples.places(), starts, strict=False), MAX_CHAPTERS):
        sample = reading.source.pread(offset, min(size_bytes, _TITLE_BYTES), "chapter")
        text = sample[2:2 + int.from_bytes(sample[:2])]
        chapters.append(Chapter(max(start / track.timescale + shift_s, 0.0), clean_text(text)))
    return tuple(chapters)


def _shift_s(track: Track, movie_timescale: int) -> float:
    """From decode to presentation: empty edits delay, the first other edit skips."""
    delay_s = 0.0
    for edit in track.edits:
        if edit.media_time_ticks >= 0:
            return delay_s - edit.media_time_ticks / track.timescale
        delay_s += edit.duration_movie_ticks / movie_timescale
    return delay_s


def _from_chpl(chpl: Box) -> tuple[Chapter, ...]:
    """Version and flags, four reserved bytes from version 1 on, a count of one byte, entries."""
    body = bytes(chpl.body)
    at = 9 if body[:1] != b"\0" else 5
    chapters = []
    for _ in range(body[at - 1] if len(body) >= at else 0):
        if len(body) < at + _NERO_ENTRY.size:
            break
        start, title_bytes = _NERO_ENTRY.unpack_from(body, at)
        at += _NERO_ENTRY.size
        chapters.append(Chapter(start / _NERO_UNITS_PER_S, clean_text(body[at:at + title_bytes])))
        at += title_bytes
    return tuple(chapters)
