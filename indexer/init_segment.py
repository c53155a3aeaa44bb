"""The initialization segment of a stream: `ftyp` and a `moov` without samples.

ISO/IEC 14496-12 §8.2–8.5, §8.8 (movie extends); RFC 8216 §3.3 (durations of `mvhd` and `tkhd` are zero,
`mvex` follows the last `trak`); ISO/IEC 23000-19 §7 for one track alone. What the archive's `tkhd` says of
the picture (matrix, size) is passed on, so that turned and stretched pictures stay so. Durations and media
times are ticks of the timescale beside them.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from app.cmaf.box import UNITY_MATRIX, box
from app.idx.header import DASH_ROLE_SCHEME, DASH_ROLES
from indexer.codecs.media_format import MediaFormat
from indexer.demux.language import UNDETERMINED, three_letters
from indexer.track import Track

TRACK_ENABLED, TRACK_IN_MOVIE = 0x1, 0x2
SELF_CONTAINED = 0x1
"""Flag of `url `: the media is in the same file (§8.7.2)."""
MAX_SIDE = 0xFFFF

_MEDIA_HEADERS = {
    "vide": box("vmhd", b"\0\0\0\1", bytes(8)),
    "soun": box("smhd", bytes(4), bytes(4)),
    "subt": box("sthd", bytes(4)),
}
_NULL_MEDIA_HEADER = box("nmhd", bytes(4))
_DATA_INFORMATION = box(
    "dinf", box("dref", bytes(4), struct.pack(">I", 1), box("url ", struct.pack(">I", SELF_CONTAINED)))
)
_NO_SAMPLES = b"".join(
    [box("stts", bytes(8)), box("stsc", bytes(8)), box("stsz", bytes(12)), box("stco", bytes(8))]
)


@dataclass(frozen=True, slots=True)
class InitTrack:
    """One `trak`. `track_id` is the number that fragments use; `entry` is ready to serve.

    `edit_media_time_ticks`: media time at which the presentation begins, or None for no edit list.
    """

    track_id: int
    handler: str
    timescale: int
    entry: bytes
    language: str = "und"  # BCP 47
    title: str = ""
    matrix: tuple[int, ...] = UNITY_MATRIX
    width_16_16: int = 0
    height_16_16: int = 0
    alternate_group: int = 0
    edit_media_time_ticks: int | None = None
    roles: tuple[str, ...] = ()  # what of them is in `DASH_ROLES` is told
    brands: tuple[str, ...] = ()  # that the codec's binding asks for

    @classmethod
    def of(
        cls, track: Track, served: MediaFormat, track_id: int, *, edit_media_time_ticks: int | None = None
    ) -> InitTrack:
        """A track of an archive under the number that its fragments will have."""
        return cls(
            track_id=track_id,
            handler=track.handler,
            timescale=track.timescale,
            entry=served.entry,
            language=track.language,
            title=track.title,
            matrix=track.matrix,
            width_16_16=track.width_16_16 or min(served.display_width, MAX_SIDE) << 16,
            height_16_16=track.height_16_16 or min(served.display_height, MAX_SIDE) << 16,
            alternate_group=track.alternate_group,
            edit_media_time_ticks=edit_media_time_ticks,
            roles=track.kind_roles,
            brands=served.brands,
        )


def build_init(tracks: Sequence[InitTrack], *, timescale: int = 1000, duration_ticks: int = 0) -> bytes:
    """The init segment of a stream of `tracks`. `duration_ticks` (of `timescale`) goes to `mehd`, so that a
    player knows the length before it has read every playlist; 0: not told.
    """
    mvhd = _full_box(
        "mvhd", 0, 0,
        struct.pack(">IIIIIH10x", 0, 0, timescale, 0, 0x0001_0000, 0x0100),
        struct.pack(">9i", *UNITY_MATRIX),
        bytes(24),
        struct.pack(">I", max(track.track_id for track in tracks) + 1),
    )  # fmt: skip
    extends = [_full_box("trex", 0, 0, struct.pack(">5I", track.track_id, 1, 0, 0, 0)) for track in tracks]
    if duration_ticks:
        extends.insert(0, _full_box("mehd", 1, 0, struct.pack(">Q", duration_ticks)))
    return _file_type(tracks) + box("moov", mvhd, *map(_trak, tracks), box("mvex", *extends))


def segment_type_box(track_count: int) -> bytes:
    """`styp` of the segments (§8.16.2): DASH media segments, CMAF ones where there is one track."""
    return _brands("styp", "msdh", ["msdh", "iso6"] + ["cmfs", "cmff"] * (track_count == 1))


def _file_type(tracks: Sequence[InitTrack]) -> bytes:
    """CMAF allows one track a file. Its media profiles are not claimed: they bind what encoders did."""
    major = "cmfc" if len(tracks) == 1 else "iso6"
    brands = [brand for track in tracks for brand in track.brands]
    return _brands("ftyp", major, list(dict.fromkeys([major, "iso6", "mp41", *brands])))


def _brands(fourcc: str, major: str, compatible: list[str]) -> bytes:
    return box(fourcc, *(name.encode("ascii") for name in (major, "\0\0\0\0", *compatible)))


def _full_box(fourcc: str, version: int, flags: int, *parts: bytes) -> bytes:
    return box(fourcc, struct.pack(">I", version << 24 | flags), *parts)


def _trak(track: InitTrack) -> bytes:
    return box("trak", _tkhd(track), _edts(track), _mdia(track), _udta(track))


def _tkhd(track: InitTrack) -> bytes:
    volume = 0x0100 if track.handler == "soun" else 0
    return _full_box(
        "tkhd", 0, TRACK_ENABLED | TRACK_IN_MOVIE,
        struct.pack(">IIIII8x", 0, 0, track.track_id, 0, 0),
        struct.pack(">hhH2x", 0, track.alternate_group, volume),
        struct.pack(">9i", *track.matrix),
        struct.pack(">II", track.width_16_16, track.height_16_16),
    )  # fmt: skip


def _edts(track: InitTrack) -> bytes:
    """One edit; its duration of 0 covers whatever the fragments bring (§8.6.6.1)."""
    if track.edit_media_time_ticks is None:
        return b""
    entry = struct.pack(">IQqI", 1, 0, track.edit_media_time_ticks, 0x0001_0000)
    return box("edts", _full_box("elst", 1, 0, entry))


def _mdia(track: InitTrack) -> bytes:
    mdhd = _full_box(
        "mdhd", 0, 0, struct.pack(">IIIIHH", 0, 0, track.timescale, 0, _packed_language(track.language), 0)
    )
    # Scripts, regions and private tags are more than `mdhd` can tell.
    elng = _full_box("elng", 0, 0, _text(track.language)) if "-" in track.language else b""
    hdlr = _full_box("hdlr", 0, 0, bytes(4), track.handler.encode("latin-1"), bytes(12), _text(track.title))
    # An entry that has `srat` is an AudioSampleEntryV1, which only a version 1 `stsd` may hold (§12.2.3.1).
    stsd_version = int(track.handler == "soun" and track.entry[16:18] == b"\0\1")
    stsd = _full_box("stsd", stsd_version, 0, struct.pack(">I", 1), track.entry)
    minf = box(
        "minf",
        _MEDIA_HEADERS.get(track.handler, _NULL_MEDIA_HEADER),
        _DATA_INFORMATION,
        box("stbl", stsd, _NO_SAMPLES),
    )
    return box("mdia", mdhd, elng, hdlr, minf)


def _packed_language(tag: str) -> int:
    """The ISO 639-2/T code of a BCP 47 tag's language, in three times five bits (§8.4.2.3)."""
    first, second, third = (ord(letter) - 0x60 for letter in three_letters(tag) or UNDETERMINED)
    return first << 10 | second << 5 | third


def _udta(track: InitTrack) -> bytes:
    kinds = [
        _full_box("kind", 0, 0, _text(DASH_ROLE_SCHEME), _text(role))
        for role in track.roles
        if role in DASH_ROLES
    ]
    return box("udta", *kinds) if kinds else b""


def _text(value: str) -> bytes:
    """A null-terminated UTF-8 string."""
    return value.replace("\0", "").encode("utf-8", "replace") + b"\0"
