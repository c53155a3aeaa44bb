"""A selected, placed and cut archive ─▶ the bytes of its `.idx`.

The figures that only an arranged segment can give (response lengths, ranges, bandwidth) come from
`indexer.figures`, over a draft of the index that the origin's own reader has put together.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple, TypeAlias

from app.cmaf.fragment import NON_SYNC_BIT
from app.idx.header import MUXED, ChapterFacts, Header, IFrameFacts, SidecarFacts, SourceFacts, ViewFacts
from app.idx.view import assemble
from app.plan import FileIdentity
from indexer.codecs.media_format import MediaFormat
from indexer.figures import measure, measure_iframes, measure_texts
from indexer.iframes import tabulate_iframes
from indexer.init_segment import InitTrack, build_init, segment_type_box
from indexer.kinds import tabulate_kinds
from indexer.runs import ChunkMap, tabulate_runs
from indexer.segmentation import PlacedTrack, Segmentation
from indexer.select import ServedTrack
from indexer.sidecar import sidecar_offsets, tracks_in_sidecar
from indexer.subtitles.tabulate import NO_SUBTITLES, Subtitles
from indexer.track import Movie
from indexer.track_facts import track_facts
from indexer.write import pack_idx

_NO_FILE = FileIdentity("", 0, 0, 0, 0)

Columns: TypeAlias = "dict[str, array[int]]"


class Archive(NamedTuple):
    """All that an index is made from. `served`, `placed` and the segmentation's tracks run in parallel."""

    generator: str
    source: SourceFacts
    movie: Movie
    served: tuple[ServedTrack, ...]
    placed: tuple[PlacedTrack, ...]
    segmentation: Segmentation
    segment_duration_ms: int
    slop: float  # share of a view's bytes that may be foreign, to spare ranges
    notes: tuple[str, ...]
    subtitles: Subtitles = NO_SUBTITLES
    sidecar: SidecarFacts | None = None


def build_idx(archive: Archive) -> bytes:
    """Raises `LimitExceeded` where a segment would be too large to serve."""
    views = _views(archive)
    columns = _columns(archive) | {
        f"view.{number}.bytes": array("Q", bytes(8 * archive.segmentation.count))
        for number in range(len(views))
    }
    header = Header(
        generator=archive.generator,
        source=archive.source,
        timescale=archive.segmentation.timescale,
        segment_count=archive.segmentation.count,
        segment_duration_ms=archive.segment_duration_ms,
        slop=archive.slop,
        title=archive.movie.title,
        tracks=tuple(map(track_facts, archive.served, archive.placed)),
        views=views,
        texts=archive.subtitles.texts,
        subtitle_files=archive.subtitles.files,
        iframes=IFrameFacts(0, 0),
        chapters=tuple(
            ChapterFacts(round(chapter.start_s * 1000), chapter.title) for chapter in archive.movie.chapters
        ),
        notes=archive.notes,
        columns={},
        sidecar=archive.sidecar,
    )
    draft = assemble(_NO_FILE, "", header, {name: memoryview(column) for name, column in columns.items()})
    measured = measure(draft, archive.slop)
    for number, (lengths, _) in enumerate(measured):
        columns[f"view.{number}.bytes"] = lengths
    figures = tuple(figures for _, figures in measured)
    measured_header = replace(
        header, views=figures, texts=measure_texts(draft), iframes=measure_iframes(draft)
    )
    return pack_idx(measured_header, columns)


def _columns(archive: Archive) -> Columns:
    segmentation = archive.segmentation
    maps = [ChunkMap(placed.track.samples) for placed in archive.placed]
    runs = tabulate_runs(maps, segmentation.first_samples)
    columns = {
        "segment.time": array("q", segmentation.start_ticks),
        "segment.run": runs.segment_run,
        "segment.offset": runs.segment_offset,
        "segment.long_run": runs.segment_long,
        "run.code": runs.code,
        "run.long_extent": runs.long_extent,
        "run_kind.track": runs.kind_track,
        "run_kind.extent": runs.kind_extent,
    }
    if any(segmentation.format_numbers):
        columns["segment.init"] = array("I", segmentation.format_numbers)
    if archive.served[0].format.kind == "video":
        starts = segmentation.start_ticks
        iframes = tabulate_iframes(archive.placed[0], maps[0], starts[0], starts[-1])
        if iframes is not None:
            columns |= {
                "iframe.time": iframes.time,
                "iframe.sample": iframes.sample,
                "iframe.offset": iframes.offset,
            }
    for number, placed in enumerate(archive.placed):
        columns |= _track_columns(f"track.{number}.", placed, segmentation.first_samples[number])
    if archive.sidecar:
        columns |= _sidecar_columns(archive, maps)
    for number, of_text in enumerate(archive.subtitles.columns):
        columns |= {f"text.{number}.{name}": column for name, column in of_text.items()}
    return columns


