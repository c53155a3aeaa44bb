"""All subtitles of an archive: those of its tracks, then those of files beside it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from app.idx.header import SubtitleFile
from indexer.errors import LimitExceeded, SourceError
from indexer.limits import MAX_SUBTITLE_FILES, MAX_SUBTITLE_FILES_BYTES
from indexer.segmentation import Segmentation
from indexer.select import TEXT_HANDLERS
from indexer.source import Source
from indexer.subtitles.beside import spelled
from indexer.subtitles.cue import Text
from indexer.subtitles.tabulate import NO_SUBTITLES, REMEDY, Subtitles, tabulate_texts
from indexer.track import Movie


def collect(source: Source, movie: Movie, paths: Sequence[str], segmentation: Segmentation) -> Subtitles:
    """`paths` are those of files beside the archive. What cannot be shown is left out with a note."""
    if not paths and not any(track.handler in TEXT_HANDLERS for track in movie.tracks):
        return NO_SUBTITLES
    from indexer.subtitles.tracks import Playback, read_tracks  # noqa: PLC0415 - takes 5 ms to load

    playback = Playback.of(segmentation)
    files = files_as_they_are(paths)
    texts, notes = read_tracks(source, movie, playback)
    stem = os.path.splitext(os.path.basename(source.path))[0]
    beside, notes_beside = _read_files(paths, stem, playback.duration_ms)
    found = tabulate_texts([*texts, *beside], segmentation)
    return found._replace(files=files, notes=(*notes, *notes_beside, *found.notes))


def files_as_they_are(paths: Iterable[str]) -> tuple[SubtitleFile, ...]:
    """What tells whether they have changed; those that have gone are left out."""
    found = []
    for path in paths:
        try:
            stat = os.stat(path)
        except OSError:
            continue
        found.append(SubtitleFile(spelled(path), stat.st_size, stat.st_mtime_ns))
    return tuple(found)


def _read_files(paths: Sequence[str], stem: str, duration_ms: int) -> tuple[list[Text], list[str]]:
    if not paths:
        return [], []
    from indexer.subtitles.file import check_size, read_file  # noqa: PLC0415 - its library takes 30 ms to load

    texts, notes, left_bytes = list[Text](), list[str](), MAX_SUBTITLE_FILES_BYTES
    for path in paths[:MAX_SUBTITLE_FILES]:
        try:
            with Source(path) as file:
                check_size(file)
                if file.size_bytes > left_bytes:
                    rule = f"brings the files of subtitles beyond {MAX_SUBTITLE_FILES_BYTES} bytes"
                    raise LimitExceeded(rule, remedy=REMEDY)
                left_bytes -= file.size_bytes
                texts.append(read_file(file, stem, duration_ms))
        except SourceError as error:
            notes.append(f"{spelled(path)} passed over: {error.rule}")
    if len(paths) > MAX_SUBTITLE_FILES:
        notes.append(f"{len(paths)} files of subtitles beside it; the first {MAX_SUBTITLE_FILES} are read")
    return texts, notes
