"""One `trak` of a progressive MP4 (ISO/IEC 14496-12:2022 §8.3–8.6).

Its boxes are those of an init segment: description, language, matrix and all else are there already. What an
init segment leaves open is filled in: durations, an edit list, sample tables.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator
from dataclasses import dataclass

from app.cmaf.box import box

_ENABLED, _IN_MOVIE = 1, 2

Box = tuple[str, bytes]


@dataclass(frozen=True, slots=True)
class Trak:
    """All but where its chunks will be. Ticks are of `timescale`: `delay_ticks` after playback has begun, the
    media is shown from `media_time_ticks` to `media_end_ticks`.
    """

    track_id: int
    children: list[Box]  # of the init segment's `trak`
    is_enabled: bool
    timescale: int
    delay_ticks: int
    media_time_ticks: int
    media_end_ticks: int
    media_ticks: int  # of all samples
    tables: list[bytes]  # of `stbl`, without chunk offsets
    chunk_offset: array[int]  # where its chunks are now

    def movie_ticks(self, timescale: int) -> int:
        """How long its presentation is, from the movie's start, in the movie's timescale."""
        ticks = self.delay_ticks + self.media_end_ticks - self.media_time_ticks
        return _scaled_up(ticks, self.timescale, timescale)


def boxes(content: bytes) -> Iterator[Box]:
    """The boxes of our own init segments, whose sizes have 32 bits."""
    at = 0
    while at + 8 <= len(content):
        size, fourcc = struct.unpack_from(">I4s", content, at)
        if size < 8:
            raise ValueError(f"box {fourcc!r} of {size} bytes")
        yield fourcc.decode("latin-1"), content[at + 8 : at + size]
        at += size


def child(content: bytes, *path: str) -> bytes:
    for fourcc in path:
        content = dict(boxes(content))[fourcc]
    return content


def trak_of(init: bytes, track_id: int) -> list[Box]:
    """The children of a track's `trak` in an init segment."""
    for fourcc, content in boxes(child(init, "moov")):
        if fourcc == "trak":
            children = list(boxes(content))
            if struct.unpack_from(">I", dict(children)["tkhd"], 12)[0] == track_id:
                return children
    raise ValueError(f"no init segment has track {track_id}")


def sample_description(children: list[Box]) -> bytes:
    """The content of its `stsd`."""
    return child(dict(children)["mdia"], "minf", "stbl", "stsd")


def timed(fourcc: str, duration: int, before: bytes, *after: bytes, flags: int = 0) -> bytes:
    """A header whose duration has 64 bits where it needs them. Times of making are not told."""
    if duration < 1 << 32:
        return box(fourcc, struct.pack(">III", flags, 0, 0), before, struct.pack(">I", duration), *after)
    times = struct.pack(">IQQ", 1 << 24 | flags, 0, 0)
    return box(fourcc, times, before, struct.pack(">Q", duration), *after)


def trak_box(trak: Trak, offsets: bytes, timescale: int) -> bytes:
    """`offsets` is the table of chunk offsets, `timescale` the movie's."""
    parts = []
    for fourcc, content in trak.children:
        if fourcc == "tkhd":
            flags = _IN_MOVIE | (_ENABLED if trak.is_enabled else 0)
            number = struct.pack(">I4x", trak.track_id)
            parts += [timed("tkhd", trak.movie_ticks(timescale), number, content[24:], flags=flags)]
            parts += [_edit_list(trak, timescale)]
        elif fourcc == "mdia":
            parts.append(box("mdia", *_mdia(trak, content, offsets)))
        elif fourcc != "edts":
            parts.append(box(fourcc, content))
    return box("trak", *parts)


def _edit_list(trak: Trak, timescale: int) -> bytes:
    """Playback begins at the media time, after an empty edit where there is a delay (§8.6.6)."""
    delay, start, own = trak.delay_ticks, trak.media_time_ticks, trak.timescale
    edits = [struct.pack(">QqI", _scaled_up(delay, own, timescale), -1, 0x1_0000)] if delay else []
    shown = _scaled_up(trak.media_end_ticks - start, own, timescale)
    edits.append(struct.pack(">QqI", shown, start, 0x1_0000))
    return box("edts", box("elst", struct.pack(">II", 1 << 24, len(edits)), *edits))


def _scaled_up(ticks: int, from_timescale: int, to_timescale: int) -> int:
    return -(-ticks * to_timescale // from_timescale)


def _mdia(trak: Trak, mdia: bytes, offsets: bytes) -> Iterator[bytes]:
    for fourcc, content in boxes(mdia):
        if fourcc == "mdhd":
            yield timed("mdhd", trak.media_ticks, content[12:16], content[20:])
        elif fourcc == "minf":
            minf = boxes(content)
            stbl = box("stbl", *trak.tables, offsets)
            yield box("minf", *(stbl if name == "stbl" else box(name, inner) for name, inner in minf))
        else:
            yield box(fourcc, content)
