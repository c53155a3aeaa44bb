"""A movie that was laid out by hand, as a file: `ftyp`, `mdat`, and a `moov` with its tables."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

from app.cmaf.fragment import NON_SYNC_BIT
from indexer.track import Movie, Samples, Track
from tests.indexer.demux import made_mp4
from tests.indexer.demux.made_mp4 import box, full_box, hdlr, u16, u32
from tests.media.made_movie import MEDIA_AT, MadeMovie, listed


def write_mp4(path: Path, made: MadeMovie) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(mp4_file(made))
    return path


def mp4_file(made: MadeMovie) -> bytes:
    """The whole file. The media keep the offsets that the movie gives them."""
    lead = made_mp4.ftyp(made.movie.major_brand)
    assert len(lead) + 8 == MEDIA_AT
    tracks = [_trak(track, made.movie) for track in made.movie.tracks]
    return lead + box("mdat", made.media) + box("moov", made_mp4.mvhd(made.movie.timescale), *tracks)


def _trak(track: Track, movie: Movie) -> bytes:
    stbl = box("stbl", made_mp4.stsd(*track.sample_entries), *_tables(track.samples))
    mdia = box(
        "mdia",
        made_mp4.mdhd(track.timescale, language=_packed(track.language)),
        hdlr(track.handler, track.title.encode() + b"\0"),
        box("minf", stbl),
    )
    edits = [(edit.duration_movie_ticks, edit.media_time_ticks, edit.rate_16_16) for edit in track.edits]
    edts = [box("edts", made_mp4.elst(*edits, version=1))] if edits else []
    return box("trak", _tkhd(track), *edts, mdia)


def _tkhd(track: Track) -> bytes:
    return full_box(
        "tkhd",
        u32(0, 0, track.track_id, 0, 0),
        bytes(8),
        u16(0, track.alternate_group, 0, 0),
        struct.pack(">9i", *track.matrix),
        u32(track.width_16_16, track.height_16_16),
        flags=int(track.enabled),
    )


def _packed(language: str) -> int:
    """Three letters of five bits (ISO/IEC 14496-12 §8.4.2.3)."""
    first, second, third = (ord(letter) - 0x60 for letter in language)
    return first << 10 | second << 5 | third


def _tables(samples: Samples) -> Iterable[bytes]:
    yield made_mp4.stts(*_runs(listed(samples.duration_ticks, samples.count)))
    compositions = listed(samples.composition_ticks, samples.count)
    if any(compositions):
        yield made_mp4.ctts(*_runs(compositions), version=1)
    flags = listed(samples.flags, samples.count)
    if any(each & NON_SYNC_BIT for each in flags):
        yield made_mp4.stss(*(number for number, each in enumerate(flags, 1) if not each & NON_SYNC_BIT))
    yield made_mp4.stsz(*listed(samples.size_bytes, samples.count))
    chunks = len(samples.chunk_offset)
    descriptions = listed(samples.chunk_description, chunks)
    rows = zip(range(1, chunks + 1), samples.chunk_samples, (each + 1 for each in descriptions), strict=True)
    yield made_mp4.stsc(*rows)
    yield made_mp4.co64(*samples.chunk_offset)


def _runs(values: Sequence[int]) -> list[tuple[int, int]]:
    return [(len(list(group)), value) for value, group in groupby(values)]
