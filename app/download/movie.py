"""Spans, chunks and texts ─▶ `ftyp` and `moov` of a progressive MP4 (ISO/IEC 14496-12:2022 §8.2).

The words of subtitles are few, and lie before all else in `mdat`, so they are a part of what is made here.

The movie's timescale is a multiple of every track's where 31 bits hold one, so that edit lists are exact.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Sequence
from math import lcm

from app.cmaf.arrange import ByteRange
from app.cmaf.box import UNITY_MATRIX, box
from app.download.chunks import Chunks, placed
from app.download.spans import Span
from app.download.tables import chunk_offsets, sample_tables
from app.download.texts import Words
from app.download.trak import Trak, boxes, sample_description, timed, trak_box, trak_of
from app.idx.view import Idx

_MAX_TIMESCALE = 2**31 - 1
_BRANDS = b"isom\0\0\2\0isomiso2iso4mp41"

_OTHER_BYTES = 1 << 24
"""More than a header has besides tables."""


def movie_head(
    idx: Idx,
    spans: Sequence[Span],
    chunks: Sequence[Chunks],
    ranges: Sequence[ByteRange],
    words: Words,
    udta: bytes,
) -> bytes:
    """Everything before the media: `ftyp`, `moov`, which ends with `udta`, the header of `mdat`, words."""
    traks = [_trak(idx, span, own, spans) for span, own in zip(spans, chunks, strict=True)]
    timescale = _timescale(idx, spans)
    payload_bytes = len(words.content) + sum(length for _, length in ranges)
    ftyp, mdat = _file_type(idx), _mdat_header(payload_bytes)
    every = (*traks, *words.traks)
    tables_bytes = sum(sum(map(len, trak.tables)) + 8 * len(trak.chunk_offset) for trak in every)
    is_wide = payload_bytes + tables_bytes + _OTHER_BYTES >= 1 << 32
    width = 8 if is_wide else 4
    unknown = [box("free", bytes(8 + width * len(trak.chunk_offset))) for trak in every]
    base = len(ftyp) + len(_moov(every, unknown, timescale, udta)) + len(mdat)
    media_base = base + len(words.content)
    offsets = [placed(trak.chunk_offset, ranges, media_base) for trak in traks]
    offsets += [array("Q", [base + offset for offset in trak.chunk_offset]) for trak in words.traks]
    known = [chunk_offsets(each, is_wide=is_wide) for each in offsets]
    return b"".join((ftyp, _moov(every, known, timescale, udta), mdat, words.content))


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


def _trak(idx: Idx, span: Span, chunks: Chunks, spans: Sequence[Span]) -> Trak:
    rows = span.rows
    view = next(view for view in idx.header.views if rows.number in view.tracks)
    traks = [trak_of(init, rows.track_id) for init in view.inits]
    stsds = [sample_description(trak) for trak in traks]
    entries = [stsd[8:] for stsd in stsds]
    used = entries if max(chunks.description, default=1) > 1 else entries[:1]
    stsd = box("stsd", stsds[0][:4], struct.pack(">I", len(used)), *used)
    first = next(each for each in spans if each.rows.facts.kind == rows.facts.kind)
    return Trak(
        track_id=rows.track_id,
        children=traks[0],
        is_enabled=first is span,
        timescale=rows.facts.timescale,
        delay_ticks=span.delay_ticks,
        media_time_ticks=span.media_time_ticks,
        media_end_ticks=span.media_end_ticks,
        media_ticks=rows.ticks_between(span.first, span.stop),
        tables=sample_tables(span, chunks, stsd),
        chunk_offset=chunks.offset,
    )


def _timescale(idx: Idx, spans: Sequence[Span]) -> int:
    common = idx.header.timescale
    for span in spans:
        common = lcm(common, span.rows.facts.timescale)
    return common if common <= _MAX_TIMESCALE else idx.header.timescale


def _moov(traks: Sequence[Trak], offsets: Sequence[bytes], timescale: int, udta: bytes) -> bytes:
    mvhd = timed(
        "mvhd", max(trak.movie_ticks(timescale) for trak in traks), struct.pack(">I", timescale),
        struct.pack(">IH10x", 0x1_0000, 0x100), struct.pack(">9i", *UNITY_MATRIX), bytes(24),
        struct.pack(">I", max(trak.track_id for trak in traks) + 1),
    )  # fmt: skip
    every = (trak_box(trak, own, timescale) for trak, own in zip(traks, offsets, strict=True))
    return box("moov", mvhd, *every, udta)
