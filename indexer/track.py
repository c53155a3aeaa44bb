"""What a demuxer hands on: a `Movie` of `Track`s, each with its samples as columns.

The one contract between `demux/` and everything after it; nothing here knows a container. Times are
integer ticks of the track's `timescale` unless a name says otherwise; offsets are bytes of the
archive. A column is either one `int` (the same for every sample) or an `array` with an entry a sample,
so that hours of PCM (one "sample" a frame) cost nothing.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, repeat
from typing import NamedTuple, TypeAlias

from app.cmaf.fragment import NON_SYNC_BIT
from indexer.errors import SourceError

Column: TypeAlias = "int | array[int]"

_SYNC = bytes(not value & NON_SYNC_BIT >> 16 for value in range(256))


def are_sync(flags: array[int]) -> bytes:
    """For each `sample_flags`, whether it is of a sync sample: a byte, as `compress` takes it."""
    return flags.tobytes()[2::4].translate(_SYNC)


def entries_of(column: Column) -> Iterable[int]:
    """The entries of a column; without end where they are all one."""
    return repeat(column) if isinstance(column, int) else column


@dataclass(frozen=True, slots=True)
class Samples:
    """The samples of a track, in decode order.

    Chunks are runs of samples that lie back to back in the archive (a chunk of `stco`, a `trun`); in
    decode order, not merged, not necessarily in file order. The `chunk_*` columns have an entry a chunk.
    """

    count: int
    size_bytes: Column  # array typecode 'I'
    duration_ticks: Column  # 'I'
    composition_ticks: Column  # 'i'; presentation minus decode time
    flags: Column  # 'I'; sample_flags as a `trun` carries them
    chunk_offset: array[int]  # 'Q'
    chunk_samples: array[int]  # 'I'; sums to `count`
    chunk_description: Column  # 'I'; 0-based index into `Track.sample_entries`
    byte_count: int  # of all samples
    first_decode_ticks: int = 0  # decode time of sample 0 (`tfdt` of a fragmented file; else 0)

    def places(self) -> Iterator[tuple[int, int]]:
        """Offset and size of each sample."""
        sizes = iter(entries_of(self.size_bytes))
        for offset, held in zip(self.chunk_offset, self.chunk_samples, strict=True):
            at = offset
            for size_bytes in islice(sizes, held):
                yield at, size_bytes
                at += size_bytes


EMPTY = -1
"""The media time of an edit that shows nothing."""


class Edit(NamedTuple):
    """An entry of `elst` (§8.6.6): `duration` in ticks of the *movie* timescale."""

    duration_movie_ticks: int
    media_time_ticks: int  # or EMPTY
    rate_16_16: int = 0x0001_0000


@dataclass(frozen=True, slots=True)
class Track:
    """One track that holds samples, as the archive states it."""

    track_id: int
    handler: str  # four characters: vide, soun, text, sbtl, subt, meta, tmcd, hint, …
    timescale: int
    language: str  # BCP 47; "und" where the archive does not say
    title: str
    enabled: bool
    edits: tuple[Edit, ...]
    matrix: tuple[int, ...]  # nine numbers of `tkhd`
    width_16_16: int
    height_16_16: int
    sample_entries: tuple[bytes, ...]  # boxes of `stsd`, whole
    samples: Samples
    references: tuple[tuple[str, tuple[int, ...]], ...] = ()  # `tref`: type, track ids
    alternate_group: int = 0
    kind_roles: tuple[str, ...] = ()  # `kind` boxes of the track's `udta` (§8.10.4)
    frame: bytes = b""  # the first bytes of sound, where no box tells what they are


class Chapter(NamedTuple):
    start_s: float
    title: str


class LostTrack(NamedTuple):
    """A video or audio track that cannot be read. It matters where no other of its kind is served."""

    handler: str  # vide, soun
    error: SourceError


@dataclass(frozen=True, slots=True)
class Movie:
    """A whole archive, demuxed. `notes` say in a line each what was passed over, and why."""

    timescale: int
    major_brand: str
    tracks: tuple[Track, ...]
    title: str = ""
    chapters: tuple[Chapter, ...] = ()
    fragmented: bool = False
    structure_ranges: tuple[tuple[int, int], ...] = ()  # byte ranges that hold moov/moof, for fingerprints
    notes: tuple[str, ...] = ()
    lost: tuple[LostTrack, ...] = ()
