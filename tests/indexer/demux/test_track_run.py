"""`trun` with the defaults of `tfhd` and `trex` (ISO/IEC 14496-12 §8.8.8): what samples of a fragment are."""

from __future__ import annotations

import pytest

from indexer.errors import Malformed
from tests.indexer.demux.demuxed import demuxed, refusal, samples_of
from tests.indexer.demux.made_fragments import (
    BASE_IS_MOOF,
    DEFAULTS,
    OTHER,
    SYNC,
    at_end_of_moof,
    fragment,
    init,
    samples,
)
from tests.indexer.demux.made_mp4 import (
    NO_TABLES,
    full_box,
    moof,
    sample_entry,
    tfhd,
    trak,
    trun,
    u32,
)


def test_everything_by_default_of_trex() -> None:
    track = demuxed(init() + fragment(count=3)).tracks[0]
    assert (track.samples.size_bytes, track.samples.duration_ticks, track.samples.flags) == (4, 10, SYNC)
    assert [sample.decode for sample in samples_of(track)] == [0, 10, 20]


def test_defaults_of_tfhd_come_before_those_of_trex() -> None:
    header = tfhd(1, u32(1, 20, 5, OTHER), flags=BASE_IS_MOOF | 0x3A)
    track = demuxed(init() + fragment(count=2, header=header)).tracks[0]
    assert (track.samples.size_bytes, track.samples.duration_ticks, track.samples.flags) == (5, 20, OTHER)


def test_rows_come_before_defaults() -> None:
    rows = u32(7, 3, OTHER, -2), u32(8, 6, SYNC, 5)
    found = samples(init() + fragment(*rows, count=2, flags=0xF00))
    assert [sample[1:] for sample in found] == [(3, 0, -2, False), (6, 7, 12, True)]


@pytest.mark.parametrize("version", [0, 1])
def test_composition_offsets_are_signed_in_both_versions(version: int) -> None:
    content = init() + at_end_of_moof(lambda offset: moof([
        tfhd(flags=BASE_IS_MOOF), trun(2, u32(offset), u32(-3, 4), flags=0x801, version=version),
    ]))
    assert [sample.present for sample in samples(content)] == [-3, 14]


@pytest.mark.parametrize("count", [1, 3])
def test_first_sample_flags(count: int) -> None:
    header = tfhd(1, u32(OTHER), flags=BASE_IS_MOOF | 0x20)
    found = samples(init() + fragment(u32(SYNC), count=count, flags=4, header=header))
    assert [sample.sync for sample in found] == [True, False, False][:count]


def test_first_sample_flags_before_those_of_the_rows() -> None:
    found = samples(init() + fragment(u32(SYNC), u32(OTHER, OTHER), count=2, flags=0x404))
    assert [sample.sync for sample in found] == [True, False]


def test_a_sample_that_depends_on_others_is_no_sync_sample() -> None:
    found = demuxed(init() + fragment(u32(0x0100_0000, SYNC), count=2, flags=0x400))
    assert list(found.tracks[0].samples.flags) == [0x0101_0000, SYNC]  # type: ignore[arg-type]


def test_audio_without_any_sync_sample_is_all_sync_samples() -> None:
    content = init(DEFAULTS, tracks=(trak(NO_TABLES, handler="soun"),)) + fragment(
        u32(OTHER, 0x0100_0000), count=2, flags=0x400)
    assert demuxed(content).tracks[0].samples.flags == SYNC


def test_each_fragment_names_its_sample_description() -> None:
    track = trak(NO_TABLES, entries=(sample_entry("avc1"), sample_entry("avc3")))
    named = [fragment(header=tfhd(1, u32(number), flags=BASE_IS_MOOF | 2)) for number in (2, 0)]
    content = init(tracks=(track,)) + fragment() + b"".join(named)
    assert list(demuxed(content).tracks[0].samples.chunk_description) == [0, 1, 0]  # type: ignore[arg-type]
    wrong = init(tracks=(track,)) + fragment(header=tfhd(1, u32(3), flags=BASE_IS_MOOF | 2))
    assert "sample description 3" in refusal(wrong, Malformed).rule


def test_without_trex() -> None:
    content = init(full_box("mehd", u32(0))) + fragment(u32(5, 6), count=1, flags=0x300)
    assert [sample[1:3] for sample in samples(content)] == [(6, 0)]


