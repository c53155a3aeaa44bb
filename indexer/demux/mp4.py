"""MP4, QuickTime, 3GP, M4A, CMAF: `moov` and `moof`s to a `Movie` (ISO/IEC 14496-12, QTFF).

Reads the top level, `moov`, and where it is fragmented the `moof`s; never media data, but for the titles of
chapters and the first bytes of MPEG audio. Broken tracks are passed over with a note where there are others
of their kind, else they refuse the archive; tracks without samples are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from indexer import boxes
from indexer.box_tree import REMUX, Box, children, first_of_each, required
from indexer.codecs.mpeg4_audio import FRAME_HEADER_BYTES, may_be_mpeg_audio
from indexer.demux.chapters import read_chapters, split_chapter_tracks
from indexer.demux.fragments import Fragments
from indexer.demux.metadata import title_of
from indexer.demux.mp4_layout import TRAILERS, Layout, TopLevelBox, read_layout
from indexer.demux.mp4_track import handler_of, read_track
from indexer.demux.reading import MAIN_HANDLERS, WAIT, Reading
from indexer.errors import LimitExceeded, SourceError, Unfinished, Unsupported
from indexer.limits import MAX_MOOF_BYTES, MAX_MOOV_BYTES, MAX_TRACKS
from indexer.sample_cuts import without_empty
from indexer.source import Source
from indexer.track import Movie, Track

QUICKTIME_BRANDS = frozenset({"qt  ", ""})


def demux_mp4(source: Source) -> Movie:
    """Raises `SourceError` and nothing else."""
    layout = read_layout(source)
    quicktime, incomplete = layout.major_brand in QUICKTIME_BRANDS, layout.incomplete or layout.open_end
    reading = Reading(source, quicktime=quicktime, incomplete=incomplete)
    reading.notes.extend(layout.notes)
    moov = _load(layout.moov, MAX_MOOV_BYTES, reading)
    parts = first_of_each(moov)
    reading.fragmented = bool(layout.moofs) or "mvex" in parts
    if "cmov" in parts:
        raise Unsupported("has a compressed movie header ('cmov')", remedy=REMUX, where="moov/cmov",
                          offset=parts["cmov"].offset)
    mvhd = boxes.read(boxes.MVHD, required(parts, "mvhd", moov))
    if not mvhd.timescale:
        raise parts["mvhd"].malformed("has a timescale of 0")
    tracks = tuple(_read_tracks(moov, reading))
    if reading.fragmented:
        tracks = _with_fragments(tracks, moov, layout, reading)
    tracks = tuple(_with_frame(_without_empty(track, reading), reading) for track in tracks)
    tracks, of_chapters = split_chapter_tracks(tuple(t for t in tracks if _has_samples(t, reading)))
    reading.refuse_unless_others(track.handler for track in tracks)
    return Movie(
        timescale=mvhd.timescale,
        major_brand=layout.major_brand,
        tracks=tracks,
        title=title_of(parts),
        chapters=read_chapters(of_chapters, mvhd.timescale, parts, reading),
        fragmented=bool(layout.moofs),
        structure_ranges=_structure_ranges(layout),
        notes=tuple(reading.notes),
        lost=tuple(reading.lost),
    )


def _load(box: TopLevelBox, max_bytes: int, reading: Reading, number: int = 1) -> Box:
    """The whole box in memory."""
    if box.size_bytes > max_bytes:
        raise LimitExceeded(f"has {box.size_bytes} bytes; {max_bytes} are read", remedy=REMUX,
                            where=box.type, offset=box.offset)
    body = reading.source.pread(box.offset + box.header_bytes, box.size_bytes - box.header_bytes, box.type)
    reading.earn(len(body))
    return Box(box.type, box.offset, box.header_bytes, memoryview(body), ordinal=number)


def _read_tracks(moov: Box, reading: Reading) -> Iterator[Track]:
    traks = [box for box in children(moov) if box.type == "trak"]
    if len(traks) > MAX_TRACKS:
        raise LimitExceeded(f"has {len(traks)} tracks; {MAX_TRACKS} are read", remedy=REMUX,
                            where=moov.where, offset=moov.offset)
    ids: set[int] = set()
    for trak in traks:
        handler = handler_of(trak)
        try:
            track = read_track(trak, handler, reading)
            if track.track_id in ids:
                raise trak.malformed(f"has the id {track.track_id}, like a track before it")
            ids.add(track.track_id)
            yield track
        except SourceError as error:
            reading.lose(handler, error.where or trak.where, error)


def _with_fragments(
    tracks: tuple[Track, ...], moov: Box, layout: Layout, reading: Reading
) -> tuple[Track, ...]:
    """The tracks with the samples of all fragments. A last one that is not whole yet refuses the archive."""
    if not layout.moofs and not any(track.samples.count for track in tracks):
        raise Unfinished("announces fragments ('mvex') and has none so far", remedy=WAIT)
    if layout.incomplete and layout.cut_short not in TRAILERS:
        raise Unfinished(f"has fragments and may get more: {layout.incomplete}", remedy=WAIT)
    if not layout.moofs:
        return tracks
    _refuse_other_movie(moov, layout, reading.source)
    fragments = Fragments(tracks, moov, reading)
    next_offsets = [box.offset for box in layout.moofs[1:]] + [reading.source.size_bytes]
    for number, (box, next_offset) in enumerate(zip(layout.moofs, next_offsets, strict=True), start=1):
        fragments.add(_load(box, MAX_MOOF_BYTES, reading, number), next_offset)
    return fragments.tracks()


def _refuse_other_movie(moov: Box, layout: Layout, source: Source) -> None:
    """A second `moov` before fragments must repeat the first, or they are of a movie that was not read."""
    body = bytes(moov.body)
    for other in layout.other_moovs:
        if other.offset > layout.moofs[-1].offset:
            return
        body_bytes = other.size_bytes - other.header_bytes
        if body_bytes != len(body) or source.pread(other.offset + other.header_bytes, body_bytes) != body:
            raise Unsupported("is a second movie header, unlike the first, with fragments after it",
                              remedy="split the archive there", where="moov[2]", offset=other.offset)


def _without_empty(track: Track, reading: Reading) -> Track:
    """Pictures and sound without samples of no bytes; in other tracks these may mean something."""
    samples = without_empty(track.samples) if track.handler in MAIN_HANDLERS else track.samples
    if samples is track.samples:
        return track
    if empty := track.samples.count - samples.count:
        of_all = f"{empty} of {track.samples.count} samples"
        reading.notes.append(f"track {track.track_id}: {of_all} have no bytes and are left out")
    return replace(track, samples=samples)


def _with_frame(track: Track, reading: Reading) -> Track:
    """MPEG audio with what its first frame begins with."""
    if not track.samples.count or not any(map(may_be_mpeg_audio, track.sample_entries)):
        return track
    offset, size_bytes = next(track.samples.places())
    return replace(track, frame=reading.source.pread(offset, min(size_bytes, FRAME_HEADER_BYTES), "frame"))


def _has_samples(track: Track, reading: Reading) -> bool:
    if not track.samples.count:
        reading.notes.append(f"track {track.track_id} ({track.handler}) passed over: it has no samples")
    return bool(track.samples.count)


def _structure_ranges(layout: Layout) -> tuple[tuple[int, int], ...]:
    """Offset and length of every box that was read whole."""
    return tuple((box.offset, box.size_bytes) for box in (layout.moov, *layout.moofs))
