"""The header of an `.idx`: what is small about an archive, as frozen dataclasses over one msgpack map.

A dataclass here is the map's shape, names and types: `pack` and `unpack` go through the same fields, so
writer and reader cannot disagree. Times are ticks of the `timescale` beside them; rates are bits a second.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import cache
from types import UnionType
from typing import Any, Self, get_args, get_origin, get_type_hints

import msgpack

from app.idx.layout import FORMAT, MAGIC, PROLOGUE
from app.idx.regular_file import regular


@dataclass(frozen=True, slots=True)
class Record:
    """A dataclass that reads itself from a map and refuses a map of another shape."""

    @classmethod
    def read(cls, record: Any) -> Self:
        """Raises `ValueError`, for people to read."""
        readers = _readers(cls)  # type: ignore[arg-type]  # mypy takes a class of records for unhashable
        if not isinstance(record, dict) or record.keys() != readers.keys():
            raise ValueError("its header has other fields than this vodsplice writes")
        return cls(**{name: read(record[name]) for name, read in readers.items()})

    def pack(self) -> bytes:
        packed: bytes = msgpack.packb(self, default=_as_map)
        return packed


def _as_map(record: Record) -> dict[str, Any]:
    readers = _readers(type(record))  # type: ignore[arg-type]  # as in `Record.read`
    return {name: getattr(record, name) for name in readers}


@cache
def _readers(record: Any) -> dict[str, Callable[[Any], Any]]:
    """For each field of a class of records, what makes its value of what the map has there."""
    return {name: _reader(hint, name) for name, hint in get_type_hints(record).items()}


def _reader(hint: Any, name: str) -> Callable[[Any], Any]:
    """That of one field, by its type: it takes what it is given as it is, or raises `ValueError`."""
    if isinstance(hint, type) and issubclass(hint, Record):
        return hint.read
    origin, of = get_origin(hint), get_args(hint)
    types = of if origin is UnionType else (origin or hint,)

    def plain(value: Any) -> Any:
        if type(value) not in types:
            raise ValueError(f"{name} is {value!r}, not {hint}")
        return value

    if origin is tuple:
        each = _reader(of[0], name)
        return lambda value: tuple(map(each, plain(value)))
    if origin is UnionType and issubclass(of[0], Record):
        return lambda value: of[0].read(value) if isinstance(value, dict) else plain(value)
    return plain


@dataclass(frozen=True, slots=True)
class SourceFacts(Record):
    """The archive the index was made from. `name` is its file name, without folder."""

    name: str
    size: int
    mtime_ns: int
    fingerprint: str  # BLAKE3, hex
    fingerprint_kind: str  # "fast" (structure, head and tail) or "full" (every byte)


DASH_ROLE_SCHEME = "urn:mpeg:dash:role:2011"
DASH_ROLES = frozenset({
    "caption", "subtitle", "main", "alternate", "supplementary", "commentary", "dub", "description", "sign",
    "metadata", "enhanced-audio-intelligibility", "emergency", "forced-subtitle", "easyreader", "karaoke",
})  # fmt: skip
"""Values of that scheme (ISO/IEC 23009-1 table 34)."""


@dataclass(frozen=True, slots=True)
class SidecarFacts(Record):
    """The file of audio beside the index, as it was written."""

    size: int
    mtime_ns: int
    fingerprint: str  # BLAKE3 of every byte, hex


@dataclass(frozen=True, slots=True)
class FormatFacts(Record):
    """What a track is in the samples of one init segment. Fields as those of `TrackFacts`."""

    codec: str
    codec_name: str
    supplemental_codec: str
    width: int
    height: int
    video_range: str
    colour: tuple[int, ...]
    channels: int
    hls_channels: str
    sample_rate_hz: int


@dataclass(frozen=True, slots=True)
class TrackFacts(Record):
    """A track as players are told of it.

    Where its codec parameters change on the way, `formats` has what it is with each init segment; its codec
    and colour are then the first one's, its size, range and channels the largest that there are.
    """

    name: str  # stable, readable, unique: video, audio-eng, audio-eng-2
    kind: str  # video, audio
    source_track_id: int
    codec: str  # RFC 6381
    codec_name: str  # for people: "H.264 High@4.0"
    supplemental_codec: str  # EXT-X-STREAM-INF SUPPLEMENTAL-CODECS, or ""
    timescale: int
    duration_ticks: int
    sample_count: int
    size_bytes: int | None  # of every sample, or None: track.t.size
    byte_count: int
    language: str  # BCP 47
    title: str
    label: str  # to choose a sound by: its title, else its language's own name; of a video, its title
    said: str  # of a sound, what its title says beyond language and coding: sounds that differ in it are two
    roles: tuple[str, ...]  # of `kind` boxes, those of `DASH_ROLES` and others
    default: bool
    width: int  # as displayed: pixel aspect and rotation applied; 0 for audio
    height: int
    frame_rate_milli: int  # frames a 1000 seconds; 0 for audio
    video_range: str  # SDR, PQ, HLG; "" for audio
    colour: tuple[int, ...]  # primaries, transfer, matrix (ISO/IEC 23091-2), or () where none is stated
    channels: int  # 0 for video
    hls_channels: str  # EXT-X-MEDIA CHANNELS: "2", "16/JOC"; "" for video
    sample_rate_hz: int
    expected_players: tuple[str, ...]
    media_time_ticks: int = 0  # `elst` of the init segment: presentation = decode + composition - this
    formats: tuple[FormatFacts, ...] = ()  # one an init segment, or () where they are alike

    def in_format(self, init: int) -> TrackFacts:
        """The track as it is with init segment `init`."""
        if not self.formats:
            return self
        found = self.formats[init]
        return replace(self, **{field.name: getattr(found, field.name) for field in fields(found)})

    @property
    def codecs(self) -> tuple[str, ...]:
        """Every `codec` there is, once."""
        return tuple(dict.fromkeys(each.codec for each in self.formats or (self,)))

    @property
    def supplemental_codecs(self) -> tuple[str, ...]:
        """Every `supplemental_codec` there is, once."""
        found = dict.fromkeys(each.supplemental_codec for each in self.formats or (self,))
        return tuple(each for each in found if each)


MUXED = "muxed"
"""The view of the video and the first audio, or of what there is of them."""


@dataclass(frozen=True, slots=True)
class ViewFacts(Record):
    """What one playlist serves: some of the tracks in one stream of segments.

    `styp` is the box that each segment begins with. Holes of at most `merge_bytes` are sent rather than
    split a range. `ranges` and `slop_bytes` are totals over all segments: what that choice costs.
    """

    name: str  # `MUXED`, or the track's name
    tracks: tuple[int, ...]
    inits: tuple[bytes, ...]
    styp: bytes
    merge_bytes: int
    independent: bool  # every segment begins with a sync sample: EXT-X-INDEPENDENT-SEGMENTS
    peak_bps: int
    average_bps: int
    range_count: int
    slop_bytes: int
    head_bytes: int


@dataclass(frozen=True, slots=True)
class TextFacts(Record):
    """A track of subtitles as players are told of it, from the archive or from a file beside it."""

    name: str  # text-eng, text-eng-2; unique among tracks
    codec_name: str  # for people: "3GPP timed text", "SubRip"
    source_track_id: int  # 0: from a file
    file: str  # its name, or ""
    language: str  # BCP 47
    title: str
    label: str  # to choose it by: its title, else its language's own name and what it is for
    said: str  # what its title says beyond that
    roles: tuple[str, ...]
    forced: bool  # only what foreign speech and signs say
    hearing_impaired: bool  # sounds are told as well
    cue_count: int
    codec: str  # RFC 6381, of what is passed through for DASH alone: "stpp"; "" for WebVTT
    init: bytes  # init segment of that; else that of the timed text which downloads have it as
    peak_bps: int
    average_bps: int


@dataclass(frozen=True, slots=True)
class SubtitleFile(Record):
    """A file of subtitles beside the archive, read or refused, as it was then. `name` has no folder."""

    name: str
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class IFrameFacts(Record):
    """What the playlist of I-frames only costs to play; 0 where there is none."""

    peak_bps: int
    average_bps: int


@dataclass(frozen=True, slots=True)
class StoryboardFacts(Record):
    """The file of sheets beside the index. `columns`, `rows`: tiles a sheet; sizes of tiles are pixels."""

    size: int
    mtime_ns: int
    columns: int
    rows: int
    tile_width: int
    tile_height: int
    sheets: tuple[int, ...]  # bytes of each JPEG


@dataclass(frozen=True, slots=True)
class ChapterFacts(Record):
    start_ms: int
    title: str


@dataclass(frozen=True, slots=True)
class Header(Record):
    """The whole map. `timescale` counts `segment.time`; `columns`: name -> (offset, typecode, count)."""

    generator: str
    source: SourceFacts
    timescale: int
    segment_count: int
    segment_duration_ms: int  # as asked for
    slop: float  # as asked for: the share of a view that holes may add
    title: str
    tracks: tuple[TrackFacts, ...]
    views: tuple[ViewFacts, ...]
    texts: tuple[TextFacts, ...]
    subtitle_files: tuple[SubtitleFile, ...]
    iframes: IFrameFacts
    chapters: tuple[ChapterFacts, ...]
    notes: tuple[str, ...]
    columns: dict[str, tuple[int, str, int]]
    sidecar: SidecarFacts | None = None
    storyboard: StoryboardFacts | None = None
    storyboard_refusal: str = ""  # why it could not be made, where one was wanted; a note says so, too

    @classmethod
    def unpack(cls, packed: bytes | memoryview) -> Header:
        """Raises `ValueError` on anything but a map of this shape."""
        return cls.read(msgpack.unpackb(packed, use_list=False))


def read_header(path: str) -> Header:
    """That of an `.idx` whose digest nobody checks: for what is listed, not for what is served.

    Raises `OSError` or `ValueError`.
    """
    with open(path, "rb", opener=regular) as file:
        prologue = file.read(PROLOGUE.size).ljust(PROLOGUE.size, b"\0")
        magic, version, header_bytes, _ = PROLOGUE.unpack(prologue)
        if (magic, version) != (MAGIC, FORMAT):
            raise ValueError("no index, or not of this version")
        return Header.unpack(file.read(min(header_bytes, os.fstat(file.fileno()).st_size)))
