"""MP4, QuickTime, 3GP, M4A, CMAF: `moov` and `moof`s to a `Movie` (ISO/IEC 14496-12, QTFF).

Reads the top level, `moov`, and where it is fragmented the `moof`s; never media data, but for the titles of
chapters. A broken video or audio track refuses the archive; any other broken track is passed over with a
note, and so are tracks without samples.
"""

from __future__ import annotations

from collections.abc import Iterator

from indexer import boxes
from indexer.box_tree import REMUX, Box, children, first_of_each, required
from indexer.demux.metadata import title_of
from indexer.demux.mp4_layout import Layout, TopLevelBox, read_layout
from indexer.demux.mp4_track import MAIN_HANDLERS, handler_of, read_track
from indexer.demux.reading import Reading
from indexer.errors import LimitExceeded, SourceError, Unsupported
from indexer.limits import MAX_MOOV_BYTES, MAX_TRACKS
from indexer.source import Source
from indexer.track import Movie, Track

QUICKTIME_BRANDS = frozenset({"qt  ", ""})


def demux_mp4(source: Source) -> Movie:
    """Raises `SourceError` and nothing else."""
    layout = read_layout(source)
    reading = Reading(source, quicktime=layout.major_brand in QUICKTIME_BRANDS, cut_short=layout.cut_short)
    reading.notes.extend(layout.notes)
    moov = _load(layout.moov, MAX_MOOV_BYTES, reading)
    parts = first_of_each(moov)
    if "cmov" in parts:
        raise Unsupported("has a compressed movie header ('cmov')", remedy=REMUX, where="moov/cmov",
                          offset=parts["cmov"].offset)
    mvhd = boxes.read(boxes.MVHD, required(parts, "mvhd", moov))
    if not mvhd.timescale:
        raise parts["mvhd"].malformed("has a timescale of 0")
    if layout.moofs:
        raise Unsupported("is fragmented", remedy=REMUX, where="moof", offset=layout.moofs[0].offset)
    tracks = tuple(track for track in _read_tracks(moov, reading) if _has_samples(track, reading))
    return Movie(
        timescale=mvhd.timescale,
        major_brand=layout.major_brand,
        tracks=tracks,
        title=title_of(parts),
        fragmented=bool(layout.moofs),
        structure_ranges=_structure_ranges(layout),
        notes=tuple(reading.notes),
    )


def _load(box: TopLevelBox, max_bytes: int, reading: Reading) -> Box:
    """The whole box in memory."""
    if box.size_bytes > max_bytes:
        raise LimitExceeded(f"has {box.size_bytes} bytes; {max_bytes} are read", remedy=REMUX,
                            where=box.type, offset=box.offset)
    body = reading.source.pread(box.offset + box.header_bytes, box.size_bytes - box.header_bytes, box.type)
    reading.earn(len(body))
    return Box(box.type, box.offset, box.header_bytes, memoryview(body))


def _read_tracks(moov: Box, reading: Reading) -> Iterator[Track]:
    traks = [box for box in children(moov) if box.type == "trak"]
    if len(traks) > MAX_TRACKS:
        raise LimitExceeded(f"has {len(traks)} tracks; {MAX_TRACKS} are read", remedy=REMUX,
                            where=moov.where, offset=moov.offset)
    for trak in traks:
        handler = handler_of(trak)
        try:
            yield read_track(trak, handler, reading)
        except SourceError as error:
            if handler in MAIN_HANDLERS:
                raise
            reading.notes.append(f"{trak.where} ({handler or 'of no stated kind'}) passed over: {error}")


def _has_samples(track: Track, reading: Reading) -> bool:
    if not track.samples.count:
        reading.notes.append(f"track {track.track_id} ({track.handler}) passed over: it has no samples")
    return bool(track.samples.count)


def _structure_ranges(layout: Layout) -> tuple[tuple[int, int], ...]:
    """Offset and length of every box that was read whole."""
    return tuple((box.offset, box.size_bytes) for box in (layout.moov, *layout.moofs))
