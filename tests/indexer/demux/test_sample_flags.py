"""`stss`, `stps`, `sdtp`: which samples playback may start at."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.indexer.demux.demuxed import demuxed, each, only_track
from tests.indexer.demux.made_mp4 import (
    DATA,
    full_box,
    movie,
    stco,
    stsc,
    stss,
    stsz_constant,
    stts,
    table,
    trak,
    u8,
    u32,
)

SYNC, OTHER = 0x0200_0000, 0x0101_0000
COUNT = 5
TABLES = stts((COUNT, 1)), stsc((1, COUNT, 1)), stsz_constant(1, COUNT), stco(DATA)


def flags_of(*tables: bytes, handler: str = "vide", brand: str = "isom") -> list[int]:
    track = only_track(movie(trak((*TABLES, *tables), handler=handler), brand=brand))
    return list(each(track.samples.flags, COUNT))


def sdtp(*values: int) -> bytes:
    return full_box("sdtp", u8(*values))


def stps(*numbers: int) -> bytes:
    return table("stps", [u32(number) for number in numbers])


def test_no_stss_means_all_are_sync_samples() -> None:
    assert only_track(movie(trak(TABLES))).samples.flags == SYNC


def test_an_empty_stss_means_none_is() -> None:
    assert flags_of(stss()) == [OTHER] * COUNT


def test_an_empty_stss_on_audio_is_a_slip() -> None:
    assert flags_of(stss(), handler="soun") == [SYNC] * COUNT


@given(st.sets(st.integers(1, COUNT), min_size=1))
def test_stss(numbers: set[int]) -> None:
    expected = [SYNC if index + 1 in numbers else OTHER for index in range(COUNT)]
    assert flags_of(stss(*sorted(numbers))) == expected
    assert flags_of(stss(*sorted(numbers)), handler="soun") == expected


def test_partial_sync_samples_count_as_sync_samples() -> None:
    assert flags_of(stss(1), stps(3)) == [SYNC, OTHER, SYNC, OTHER, OTHER]


@pytest.mark.parametrize("number", [0, COUNT + 1, 2**32 - 1])
def test_numbers_of_samples_that_are_not_there(number: int) -> None:
    found = demuxed(movie(trak((*TABLES, stss(1, number)))))
    assert list(each(found.tracks[0].samples.flags, COUNT)) == [SYNC] + [OTHER] * 4
    assert found.notes == ("moov/trak[1]/mdia/minf/stbl/stss: lists 1 samples that are not there",)


def test_sdtp() -> None:
    """Leading, depended on, redundant: kept. A sync sample depends on no other, whatever `sdtp` says."""
    found = flags_of(stss(1, 3), sdtp(0x00, 0x18, 0x14, 0x58, 0xFF))
    assert found == [0x0200_0000, 0x0181_0000, 0x0240_0000, 0x0581_0000, 0x0FF1_0000]


def test_sdtp_without_stss() -> None:
    assert flags_of(sdtp(0x20, 0x24, 0x20, 0x20, 0x20)) == [SYNC, 0x0240_0000, SYNC, SYNC, SYNC]


def test_sdtp_of_quicktime_has_no_leading_samples() -> None:
    """Its 0x40 says that earlier samples are presented later, not that this one leads."""
    assert flags_of(stss(1), sdtp(0x20, 0x58, 0x58, 0x58, 0x58), brand="qt  ") == [SYNC] + [0x0181_0000] * 4


@pytest.mark.parametrize("rows", [2, COUNT, COUNT + 3])
def test_sdtp_of_another_length(rows: int) -> None:
    found = flags_of(stss(1), sdtp(*[0x18] * rows))
    assert found == [0x0280_0000, *(0x0181_0000 if at < rows else 0x0001_0000 for at in range(1, COUNT))]
