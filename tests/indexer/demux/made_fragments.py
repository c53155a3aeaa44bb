"""Fragmented MP4 files made by hand: an initialisation segment and fragments of one run."""

from __future__ import annotations

from collections.abc import Callable

from tests.indexer.demux.demuxed import Sample, demuxed, samples_of
from tests.indexer.demux.made_mp4 import NO_TABLES, box, ftyp, moof, moov, tfhd, trak, trex, trun, u32

SYNC, OTHER = 0x0200_0000, 0x0101_0000
BASE_IS_MOOF = 0x02_0000
DEFAULTS = trex(duration=10, size=4, flags=SYNC)


def init(*trexes: bytes, tracks: tuple[bytes, ...] = ()) -> bytes:
    return ftyp("iso6") + moov(*(tracks or [trak(NO_TABLES)]), box("mvex", *(trexes or [DEFAULTS])))


START = len(init())
"""Where the first `moof` stands after `init()`."""


def at_end_of_moof(make: Callable[[int], bytes], data: bytes = bytes(100)) -> bytes:
    """A fragment whose offsets are told the size of its own `moof` and of the header of `mdat`."""
    return make(len(make(0)) + 8) + box("mdat", data)


def fragment(*fields: bytes, count: int = 1, flags: int = 0, header: bytes = b"", time: bytes = b"") -> bytes:
    """A `moof` of one run, whose data follow in an `mdat`."""
    return at_end_of_moof(
        lambda offset: moof([
            header or tfhd(flags=BASE_IS_MOOF), time, trun(count, u32(offset), *fields, flags=flags | 1),
        ])
    )


def samples(content: bytes, track: int = 0) -> list[Sample]:
    return samples_of(demuxed(content).tracks[track])


def times(content: bytes) -> list[int]:
    return [sample.decode for sample in samples(content)]
