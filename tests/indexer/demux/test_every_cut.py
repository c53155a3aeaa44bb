"""Whole files, and the same cut at every byte, and with every byte set to the extremes.

A prefix of a good file is a copy under way, so it is "not finished yet", never half a movie; a damaged byte
is read as something else or refused, never another exception.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from indexer.demux.open import demux
from indexer.errors import SourceError, Unfinished
from indexer.source import Source
from indexer.track import Movie
from tests.indexer.demux.demuxed import demuxed, samples_of
from tests.indexer.demux.made_fragments import BASE_IS_MOOF, DEFAULTS, SYNC, fragment, init
from tests.indexer.demux.made_mp4 import (
    NO_TABLES,
    THREE_SAMPLES,
    box,
    ctts,
    elst,
    ftyp,
    full_box,
    moov,
    movie,
    stco,
    stss,
    tfdt,
    tfhd,
    trak,
    u8,
    u16,
    u32,
)

RICH = (
    trak((*THREE_SAMPLES, ctts((1, 5), (2, -5)), stss(1), full_box("sdtp", u8(32, 24, 24))), extra=[
        box("edts", elst((30, 5, 1 << 16))), box("tref", box("chap", u32(2))),
        box("udta", box("name", b"Video"), full_box("kind", b"urn:x\0main\0")),
    ]),
    trak(track_id=2, handler="text"),
    box("udta", full_box("chpl", bytes(4), u8(1), bytes(8), u8(2), b"ab", version=1),
        box("\xa9nam", u16(2, 0), b"ab")),
)


def header_first(*parts: bytes) -> bytes:
    """`movie(*parts)` with `moov` in front, and its one chunk offset told where the media data are."""
    size = len(ftyp() + moov(*parts)) + 8
    return ftyp() + moov(*parts).replace(stco(24), stco(size)) + box("mdat", bytes(15))


WHOLE = {
    "header last": movie(*RICH),
    "header first": header_first(*RICH),
    "fragmented": init() + fragment(time=tfdt(0), count=3) + fragment(
        u32(SYNC), u32(4, 5, 6), count=3, flags=0x204, header=tfhd(1, u32(10), flags=BASE_IS_MOOF | 8)),
    "two tracks in fragments": init(DEFAULTS, tracks=(trak(NO_TABLES), trak(NO_TABLES, track_id=2)))
    + fragment() + fragment(header=tfhd(2, u32(4), flags=BASE_IS_MOOF | 0x10)),
}
MADE = pytest.mark.parametrize("content", WHOLE.values(), ids=WHOLE.keys())
Demuxed = Callable[[bytes], Movie]


@pytest.fixture
def demux_here(tmp_path: Path) -> Demuxed:
    """`demuxed`, with one file for all."""
    path = tmp_path / "cut.mp4"

    def run(content: bytes) -> Movie:
        path.write_bytes(content)
        with Source(path) as source:
            return demux(source)

    return run


@MADE
def test_whole(content: bytes) -> None:
    found = demuxed(content)
    assert found.notes == ()
    assert all(samples_of(track) for track in found.tracks)


@MADE
def test_cut_at_every_byte(content: bytes, demux_here: Demuxed) -> None:
    whole = demux_here(content)
    for length in range(len(content)):
        try:
            found = demux_here(content[:length])
        except Unfinished:
            continue
        # Between fragments nothing tells, and behind the last sample there is nothing to miss.
        between_fragments = content[length + 4 : length + 8] == b"moof"
        assert between_fragments or whole.tracks == found.tracks, length


@MADE
@pytest.mark.parametrize(
    "byte", [0x00, 0x7F, 0xFF, *(pytest.param(byte, marks=pytest.mark.exam) for byte in (0x01, 0x80))]
)
def test_every_byte_set(content: bytes, byte: int, demux_here: Demuxed) -> None:
    damaged = bytearray(content)
    for at in range(len(content)):
        kept, damaged[at] = damaged[at], byte
        with suppress(SourceError):
            for track in demux_here(bytes(damaged)).tracks:
                if track.samples.count < 1000:
                    samples_of(track)
        damaged[at] = kept