def _sidecar_columns(archive: Archive, maps: Sequence[ChunkMap]) -> Columns:
    columns: Columns = {}
    base = 0
    for number in tracks_in_sidecar(archive.served):
        offsets = sidecar_offsets(archive.segmentation.first_samples[number], maps[number], base)
        columns[f"track.{number}.sidecar_offset"] = array("Q", offsets)
        base = offsets[-1]
    return columns


def _track_columns(prefix: str, placed: PlacedTrack, first_samples: list[int]) -> Columns:
    samples, placement = placed.track.samples, placed.placement
    kinds = tabulate_kinds(samples, placement.composition_shift_ticks)
    decode_times = (placed.decode_ticks[first] + placement.decode_shift_ticks for first in first_samples[:-1])
    columns = {
        prefix + "first_sample": array("Q", first_samples),
        prefix + "decode_time": array("Q", decode_times),
        prefix + "kind_duration": kinds.duration,
        prefix + "kind_flags": kinds.flags,
        prefix + "kind_composition": kinds.composition,
    }
    if kinds.kind is not None:
        columns[prefix + "kind"] = kinds.kind
    if not isinstance(samples.size_bytes, int):
        columns[prefix + "size"] = samples.size_bytes
    return columns


def _views(archive: Archive) -> tuple[ViewFacts, ...]:
    """The muxed stream (the video and the first audio, or the one of them that there is), then each track."""
    first_of_kind: dict[str, int] = {}
    for number, served in enumerate(archive.served):
        first_of_kind.setdefault(served.format.kind, number)
    views = [_view(archive, MUXED, tuple(first_of_kind.values()))]
    return (*views, *(_view(archive, served.name, (number,)) for number, served in enumerate(archive.served)))


def _view(archive: Archive, name: str, tracks: tuple[int, ...]) -> ViewFacts:
    """A view without its figures, which `measure` fills in."""
    return ViewFacts(
        name=name,
        tracks=tracks,
        inits=_inits(archive, tracks),
        styp=segment_type_box(len(tracks)),
        merge_bytes=0,
        independent=_is_independent(archive, tracks[0]),
        peak_bps=0,
        average_bps=0,
        range_count=0,
        slop_bytes=0,
        head_bytes=0,
    )


def _is_independent(archive: Archive, number: int) -> bool:
    """Whether every segment in which the track has samples begins with a sync sample of it."""
    flags, firsts = archive.placed[number].track.samples.flags, archive.segmentation.first_samples[number]
    if isinstance(flags, int):
        return not flags & NON_SYNC_BIT
    return not any(flags[first] & NON_SYNC_BIT for first, last in pairwise(firsts) if first < last)


def _inits(archive: Archive, numbers: tuple[int, ...]) -> tuple[bytes, ...]:
    """An init segment for each format of the leading track, which all views change with."""
    starts = archive.segmentation.start_ticks
    inits = []
    for lead_format in archive.served[0].formats:
        tracks = [_init_track(archive, number, lead_format) for number in numbers]
        inits.append(
            build_init(
                tracks, timescale=archive.segmentation.timescale, duration_ticks=starts[-1] - starts[0]
            )
        )
    return tuple(inits)


def _init_track(archive: Archive, number: int, lead_format: MediaFormat) -> InitTrack:
    served, media_time_ticks = archive.served[number], archive.placed[number].placement.media_time_ticks
    return InitTrack.of(
        served.track,
        served.format if number else lead_format,
        number + 1,
        edit_media_time_ticks=media_time_ticks or None,
    )
