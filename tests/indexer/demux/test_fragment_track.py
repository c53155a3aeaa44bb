"""When the samples of fragments are: `tfdt`, `tfxd`, neither; gaps and overlaps become durations."""

from __future__ import annotations

import pytest

from indexer.demux.track_run import TFXD_UUID
from indexer.errors import Malformed
from tests.indexer.demux.demuxed import demuxed, refusal
from tests.indexer.demux.made_fragments import (
    fragment,
    init,
    times,
)
from tests.indexer.demux.made_mp4 import (
    box,
    tfdt,
    u32,
    u64,
)


def test_tfdt_of_the_first_fragment_starts_the_track() -> None:
    content = init() + fragment(time=tfdt(2**33, version=1), count=2)
    assert demuxed(content).tracks[0].samples.first_decode_ticks == 2**33
    assert times(content) == [2**33, 2**33 + 10]


def test_without_tfdt_a_fragment_continues() -> None:
    assert times(init() + fragment(count=2) + fragment(count=2)) == [0, 10, 20, 30]


def test_a_gap_lengthens_the_sample_before() -> None:
    content = init() + fragment(count=2) + fragment(time=tfdt(100))
    assert times(content) == [0, 10, 100]
    assert list(demuxed(content).tracks[0].samples.duration_ticks) == [10, 90, 10]  # type: ignore[arg-type]


def test_a_small_overlap_shortens_the_sample_before() -> None:
    assert times(init() + fragment(count=2) + fragment(time=tfdt(17), count=2)) == [0, 10, 17, 27]


@pytest.mark.parametrize("ticks", [9, 0, 2**32 + 11])
def test_a_start_that_durations_cannot_express(ticks: int) -> None:
    error = refusal(init() + fragment(count=2) + fragment(time=tfdt(ticks, version=1)), Malformed)
    assert error.where == "moof[2]/traf[1]/tfdt"
    assert f"tick {ticks}" in error.rule


def test_time_beyond_63_bits() -> None:
    assert "63 bits" in refusal(init() + fragment(time=tfdt(2**64 - 1, version=1)), Malformed).rule


def tfxd(start: int, duration: int = 10) -> bytes:
    return box("uuid", TFXD_UUID, u32(1 << 24), u64(start, duration))


def test_smooth_streaming_says_in_tfxd() -> None:
    assert times(init() + fragment(time=tfxd(50)) + fragment(time=tfxd(75))) == [50, 75]
    assert times(init() + fragment(time=tfdt(60) + tfxd(50))) == [60]
    assert times(init() + fragment(time=box("uuid", bytes(36)))) == [0]


def test_a_negative_first_time_is_zero_and_what_follows_as_much_later() -> None:
    content = init() + b"".join(fragment(time=tfxd(start)) for start in (-7, 3, 20))
    assert times(content) == [0, 10, 27]


