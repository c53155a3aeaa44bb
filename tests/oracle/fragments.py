"""What a player makes of an init segment and media segments: samples with times, flags and bytes.

Follows the clauses, not our writer: ISO/IEC 14496-12:2022 §8.8.3 (`trex`), §8.8.7 (`tfhd`), §8.8.8 (`trun`),
§8.8.12 (`tfdt`), §8.6.6 (`elst`), with every default and optional field there is. Times are ticks of the
track's timescale.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from tests.oracle.boxes import Box, NotABox, walk

BASE_DATA_OFFSET, SAMPLE_DESCRIPTION_INDEX = 0x01, 0x02
DEFAULT_DURATION, DEFAULT_SIZE, DEFAULT_FLAGS = 0x08, 0x10, 0x20
DURATION_IS_EMPTY, DEFAULT_BASE_IS_MOOF = 0x010000, 0x020000
DATA_OFFSET, FIRST_SAMPLE_FLAGS = 0x01, 0x04
SAMPLE_DURATION, SAMPLE_SIZE, SAMPLE_FLAGS, SAMPLE_COMPOSITION = 0x100, 0x200, 0x400, 0x800


@dataclass(frozen=True, slots=True)
class Defaults:
    duration: int
    size: int
    flags: int


@dataclass(frozen=True, slots=True)
class TrackSetup:
    """A track as the init segment announces it. `media_time_ticks`: where in the media time 0 is."""

    track_id: int
    handler: str
    timescale: int
    media_time_ticks: int
    defaults: Defaults


@dataclass(frozen=True, slots=True)
class Sample:
    """`offset` counts from the first byte of the segment."""

    decode_ticks: int
    presentation_ticks: int
    duration_ticks: int
    flags: int
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Segment:
    """`tracks`: samples by track id, in decode order; a `traf` without samples gives an empty list."""

    sequence_number: int
    tracks: dict[int, list[Sample]]
    decode_ticks: dict[int, int]
    mdat_bytes: int


def read_init(data: bytes) -> dict[int, TrackSetup]:
    """The tracks of an init segment, by track id."""
    ftyp, moov = walk(data)
    if (ftyp.fourcc, moov.fourcc) != ("ftyp", "moov"):
        raise NotABox(f"an init segment is ftyp and moov, not {ftyp.fourcc} and {moov.fourcc}")
    extends = {}
    for trex in moov.one("mvex").all("trex"):
        track_id, _, duration, size, flags = struct.unpack(">5I", trex.full()[2])
        extends[track_id] = Defaults(duration, size, flags)
    return {setup.track_id: setup for setup in (_setup(trak, extends) for trak in moov.all("trak"))}


def _setup(trak: Box, extends: dict[int, Defaults]) -> TrackSetup:
    version, _, tkhd = trak.one("tkhd").full()
    (track_id,) = struct.unpack_from(">I", tkhd, 16 if version else 8)
    version, _, mdhd = trak.one("mdia", "mdhd").full()
    (timescale,) = struct.unpack_from(">I", mdhd, 16 if version else 8)
    handler = trak.one("mdia", "hdlr").full()[2][4:8].decode("ascii")
    media_time = _media_time(trak.one("edts", "elst")) if trak.all("edts") else 0
    return TrackSetup(track_id, handler, timescale, media_time, extends[track_id])


def _media_time(elst: Box) -> int:
    """Of a list of one edit that never ends, the only kind that an init segment can mean."""
    version, _, body = elst.full()
    layout = ">IQqI" if version else ">IIiI"
    count, duration, media_time, rate = struct.unpack(layout, body)
    if (count, duration, rate) != (1, 0, 0x10000) or media_time < 0:
        raise NotABox(f"edit list {body.hex()} is more than one endless edit")
    return int(media_time)


def read_segment(data: bytes, setups: dict[int, TrackSetup]) -> Segment:
    """The samples of one media segment: `styp`, one `moof`, one `mdat`, which holds them all."""
    styp, moof, mdat = walk(data)
    if (styp.fourcc, moof.fourcc, mdat.fourcc) != ("styp", "moof", "mdat"):
        raise NotABox(f"a segment is styp, moof and mdat, not {styp.fourcc}, {moof.fourcc} and {mdat.fourcc}")
    (sequence_number,) = struct.unpack(">I", moof.one("mfhd").full()[2])
    tracks: dict[int, list[Sample]] = {}
    decode_ticks = {}
    for traf in moof.all("traf"):
        track_id, samples, starts = _read_traf(traf, moof, setups)
        if track_id in tracks:
            raise NotABox(f"two trafs of track {track_id}")
        tracks[track_id], decode_ticks[track_id] = samples, starts
        for sample in samples:
            if not mdat.body <= sample.offset <= sample.offset + len(sample.data) <= mdat.stop:
                raise NotABox(f"a sample of track {track_id} at {sample.offset} is not within mdat")
    return Segment(sequence_number, tracks, decode_ticks, mdat.stop - mdat.body)


def _read_traf(traf: Box, moof: Box, setups: dict[int, TrackSetup]) -> tuple[int, list[Sample], int]:
    _, bits, tfhd = traf.one("tfhd").full()
    words = _Words(tfhd)
    setup = setups[words.take()]
    if bits & BASE_DATA_OFFSET or not bits & DEFAULT_BASE_IS_MOOF:
        raise NotABox("data offsets do not count from moof")
    if bits & SAMPLE_DESCRIPTION_INDEX:
        words.take()
    defaults = Defaults(
        words.take() if bits & DEFAULT_DURATION else setup.defaults.duration,
        words.take() if bits & DEFAULT_SIZE else setup.defaults.size,
        words.take() if bits & DEFAULT_FLAGS else setup.defaults.flags,
    )
    words.end()
    version, _, tfdt = traf.one("tfdt").full()
    (decode_ticks,) = struct.unpack(">Q" if version else ">I", tfdt)
    truns = traf.all("trun")
    if bool(truns) == bool(bits & DURATION_IS_EMPTY):
        raise NotABox("a traf has samples, or says that it has none")
    samples: list[Sample] = []
    at, decode = moof.start, decode_ticks
    for trun in truns:
        for sample in _read_trun(trun, moof.start, at, decode, setup, defaults):
            samples.append(sample)
            at, decode = sample.offset + len(sample.data), decode + sample.duration_ticks
    return setup.track_id, samples, decode_ticks


def _read_trun(
    trun: Box, base: int, at: int, decode: int, setup: TrackSetup, defaults: Defaults
) -> Iterator[Sample]:
    version, bits, body = trun.full()
    words = _Words(body)
    count = words.take()
    if not count:
        raise NotABox("a trun without samples")
    if bits & DATA_OFFSET:
        at = base + words.take(signed=True)
    first_flags = words.take() if bits & FIRST_SAMPLE_FLAGS else defaults.flags
    for number in range(count):
        duration = words.take() if bits & SAMPLE_DURATION else defaults.duration
        size = words.take() if bits & SAMPLE_SIZE else defaults.size
        flags = words.take() if bits & SAMPLE_FLAGS else first_flags if number == 0 else defaults.flags
        composition = words.take(signed=version > 0) if bits & SAMPLE_COMPOSITION else 0
        shown = decode + composition - setup.media_time_ticks
        yield Sample(decode, shown, duration, flags, at, trun.data[at : at + size])
        at, decode = at + size, decode + duration
    words.end()


class _Words:
    """32-bit words of a box, one after another."""

    def __init__(self, body: bytes) -> None:
        self._body, self._at = body, 0

    def take(self, *, signed: bool = False) -> int:
        word = self._body[self._at : self._at + 4]
        if len(word) != 4:
            raise NotABox("a box ends before its last field")
        self._at += 4
        return int.from_bytes(word, "big", signed=signed)

    def end(self) -> None:
        if self._at != len(self._body):
            raise NotABox(f"{len(self._body) - self._at} bytes follow the last field of a box")
