"""`stsz`, `stz2`, `stsc`, `stco`, `co64`: which bytes are samples, and what contradictions are refused."""

from __future__ import annotations

from array import array
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.demux.open import demux
from indexer.errors import LimitExceeded, Malformed, SourceError, Unfinished
from indexer.source import Source
from tests.indexer.codecs.entries import sound, sound_v1, sound_v2
from tests.indexer.demux.demuxed import Sample, demuxed, only_track, samples_of
from tests.indexer.demux.made_mp4 import (
    DATA,
    box,
    co64,
    ctts,
    ftyp,
    full_box,
    moov,
    movie,
    sample_entry,
    stco,
    stsc,
    stss,
    stsz,
    stsz_constant,
    stts,
    trak,
    u16,
    u32,
)


def placed(*tables: bytes, entries: tuple[bytes, ...] = (), data: bytes = bytes(64)) -> list[tuple[int, int]]:
    """Offset from the start of the media data, and size, of every sample."""
    track = only_track(movie(trak(tables, entries=entries), data=data))
    return [(sample.offset - DATA, sample.size) for sample in samples_of(track)]


def refused(*tables: bytes, kind: type[SourceError] = Malformed) -> SourceError:
    with pytest.raises(kind) as caught:
        demuxed(movie(trak(tables)))
    return caught.value


def test_samples_of_a_chunk_lie_back_to_back() -> None:
    tables = stts((5, 1)), stsc((1, 2, 1), (2, 3, 1)), stsz(1, 2, 3, 4, 5), stco(DATA + 20, DATA)
    assert placed(*tables) == [(20, 1), (21, 2), (0, 3), (3, 4), (7, 5)]


def test_64_bit_offsets() -> None:
    assert placed(stts((2, 1)), stsc((1, 1, 1)), stsz(3, 4), co64(DATA + 4, DATA)) == [(4, 3), (0, 4)]


def test_constant_size_stays_one_number() -> None:
    track = only_track(movie(trak((stts((60, 1)), stsc((1, 60, 1)), stsz_constant(1, 60), stco(DATA)))))
    samples = track.samples
    assert (samples.count, samples.size_bytes, samples.duration_ticks) == (60, 1, 1)
    assert (samples.composition_ticks, samples.flags, samples.chunk_description) == (0, 0x0200_0000, 0)


@pytest.mark.parametrize(
    ("bits", "rows"),
    [(4, bytes([0x12, 0x30])), (8, bytes([1, 2, 3])), (16, u16(1, 2, 3))],
)  # fmt: skip
def test_stz2(bits: int, rows: bytes) -> None:
    sizes = full_box("stz2", u32(bits, 3), rows)
    assert placed(stts((3, 1)), stsc((1, 3, 1)), sizes, stco(DATA)) == [(0, 1), (1, 2), (3, 3)]


@pytest.mark.parametrize("bits", [0, 1, 5, 32])
def test_stz2_of_another_width(bits: int) -> None:
    error = refused(stts((3, 1)), stsc((1, 3, 1)), full_box("stz2", u32(bits, 3), bytes(12)), stco(DATA))
    assert error.where == "moov/trak[1]/mdia/minf/stbl/stz2"


def test_each_chunk_names_its_sample_description() -> None:
    tables = stts((3, 1)), stsc((1, 1, 2), (3, 1, 1)), stsz(1, 1, 1), stco(DATA, DATA + 1, DATA + 2)
    track = only_track(movie(trak(tables, entries=(sample_entry("avc1"), sample_entry("avc3")))))
    assert track.samples.chunk_description == array("I", [1, 1, 0])
    assert [entry[4:8] for entry in track.sample_entries] == [b"avc1", b"avc3"]


@pytest.mark.parametrize("runs", [[(1, 1, 1), (2, 2, 1), (3, 1, 1)], [(1, 2, 1)], [(1, 1, 1), (3, 2, 1)]])
def test_chunks_that_run_into_the_next_one_are_refused_where_some_are_left_over(
    runs: list[tuple[int, int, int]]
) -> None:
    """What follows a chunk that is said to hold too many would be read from wrong places."""
    places = stsz(1, 2, 3, 4), stco(DATA, DATA + 1, DATA + 3, DATA + 6)
    assert placed(stts((4, 1)), stsc((1, 1, 1)), *places) == [(0, 1), (1, 2), (3, 3), (6, 4)]
    assert "run into the next one" in refused(stts((4, 1)), stsc(*runs), *places).rule
    alike = stsz_constant(2, 4), stco(DATA, DATA + 2, DATA + 4, DATA + 6)
    assert "run into the next one" in refused(stts((4, 1)), stsc(*runs), *alike).rule


def test_surplus_chunks_of_samples_without_end_cost_nothing(tmp_path: Path) -> None:
    """As many as the file has bytes, all of one size."""
    path = tmp_path / "sparse.mp4"
    tables = stts((2**32 - 1, 1)), stsc((1, 2**32 - 1, 1)), stsz_constant(1, 2**32 - 1), stco(DATA, 8)
    with path.open("wb") as file:
        file.write(ftyp() + moov(trak(tables)))
        file.truncate(2**36)
    with Source(path) as source:
        assert len(demux(source).tracks[0].samples.chunk_offset) == 1


