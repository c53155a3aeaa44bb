"""One archive, end to end: `source`, `demux`, `select`, `timeline`, `segmentation`, `build`, `write`.

Data flows one way through these modules, in that order. What can go wrong with an archive comes out
as an `Outcome`, never as an exception: the next archive does not care.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from rich.filesize import decimal

from app.cmaf.slop import DEFAULT_SLOP
from app.idx.header import SourceFacts
from app.idx.layout import MAGIC, SIDECAR_SUFFIX, STORYBOARD_SUFFIX
from app.idx.view import Idx, IndexDamaged, open_idx, read_idx
from app.plan import FileIdentity
from indexer.archives import ArchivePath
from indexer.build import IndexInputs, build_idx
from indexer.demux.open import demux
from indexer.edits import check_replayed
from indexer.errors import SourceError, Unfinished
from indexer.fingerprint import FAST, FULL, fingerprint
from indexer.folders import unwritable
from indexer.generator import GENERATOR
from indexer.lines import counted
from indexer.ours import check_replaceable
from indexer.segmentation import PlacedTrack, decode_times, segment
from indexer.select import select
from indexer.sidecar import Sink, has_sidecar, write_sidecar
from indexer.source import Source
from indexer.storyboard.make import has_current_storyboard, is_wanted_by, make_storyboard, with_storyboard
from indexer.subtitles.collect import collect, files_as_they_are
from indexer.timeline import place
from indexer.write import is_as_written, publish, staged

Status = Literal["indexed", "up to date", "refused", "unfinished"]


@dataclass(frozen=True, slots=True)
class Options:
    """What decides an index besides its archive.

    What is None stays as the index that is there has it, so that a later run, or a timer's, need not know.
    """

    segment_duration_ms: int = 6000
    slop: float = DEFAULT_SLOP
    digest: str = FAST
    force: bool = False
    audio_sidecar: bool | None = None
    storyboard: bool | None = None


class Outcome(NamedTuple):
    """What became of one archive. `text` is one line: the refusal, which begins with its kind, or figures."""

    path: str
    status: Status
    text: str = ""
    archive_bytes: int = 0
    index_bytes: int = 0  # with what lies beside it


def index_archive(archive: ArchivePath, options: Options) -> Outcome:
    """Index one archive. Every failure is an outcome. Its name is for the caller to make durable."""
    if archive.refusal:
        return Outcome(archive.path, "refused", f"refused: {archive.refusal}")
    try:
        return _index(archive, options)
    except Unfinished as error:
        return Outcome(archive.path, "unfinished", f"{error.word}: {error}")
    except SourceError as error:
        return Outcome(archive.path, "refused", f"{error.word}: {error}")
    except OSError as error:
        return Outcome(archive.path, "refused", f"refused: its index {unwritable(archive.index_path, error)}")
    except Exception as error:  # noqa: BLE001 - one archive must not keep all after it from being indexed
        return Outcome(archive.path, "refused", f"refused: {_own_fault(error)}")


def _index(archive: ArchivePath, options: Options) -> Outcome:
    sidecar_path, sheets_path = (archive.index_path + each for each in (SIDECAR_SUFFIX, STORYBOARD_SUFFIX))
    check_replaceable(archive.index_path, MAGIC)
    there = _opened(archive.index_path)
    options = _decided(options, there, sidecar_path, sheets_path)
    with Source(archive.path) as source:
        size = source.size_bytes
        if there and not options.force and _is_current(there, archive, source, options):
            return Outcome(archive.path, "up to date", "", size, _index_bytes(there))
        with (
            staged(sidecar_path) if options.audio_sidecar else nullcontext() as sidecar,
            staged(sheets_path) if options.storyboard else nullcontext() as sheets,
        ):
            content = make_idx(source, options, sidecar, archive.subtitle_files)
            if sheets:
                content = with_storyboard(content, make_storyboard(content, archive.path, sheets))
            source.check_unchanged()
            for file in (sidecar, sheets):
                if file and file.is_written:
                    file.publish()  # first, so that no index ever names one that is not there
    idx = read_idx(_unpublished(archive.index_path, content), memoryview(content))
    publish(archive.index_path, content, durably=False)
    for path, recorded in ((sidecar_path, idx.header.sidecar), (sheets_path, idx.header.storyboard)):
        if not recorded:
            with suppress(FileNotFoundError):
                os.unlink(path)
    return Outcome(archive.path, "indexed", _figures(idx), size, _index_bytes(idx))


def _own_fault(error: Exception) -> str:
    at = traceback.extract_tb(error.__traceback__)[-1]
    what = f"{type(error).__name__} at {os.path.basename(at.filename)}:{at.lineno}"
    return f"{GENERATOR} fails on it ({what}), a fault of the program; please report it with the archive"


def _unpublished(path: str, content: bytes) -> FileIdentity:
    """What is known of a file before it is one: nothing is published that the origin could not open."""
    return FileIdentity(path, 0, 0, len(content), 0)


def _index_bytes(idx: Idx) -> int:
    beside = (idx.header.sidecar, idx.header.storyboard)
    return idx.identity.size + sum(file.size for file in beside if file)


def make_idx(
    source: Source, options: Options, sidecar: Sink | None = None, subtitle_files: Sequence[str] = ()
) -> bytes:
    """The `.idx` of an open archive and of subtitles beside it. Its sidecar, if any, goes to `sidecar`.

    Raises `SourceError`, or `OSError` where the sidecar cannot be written.
    """
    movie = demux(source)
    selection = select(movie)
    check_replayed((served.track for served in selection.tracks), source.size_bytes)
    placed = tuple(
        PlacedTrack(served.track, place(movie, served.track), decode_times(served.track.samples))
        for served in selection.tracks
    )
    segmentation = segment(placed, selection.tracks[0].changes, options.segment_duration_ms)
    subtitles = collect(source, movie, subtitle_files, segmentation)
    return build_idx(
        IndexInputs(
            generator=GENERATOR,
            source=SourceFacts(
                name=os.path.basename(source.path),
                size=source.size_bytes,
                mtime_ns=source.identity.mtime_ns,
                fingerprint=fingerprint(source, options.digest, movie.structure_ranges),
                fingerprint_kind=options.digest,
            ),
            movie=movie,
            served=selection.tracks,
            placed=placed,
            segmentation=segmentation,
            segment_duration_ms=options.segment_duration_ms,
            slop=options.slop,
            notes=(*movie.notes, *selection.notes, *subtitles.notes),
            subtitles=subtitles,
            sidecar=write_sidecar(source, selection.tracks, sidecar) if sidecar else None,
        )
    )


def _opened(index_path: str) -> Idx | None:
    """The index that is there, if one is that can be read."""
    try:
        return open_idx(index_path)
    except (OSError, IndexDamaged):
        return None


def _decided(options: Options, there: Idx | None, sidecar_path: str, sheets_path: str) -> Options:
    """`options` with nothing left open. What an index that cannot be read had beside it is kept, too."""
    sidecar, storyboard = options.audio_sidecar, options.storyboard
    if sidecar is None:
        sidecar = there.header.sidecar is not None if there else os.path.lexists(sidecar_path)
    if storyboard is None:
        storyboard = is_wanted_by(there) if there else os.path.lexists(sheets_path)
    return replace(options, audio_sidecar=sidecar, storyboard=storyboard)


def _is_current(idx: Idx, archive: ArchivePath, source: Source, options: Options) -> bool:
    """Whether the index is of this very archive and made with these options."""
    facts = idx.header.source
    return (
        facts.name == os.path.basename(source.path)
        and (facts.size, facts.mtime_ns) == (source.size_bytes, source.identity.mtime_ns)
        and idx.header.segment_duration_ms == options.segment_duration_ms
        and idx.header.slop == options.slop
        and facts.fingerprint_kind in (options.digest, FULL)
        and _has_current_sidecar(idx, options)
        and has_current_storyboard(idx, wanted=bool(options.storyboard))
        and idx.header.subtitle_files == files_as_they_are(archive.subtitle_files)
    )


def _has_current_sidecar(idx: Idx, options: Options) -> bool:
    """Whether the index has a sidecar if it should have one, which is then there, as it was written."""
    recorded, tracks = idx.header.sidecar, idx.header.tracks
    is_wanted = options.audio_sidecar and has_sidecar(facts.kind for facts in tracks)
    if recorded is None or not is_wanted:
        return recorded is None and not is_wanted
    return is_as_written(idx.identity.path + SIDECAR_SUFFIX, recorded)


def _figures(idx: Idx) -> str:
    header, view = idx.header, idx.view(0)
    seconds = (idx.segment_time[-1] - idx.segment_time[0]) / header.timescale
    codecs = " + ".join(header.tracks[track].codec_name for track in view.tracks)
    segments = header.segment_count
    longest_s = max(idx.durations_us()) / 1e6
    slop = view.slop_bytes / sum(idx.view_bytes[0])
    parts = [
        codecs,
        f"{seconds:.1f} s in {counted(segments, 'segment')} of up to {longest_s:.1f} s",
        f"{view.range_count / segments:.1f} ranges and {view.head_bytes // segments} head bytes a segment",
        f"{slop:.2%} slop",
        *([f"audio sidecar of {decimal(header.sidecar.size)}"] if header.sidecar else []),
        *([f"storyboard of {counted(len(idx.storyboard), 'picture')}"] if idx.storyboard else []),
        *([f"subtitles {', '.join(text.name for text in header.texts)}"] if header.texts else []),
        *(f"note: {note}" for note in header.notes),
    ]
    return "; ".join(parts)
