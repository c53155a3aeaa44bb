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


class IndexInputs(NamedTuple):
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


def build_idx(inputs: IndexInputs) -> bytes:
    """Raises `LimitExceeded` where a segment would be too large to serve."""
    views = _views(inputs)
    columns = _columns(inputs) | {
        f"view.{number}.bytes": array("Q", bytes(8 * inputs.segmentation.count))
        for number in range(len(views))
    }
    header = Header(
        generator=inputs.generator,
        source=inputs.source,
        timescale=inputs.segmentation.timescale,
        segment_count=inputs.segmentation.count,
        segment_duration_ms=inputs.segment_duration_ms,
        slop=inputs.slop,
        title=inputs.movie.title,
        tracks=tuple(map(track_facts, inputs.served, inputs.placed)),
        views=views,
        texts=inputs.subtitles.texts,
        subtitle_files=inputs.subtitles.files,
        iframes=IFrameFacts(0, 0),
        chapters=tuple(
            ChapterFacts(round(chapter.start_s * 1000), chapter.title) for chapter in inputs.movie.chapters
        ),
        notes=inputs.notes,
        columns={},
        sidecar=inputs.sidecar,
    )
    draft = assemble(_NO_FILE, "", header, {name: memoryview(column) for name, column in columns.items()})
    measured = measure(draft, inputs.slop)
    for number, (lengths, _) in enumerate(measured):
        columns[f"view.{number}.bytes"] = lengths
    figures = tuple(figures for _, figures in measured)
    measured_header = replace(
        header, views=figures, texts=measure_texts(draft), iframes=measure_iframes(draft)
    )
    return pack_idx(measured_header, columns)


def _columns(inputs: IndexInputs) -> Columns:
    segmentation = inputs.segmentation
    maps = [ChunkMap(placed.track.samples) for placed in inputs.placed]
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
    if inputs.served[0].format.kind == "video":
        starts = segmentation.start_ticks
        iframes = tabulate_iframes(inputs.placed[0], maps[0], starts[0], starts[-1])
        if iframes is not None:
            columns |= {
                "iframe.time": iframes.time,
                "iframe.sample": iframes.sample,
                "iframe.offset": iframes.offset,
            }
    for number, placed in enumerate(inputs.placed):
        columns |= _track_columns(f"track.{number}.", placed, segmentation.first_samples[number])
    if inputs.sidecar:
        columns |= _sidecar_columns(inputs, maps)
    for number, of_text in enumerate(inputs.subtitles.columns):
        columns |= {f"text.{number}.{name}": column for name, column in of_text.items()}
    return columns


def _sidecar_columns(inputs: IndexInputs, maps: Sequence[ChunkMap]) -> Columns:
    columns: Columns = {}
    base = 0
    for number in tracks_in_sidecar(inputs.served):
        offsets = sidecar_offsets(inputs.segmentation.first_samples[number], maps[number], base)
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


def _views(inputs: IndexInputs) -> tuple[ViewFacts, ...]:
    """The muxed stream (the video and the first audio, or the one of them that there is), then each track."""
    first_of_kind: dict[str, int] = {}
    for number, served in enumerate(inputs.served):
        first_of_kind.setdefault(served.format.kind, number)
    views = [_view(inputs, MUXED, tuple(first_of_kind.values()))]
    return (*views, *(_view(inputs, served.name, (number,)) for number, served in enumerate(inputs.served)))


def _view(inputs: IndexInputs, name: str, tracks: tuple[int, ...]) -> ViewFacts:
    """A view without its figures, which `measure` fills in."""
    return ViewFacts(
        name=name,
        tracks=tracks,
        inits=_inits(inputs, tracks),
        styp=segment_type_box(len(tracks)),
        merge_bytes=0,
        independent=_is_independent(inputs, tracks[0]),
        peak_bps=0,
        average_bps=0,
        range_count=0,
        slop_bytes=0,
        head_bytes=0,
    )


def _is_independent(inputs: IndexInputs, number: int) -> bool:
    """Whether every segment in which the track has samples begins with a sync sample of it."""
    flags, firsts = inputs.placed[number].track.samples.flags, inputs.segmentation.first_samples[number]
    if isinstance(flags, int):
        return not flags & NON_SYNC_BIT
    return not any(flags[first] & NON_SYNC_BIT for first, last in pairwise(firsts) if first < last)


def _inits(inputs: IndexInputs, numbers: tuple[int, ...]) -> tuple[bytes, ...]:
    """An init segment for each format of the leading track, which all views change with."""
    starts = inputs.segmentation.start_ticks
    inits = []
    for lead_format in inputs.served[0].formats:
        tracks = [_init_track(inputs, number, lead_format) for number in numbers]
        inits.append(
            build_init(tracks, timescale=inputs.segmentation.timescale, duration_ticks=starts[-1] - starts[0])
        )
    return tuple(inits)


def _init_track(inputs: IndexInputs, number: int, lead_format: MediaFormat) -> InitTrack:
    served, media_time_ticks = inputs.served[number], inputs.placed[number].placement.media_time_ticks
    return InitTrack.of(
        served.track,
        served.format if number else lead_format,
        number + 1,
        edit_media_time_ticks=media_time_ticks or None,
    )
