"""Spans and chunks ─▶ `ftyp` and `moov` of a progressive MP4 (ISO/IEC 14496-12:2022 §8.2–8.7).

A track's boxes are those of its init segment: its description, language, matrix and all else are there
already. What an init segment leaves open is filled in: durations, an edit list, sample tables.

The movie's timescale is a multiple of every track's where 31 bits hold one, so that edit lists are exact.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import lcm

from app.cmaf.arrange import ByteRange
from app.download.chunks import Chunks, placed
from app.download.spans import Span
from app.download.tables import box, chunk_offsets, sample_tables
from app.idx.view import Idx

_MAX_TIMESCALE = 2**31 - 1
_ENABLED, _IN_MOVIE = 1, 2
_UNITY_MATRIX = struct.pack(">9i", 0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000)
_BRANDS = b"isom\0\0\2\0isomiso2iso4mp41"

_OTHER_BYTES = 1 << 24
"""More than a header has besides tables."""

Box = tuple[str, bytes]


@dataclass(frozen=True, slots=True)
class _Track:
    """One `trak` but for its chunk offsets: boxes of its init segment, and tables."""

    children: list[Box]  # of the init segment's `trak`
    span: Span
    chunks: Chunks
    tables: list[bytes]
    is_enabled: bool


def movie_head(
    idx: Idx, spans: Sequence[Span], chunks: Sequence[Chunks], ranges: Sequence[ByteRange], udta: bytes
) -> bytes:
    """Everything before the media: `ftyp`, `moov`, which ends with `udta`, and the header of `mdat`."""
    tracks = [_track(idx, span, own, spans) for span, own in zip(spans, chunks, strict=True)]
    timescale = _timescale(idx, spans)
    payload_bytes = sum(length for _, length in ranges)
    ftyp, mdat = _file_type(idx), _mdat_header(payload_bytes)
    tables_bytes = sum(sum(map(len, track.tables)) + 8 * len(track.chunks.offset) for track in tracks)
    is_wide = payload_bytes + tables_bytes + _OTHER_BYTES >= 1 << 32
    width = 8 if is_wide else 4
    unknown = [box("free", bytes(8 + width * len(track.chunks.offset))) for track in tracks]
    base = len(ftyp) + len(_moov(tracks, unknown, timescale, udta)) + len(mdat)
    offsets = [placed(track.chunks.offset, ranges, base) for track in tracks]
    known = [chunk_offsets(each, is_wide=is_wide) for each in offsets]
    return b"".join((ftyp, _moov(tracks, known, timescale, udta), mdat))


def _mdat_header(payload_bytes: int) -> bytes:
    if payload_bytes + 8 < 1 << 32:
        return struct.pack(">I4s", payload_bytes + 8, b"mdat")
    return struct.pack(">I4sQ", 1, b"mdat", payload_bytes + 16)


def _file_type(idx: Idx) -> bytes:
    """What codecs ask for is taken over from the init segments."""
    found: list[bytes] = []
    for view in idx.header.views:
        ftyp = dict(boxes(view.inits[0])).get("ftyp", b"")
        found += [ftyp[at : at + 4] for at in range(8, len(ftyp), 4)]
    more = [brand for brand in dict.fromkeys(found) if brand not in (b"cmfc", b"iso6", b"mp41")]
    return box("ftyp", _BRANDS, *more)


def boxes(content: bytes) -> Iterator[Box]:
    """The boxes of our own init segments, whose sizes have 32 bits."""
    at = 0
    while at + 8 <= len(content):
        size, fourcc = struct.unpack_from(">I4s", content, at)
        if size < 8:
            raise ValueError(f"box {fourcc!r} of {size} bytes")
        yield fourcc.decode("latin-1"), content[at + 8 : at + size]
        at += size


def _child(content: bytes, *path: str) -> bytes:
    for fourcc in path:
        content = dict(boxes(content))[fourcc]
    return content


def _track(idx: Idx, span: Span, chunks: Chunks, spans: Sequence[Span]) -> _Track:
    number = span.rows.track_id - 1
    view = next(view for view in idx.header.views if number in view.tracks)
    traks = [_trak_of(init, span.rows.track_id) for init in view.inits]
    stsds = [_child(dict(trak)["mdia"], "minf", "stbl", "stsd") for trak in traks]
    entries = [stsd[8:] for stsd in stsds]
    used = entries if max(chunks.description, default=1) > 1 else entries[:1]
    stsd = box("stsd", stsds[0][:4], struct.pack(">I", len(used)), *used)
    first = next(each for each in spans if each.rows.facts.kind == span.rows.facts.kind)
    return _Track(traks[0], span, chunks, sample_tables(span, chunks, stsd), first is span)


def _trak_of(init: bytes, track_id: int) -> list[Box]:
    for fourcc, content in boxes(_child(init, "moov")):
        if fourcc == "trak":
            children = list(boxes(content))
            if struct.unpack_from(">I", dict(children)["tkhd"], 12)[0] == track_id:
                return children
    raise ValueError(f"no init segment has track {track_id}")


def _timescale(idx: Idx, spans: Sequence[Span]) -> int:
    common = idx.header.timescale
    for span in spans:
        common = lcm(common, span.rows.facts.timescale)
    return common if common <= _MAX_TIMESCALE else idx.header.timescale


def _moov(tracks: Sequence[_Track], offsets: Sequence[bytes], timescale: int, udta: bytes) -> bytes:
    durations = [_movie_ticks(track.span, timescale) for track in tracks]
    mvhd = _timed(
        "mvhd", max(durations), struct.pack(">I", timescale),
        struct.pack(">IH10x", 0x1_0000, 0x100), _UNITY_MATRIX, bytes(24),
        struct.pack(">I", max(track.span.rows.track_id for track in tracks) + 1),
    )  # fmt: skip
    traks = (_trak(track, own, timescale) for track, own in zip(tracks, offsets, strict=True))
    return box("moov", mvhd, *traks, udta)


def _timed(fourcc: str, duration: int, before: bytes, *after: bytes, flags: int = 0) -> bytes:
    """A header whose duration has 64 bits where it needs them. Times of making are not told."""
    if duration < 1 << 32:
        return box(fourcc, struct.pack(">III", flags, 0, 0), before, struct.pack(">I", duration), *after)
    times = struct.pack(">IQQ", 1 << 24 | flags, 0, 0)
    return box(fourcc, times, before, struct.pack(">Q", duration), *after)


def _scaled_up(ticks: int, from_timescale: int, to_timescale: int) -> int:
    return -(-ticks * to_timescale // from_timescale)


def _movie_ticks(span: Span, timescale: int) -> int:
    """How long the track's presentation is, from the movie's start."""
    ticks = span.delay_ticks + span.media_end_ticks - span.media_time_ticks
    return _scaled_up(ticks, span.rows.facts.timescale, timescale)


def _trak(track: _Track, offsets: bytes, timescale: int) -> bytes:
    parts = []
    for fourcc, content in track.children:
        if fourcc == "tkhd":
            flags = _IN_MOVIE | (_ENABLED if track.is_enabled else 0)
            duration = _movie_ticks(track.span, timescale)
            parts += [_timed("tkhd", duration, content[12:20], content[24:], flags=flags)]
            parts += [_edit_list(track.span, timescale)]
        elif fourcc == "mdia":
            parts.append(box("mdia", *_mdia(track, content, offsets)))
        elif fourcc != "edts":
            parts.append(box(fourcc, content))
    return box("trak", *parts)


def _edit_list(span: Span, timescale: int) -> bytes:
    """Playback begins at the span's media time, after an empty edit where there is a delay (§8.6.6)."""
    delay, start = span.delay_ticks, span.media_time_ticks
    own = span.rows.facts.timescale
    edits = [struct.pack(">QqI", _scaled_up(delay, own, timescale), -1, 0x1_0000)] if delay else []
    shown = _scaled_up(span.media_end_ticks - start, own, timescale)
    edits.append(struct.pack(">QqI", shown, start, 0x1_0000))
    return box("edts", box("elst", struct.pack(">II", 1 << 24, len(edits)), *edits))


def _mdia(track: _Track, mdia: bytes, offsets: bytes) -> Iterator[bytes]:
    for fourcc, content in boxes(mdia):
        if fourcc == "mdhd":
            yield _timed("mdhd", _media_ticks(track.span), content[12:16], content[20:])
        elif fourcc == "minf":
            minf = boxes(content)
            stbl = box("stbl", *track.tables, offsets)
            yield box("minf", *(stbl if name == "stbl" else box(name, inner) for name, inner in minf))
        else:
            yield box(fourcc, content)


def _media_ticks(span: Span) -> int:
    rows = span.rows
    if rows.default_duration is not None:
        return rows.default_duration * (span.stop - span.first)
    if rows.kind is None:
        return rows.kind_duration[0] * (span.stop - span.first)
    return sum(map(rows.kind_duration.__getitem__, rows.kind[span.first : span.stop]))
