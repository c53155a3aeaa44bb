"""`moof` (ISO/IEC 14496-12 §8.8.7): where the samples of fragments lie, and files that grow or break."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from indexer.errors import Malformed, Unfinished, Unsupported
from tests.indexer.demux.demuxed import demuxed, refusal, samples_of
from tests.indexer.demux.made_fragments import (
    BASE_IS_MOOF,
    DEFAULTS,
    START,
    at_end_of_moof,
    fragment,
    init,
    samples,
)
from tests.indexer.demux.made_mp4 import (
    DATA,
    NO_TABLES,
    box,
    elst,
    ftyp,
    moof,
    moov,
    tfdt,
    tfhd,
    trak,
    trex,
    trun,
    u32,
    u64,
)


def test_default_base_is_moof_holds_for_every_track_fragment() -> None:
    two = init(DEFAULTS, trex(2, duration=1, size=6), tracks=(trak(NO_TABLES), trak(NO_TABLES, track_id=2)))
    content = two + at_end_of_moof(lambda offset: moof(
        [tfhd(1, flags=BASE_IS_MOOF), trun(2, u32(offset + 6), flags=1)],
        [tfhd(2, flags=BASE_IS_MOOF), trun(1, u32(offset), flags=1)],
    ))
    data = content.index(b"mdat") + 4
    assert [sample.offset - data for sample in samples(content)] == [6, 10]
    assert [sample.offset - data for sample in samples(content, 1)] == [0]


def test_base_data_offset() -> None:
    content = init() + box("mdat", bytes(20)) + moof([tfhd(1, u64(START + 8), flags=1), trun(2, flags=0)])
    assert [sample.offset - START for sample in samples(content)] == [8, 12]


def test_base_data_offset_and_data_offset() -> None:
    content = init() + box("mdat", bytes(20)) + moof([tfhd(1, u64(START), flags=1), trun(2, u32(9), flags=1)])
    assert [sample.offset - START for sample in samples(content)] == [9, 13]


def test_data_before_their_moof() -> None:
    content = init() + box("mdat", bytes(20)) + moof([tfhd(flags=BASE_IS_MOOF), trun(2, u32(-12), flags=1)])
    assert [sample.offset - START for sample in samples(content)] == [16, 20]


def test_a_run_without_offset_follows_the_one_before() -> None:
    content = init() + at_end_of_moof(lambda offset: moof([
        tfhd(flags=BASE_IS_MOOF), trun(2, u32(offset), flags=1), trun(1), trun(1, u32(offset + 50), flags=1),
        trun(1),
    ]))
    data = content.index(b"mdat") + 4
    assert [sample.offset - data for sample in samples(content)] == [0, 4, 8, 50, 54]
    assert list(demuxed(content).tracks[0].samples.chunk_samples) == [2, 1, 1, 1]


def two_tracks_without_a_base(second: Callable[[int], tuple[bytes, ...]]) -> bytes:
    tracks = trak(NO_TABLES), trak(NO_TABLES, track_id=2, handler="soun")
    return init(DEFAULTS, trex(2, duration=1, size=6), tracks=tracks) + at_end_of_moof(lambda offset: moof(
        [tfhd(1), trun(2, u32(offset), flags=1)],
        [tfhd(2), *second(offset)],
    ))


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(lambda offset: (trun(2),), id="standard, no offset"),
        pytest.param(lambda offset: (trun(2, u32(0), flags=1),), id="standard, offset 0"),
        pytest.param(lambda offset: (trun(1, u32(0), flags=1), trun(1)), id="standard, two runs"),
    ],
)
def test_without_a_base_the_second_track_counts_from_the_end_of_the_first(
    second: Callable[[int], tuple[bytes, ...]]
) -> None:
    content = two_tracks_without_a_base(second)
    data = content.index(b"mdat") + 4
    assert [sample.offset - data for sample in samples(content)] == [0, 4]
    assert [sample.offset - data for sample in samples(content, 1)] == [8, 14]


@pytest.mark.parametrize("fragments", [1, 2])
def test_packagers_that_count_from_the_moof_without_saying_so(fragments: int) -> None:
    """Seen in the field: read by the standard, the second track would lie in the next fragment."""
    tracks = trak(NO_TABLES), trak(NO_TABLES, track_id=2, handler="soun")
    one = at_end_of_moof(lambda offset: moof(
        [tfhd(1), trun(2, u32(offset), flags=1)], [tfhd(2), trun(2, u32(offset + 8), flags=1)],
    ), data=bytes(20))
    content = init(DEFAULTS, trex(2, duration=1, size=6), tracks=tracks) + one * fragments
    data = content.index(b"mdat") + 4
    assert [sample.offset - data for sample in samples(content, 1)][:2] == [8, 14]
    assert [sample.offset - data for sample in samples(content)][:2] == [0, 4]


def test_data_that_follow_those_of_an_unknown_track() -> None:
    content = init() + at_end_of_moof(lambda offset: moof(
        [tfhd(9), trun(2, u32(offset), flags=1)], [tfhd(1), trun(1)]))
    assert "not read" in refusal(content, Malformed).rule


def test_an_unknown_track_is_passed_over_with_a_note() -> None:
    """Of which players would make an error: it may be one of those that are known, and damaged."""
    one = at_end_of_moof(lambda offset: moof(
        [tfhd(9), trun(2, u32(offset), flags=1)],
        [tfhd(1, flags=BASE_IS_MOOF), trun(1, u32(offset), flags=1)],
    ))
    found = demuxed(init() + one * 2)
    assert len(samples_of(found.tracks[0])) == 2
    assert found.notes == (
        "moof[1]/traf[1] and others like it passed over: is of track 9, which 'moov' lacks",
    )


def test_partly_fragmented() -> None:
    tracks = trak()
    head = ftyp() + box("mdat", bytes(64)) + moov(tracks, box("mvex", DEFAULTS))
    found = demuxed(head + fragment(count=2) + fragment(time=tfdt(60)))
    assert [sample[1:3] for sample in samples_of(found.tracks[0])] == [
        (4, 0), (5, 10), (6, 20), (4, 30), (4, 40), (4, 60)
    ]  # fmt: skip
    assert found.tracks[0].samples.chunk_offset[0] == DATA
    assert found.fragmented


def test_structure_ranges_are_the_movie_header_and_every_fragment_header() -> None:
    content = init() + fragment() + fragment()
    found = [content[offset : offset + length] for offset, length in demuxed(content).structure_ranges]
    assert [part[4:8] for part in found] == [b"moov", b"moof", b"moof"]
    assert all(len(part) == int.from_bytes(part[:4]) for part in found)


def test_tables_may_be_missing_where_fragments_have_the_samples() -> None:
    assert len(samples(init(tracks=(trak(()),)) + fragment(count=2))) == 2


def test_an_initialisation_segment_alone_is_unfinished() -> None:
    assert "none so far" in refusal(init(), Unfinished).rule


def test_a_segment_without_its_initialisation() -> None:
    assert isinstance(refusal(box("styp", b"msdh", u32(0)) + fragment(), Unsupported), Unsupported)


def test_a_repeated_movie_header_is_ignored() -> None:
    assert len(samples(init() + fragment(count=2) + init() + fragment(count=2))) == 4


def test_another_movie_header_is_another_movie() -> None:
    other = ftyp() + moov(trak(NO_TABLES, handler="soun"), box("mvex", DEFAULTS))
    assert "second movie header" in refusal(init() + fragment() + other + fragment(), Unsupported).rule
    assert len(samples(init() + fragment() + other)) == 1


def test_a_broken_auxiliary_track_is_passed_over() -> None:
    tracks = trak(NO_TABLES), trak(NO_TABLES, track_id=2, handler="meta")
    broken = fragment(u32(1), count=9, flags=0x200, header=tfhd(2, flags=BASE_IS_MOOF))
    found = demuxed(init(DEFAULTS, tracks=tracks) + fragment() + broken + fragment())
    assert [len(samples_of(track)) for track in found.tracks] == [2]
    assert found.notes == ("track 2 (meta) passed over: announces 9 rows of 4 bytes in 4",)


@pytest.mark.parametrize("count", [2**20, 2**32 - 1])
def test_a_count_without_rows_is_bounded_by_the_file(count: int) -> None:
    error = refusal(init() + fragment(count=count) + fragment(), Malformed)
    assert error.where == "moof[1]/traf[1]/trun[1]"


def test_edits_of_a_fragmented_movie() -> None:
    track = trak(NO_TABLES, extra=(box("edts", elst((0, 5, 1 << 16))),))
    assert demuxed(init(tracks=(track,)) + fragment()).tracks[0].edits[0].media_time_ticks == 5