def test_surplus_chunks_are_dropped_with_a_note() -> None:
    tables = stts((3, 1)), stsc((1, 2, 1)), stsz(1, 2, 3), stco(DATA, DATA + 3, DATA + 6)
    found = demuxed(movie(trak(tables)))
    assert [sample.offset - DATA for sample in samples_of(found.tracks[0])] == [0, 1, 3]
    assert found.notes == ("moov/trak[1]/mdia/minf/stbl: chunks have room for 3 samples more than there are",)


def test_too_few_chunks() -> None:
    assert "hold 2 samples" in refused(stts((3, 1)), stsc((1, 2, 1)), stsz(1, 2, 3), stco(DATA)).rule


@pytest.mark.parametrize(
    "runs",
    [(), ((2, 3, 1),), ((0, 3, 1),), ((1, 1, 1), (1, 2, 1)), ((1, 0, 1),), ((1, 1, 1), (0, 2, 1), (3, 1, 1)),
     ((1, 3, 2),), ((1, 3, 2**32 - 1),)],
)  # fmt: skip
def test_runs_of_chunks_that_make_no_sense(runs: tuple[tuple[int, int, int], ...]) -> None:
    error = refused(stts((3, 1)), stsc(*runs), stsz(1, 2, 3), stco(DATA))
    assert error.where == "moov/trak[1]/mdia/minf/stbl/stsc"


def test_runs_of_chunks_that_are_not_there() -> None:
    tables = (stts((3, 1)), stsc((1, 3, 1), (2, 1, 1), (9, 1, 7)), stsz(1, 2, 3), stco(DATA))
    found = demuxed(movie(trak(tables)))
    assert [sample.offset - DATA for sample in samples_of(found.tracks[0])] == [0, 1, 3]
    assert found.notes == ("moov/trak[1]/mdia/minf/stbl/stsc: lists 2 runs of chunks that are not there",)


def test_the_only_sample_description_counted_from_0() -> None:
    runs = stsc((1, 1, 0), (2, 2, 0))
    found = demuxed(movie(trak((stts((3, 1)), runs, stsz(1, 2, 3), stco(DATA, DATA + 9)))))
    assert found.tracks[0].samples.chunk_description == 0
    two = trak((stts((3, 1)), runs, stsz(1, 2, 3), stco(DATA, DATA + 9)), entries=(sample_entry(),) * 2)
    with pytest.raises(Malformed, match="beyond the 2 in 'stsd'"):
        demuxed(movie(two))


@pytest.mark.parametrize(
    ("entry", "size_bytes"),
    [
        (sound("sowt"), 4), (sound("twos", channels=1, bits=8), 1), (sound("in24"), 6),
        (sound_v1("sowt", channels=6, frame_bytes=12), 12), (sound_v1("fl32", channels=1, frame_bytes=4), 4),
        (sound_v2("lpcm", channels=2, bits=24, rate_hz=96e3, flags=12, frame_bytes=6), 6),
        (sound("mp4a"), 1),
    ],
)  # fmt: skip
def test_quicktime_counts_uncompressed_sound_in_frames_of_one(entry: bytes, size_bytes: int) -> None:
    """Its `stsz` says 1 for each, whatever a frame takes."""
    tables = (stts((3, 1)), stsc((1, 2, 1)), stsz_constant(1, 3), stco(DATA, DATA + 2 * size_bytes))
    samples = demuxed(movie(trak(tables, handler="soun", entries=(entry,)))).tracks[0].samples
    assert (samples.size_bytes, list(samples.chunk_offset)) == (size_bytes, [DATA, DATA + 2 * size_bytes])
    stated = (*tables[:2], stsz_constant(7, 3), stco(DATA, DATA + 14))
    assert demuxed(movie(trak(stated, handler="soun", entries=(entry,)))).tracks[0].samples.size_bytes == 7


@pytest.mark.parametrize("missing", ["stts", "stsc", "stsz", "stco", "stsd"])
def test_a_table_that_is_missing(missing: str) -> None:
    content = movie(trak((stts((1, 1)), stsc((1, 1, 1)), stsz(1), stco(DATA))))
    with pytest.raises(Malformed, match=missing):
        demuxed(content.replace(missing.encode(), b"free"))


@pytest.mark.parametrize("count", [4, 2**31, 2**32 - 1])
def test_counts_beyond_the_bytes_behind_them(count: int) -> None:
    """What the table announces must be there before a byte is allocated for it."""
    whole = stts((3, 10)), stsc((1, 3, 1)), stsz(4, 5, 6), stco(DATA)
    for index, at in enumerate((12, 12, 16, 12)):
        tables = list(whole)
        tables[index] = tables[index][:at] + u32(count) + tables[index][at + 4 :]
        assert "announces" in refused(*tables).rule


def test_samples_past_the_end_of_a_whole_file() -> None:
    error = refused(stts((1, 1)), stsc((1, 1, 1)), stsz(10), stco(2**31))
    assert error.where == "moov/trak[1]/mdia/minf/stbl"
    assert str(2**31 + 10) in error.rule


def test_the_last_byte_of_the_file_is_within() -> None:
    tables = stts((1, 1)), stsc((1, 1, 1)), stsz(4), stco(0)
    size = len(movie(trak(tables)))
    assert placed(*tables[:3], stco(size - 4)) == [(size - 4 - DATA, 4)]
    refused(*tables[:3], stco(size - 3))


def test_chunks_of_one_size_past_the_end() -> None:
    refused(stts((3, 1)), stsc((1, 3, 1)), stsz_constant(2**20, 3), stco(DATA))


def test_chunks_that_overlap_cannot_amplify() -> None:
    count = 200
    tables = stts((count, 1)), stsc((1, 1, 1)), stsz_constant(60, count), stco(*[DATA] * count)
    assert "overlap" in refused(*tables, kind=LimitExceeded).rule


def test_a_few_shared_bytes_are_tolerated() -> None:
    tables = stts((2, 1)), stsc((1, 1, 1)), stsz(1000, 40), stco(DATA, DATA)
    assert placed(*tables, data=bytes(1000)) == [(0, 1000), (0, 40)]


def test_a_movie_header_without_media_data_is_a_copy_under_way() -> None:
    tables = stts((1, 1)), stsc((1, 1, 1)), stsz(9), stco(2**20)
    with pytest.raises(Unfinished, match="no 'mdat'"):
        demuxed(ftyp() + moov(trak(tables)))


CHUNK_SIZES = st.lists(st.integers(1, 5), min_size=1, max_size=12)


@given(CHUNK_SIZES, st.data())
def test_any_layout_of_chunks(held: list[int], data: st.DataObject) -> None:
    """Runs as a writer would make them, against samples placed one by one."""
    count = sum(held)
    sizes = data.draw(st.lists(st.integers(0, 9), min_size=count, max_size=count).filter(any))
    expected: list[tuple[int, int]] = []
    offsets, at = [], 0
    for chunk in held:
        at += data.draw(st.integers(0, 3))
        offsets.append(DATA + at)
        for _ in range(chunk):
            expected.append((at, sizes[len(expected)]))
            at += expected[-1][1]
    runs = [(1 + i, n, 1) for i, n in enumerate(held) if not i or held[i - 1] != n]
    tables = stts((count, 1)), stsc(*runs), stsz(*sizes), stco(*offsets)
    assert placed(*tables, data=bytes(at + 1)) == [(at, size) for at, size in expected if size]


CHUNKS = stsc((1, 3, 1), (3, 1, 1)), stco(DATA, DATA + 20, DATA + 40)
EMPTY_ONES = stts((7, 10)), ctts((7, 20)), stss(1, 4), *CHUNKS


def test_samples_of_no_bytes_are_left_out() -> None:
    """In QuickTime they say that the picture stays. Every other sample is shown when it was."""
    found = demuxed(movie(trak((*EMPTY_ONES, stsz(0, 4, 0, 5, 0, 0, 6)))))
    (track,) = found.tracks
    assert samples_of(track) == [
        Sample(DATA, 4, 10, 30, sync=False),
        Sample(DATA + 20, 5, 30, 50, sync=True),
        Sample(DATA + 40, 6, 60, 80, sync=False),
    ]
    assert track.samples.duration_ticks == array("I", [20, 30, 10])
    assert found.notes == ("track 1: 4 of 7 samples have no bytes and are left out",)


def test_samples_of_no_bytes_stay_where_they_may_mean_something() -> None:
    """In a text track of QuickTime: no text from here on."""
    text = trak((*EMPTY_ONES, stsz(*[0] * 7)), track_id=2, handler="text")
    _, track = demuxed(movie(trak(), text)).tracks
    assert track.samples.count == 7


def test_a_track_of_samples_of_no_bytes_alone_is_passed_over() -> None:
    found = demuxed(movie(trak(), trak((*EMPTY_ONES, stsz(*[0] * 7)), track_id=2)))
    assert [track.track_id for track in found.tracks] == [1]


def test_no_sample_lasts_longer_than_fragments_can_say() -> None:
    tables = stts((4, 2**31 - 1)), stsc((1, 4, 1)), stsz(9, 0, 0, 9), stco(DATA)
    assert "no bytes for" in refused(*tables, kind=LimitExceeded).rule


def test_a_track_without_samples_is_passed_over() -> None:
    empty = trak((stts(), stsc(), stsz(), stco()), track_id=2, handler="soun")
    found = demuxed(movie(trak(), empty))
    assert [track.track_id for track in found.tracks] == [1]
    assert found.notes == ("track 2 (soun) passed over: it has no samples",)


def test_an_unknown_box_in_the_tables_is_ignored() -> None:
    tables = box("sgpd", bytes(3)), stts((1, 1)), stsc((1, 1, 1)), stsz(7), stco(DATA), box("stts", b"")
    assert placed(*tables) == [(0, 7)]
