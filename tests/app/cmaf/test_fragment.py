"""The boxes of a segment, read back by a parser that knows the standard and not our writer."""

from __future__ import annotations

import struct
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.cmaf import fragment
from app.idx.planes import planes_of_words
from tests.oracle.boxes import outline
from tests.oracle.fragments import Defaults, Sample, TrackSetup, read_segment

STYP = struct.pack(">I4s4sI4s", 20, b"styp", b"msdh", 0, b"msdh")
BITS = (
    fragment.SAMPLE_DURATION, fragment.SAMPLE_SIZE, fragment.SAMPLE_FLAGS, fragment.SAMPLE_COMPOSITION,
)  # fmt: skip
words = st.integers(0, 2**32 - 1)
SETUPS = {track_id: TrackSetup(track_id, "vide", 1000, 0, Defaults(1, 1, 1)) for track_id in range(1, 4)}


def segment_of(*trafs: bytes, payload: bytes = b"") -> bytes:
    return STYP + fragment.moof(7, trafs) + fragment.mdat_header(len(payload)) + payload


def read_track(truns: bytes, tfhd: bytes, payload: bytes, decode_ticks: int = 0) -> list[Sample]:
    content = segment_of(fragment.traf(tfhd, decode_ticks, truns), payload=payload)
    return read_segment(content, SETUPS).tracks[1]


@settings(deadline=None)
@given(
    runs=st.lists(st.integers(1, 4), min_size=1, max_size=6),
    present=st.lists(st.booleans(), min_size=4, max_size=4),
    decode_ticks=st.integers(0, 2**63),
    data=st.data(),
)
def test_truns_say_what_was_put_into_them(
    runs: list[int], present: list[bool], decode_ticks: int, data: st.DataObject
) -> None:
    count = sum(runs)
    # Sizes stay small, since each sample has to have bytes; the rest is any word that the field can hold.
    durations = data.draw(st.lists(words, min_size=count, max_size=count))
    sizes = data.draw(st.lists(st.integers(0, 9), min_size=count, max_size=count))
    flags = data.draw(st.lists(words, min_size=count, max_size=count))
    compositions = data.draw(st.lists(st.integers(0, 2**31 - 1), min_size=count, max_size=count))
    bits = sum(bit for bit, is_present in zip(BITS, present, strict=True) if is_present)
    columns = [
        column
        for column, is_present in zip((durations, sizes, flags, compositions), present, strict=True)
        if is_present
    ]
    defaults = (5, 3, 11)
    tfhd = fragment.tfhd(
        1,
        *(None if is_present else each for each, is_present in zip(defaults, present, strict=False)),
        empty=False,
    )
    own_sizes = sizes if present[1] else [defaults[1]] * count
    traf_bytes = fragment.traf_bytes(tfhd, len(runs), count, bits)
    payload_at = fragment.PAYLOAD_AT + traf_bytes
    firsts = list(accumulate(runs, initial=0))[:-1]
    at = list(accumulate(own_sizes, initial=payload_at))
    planes = [planes_of_words(column) for column in columns]
    truns = fragment.truns(tuple(runs), [at[first] for first in firsts], bits, planes)
    assert len(fragment.traf(tfhd, decode_ticks, truns)) == traf_bytes

    samples = read_track(truns, tfhd, bytes(sum(own_sizes)), decode_ticks)
    assert [sample.offset - len(STYP) for sample in samples] == at[:-1]
    assert [len(sample.data) for sample in samples] == own_sizes
    assert [sample.duration_ticks for sample in samples] == (durations if present[0] else [5] * count)
    assert [sample.flags for sample in samples] == (flags if present[2] else [11] * count)
    shown = [sample.presentation_ticks - sample.decode_ticks for sample in samples]
    assert shown == (compositions if present[3] else [0] * count)
    assert samples[0].decode_ticks == decode_ticks


def test_a_fragment_of_several_tracks() -> None:
    tfhds = [fragment.tfhd(track_id, 40, 1, 0, empty=False) for track_id in (1, 3)]
    at = fragment.PAYLOAD_AT + sum(fragment.traf_bytes(tfhd, 1, 2, 0) for tfhd in tfhds)
    trafs = [
        fragment.traf(tfhd, 100, fragment.truns((2,), [at + 2 * number], 0, []))
        for number, tfhd in enumerate(tfhds)
    ]
    content = segment_of(*trafs, payload=b"abcd")
    assert outline(content) == "styp moof(mfhd traf(tfhd tfdt trun) traf(tfhd tfdt trun)) mdat"
    found = read_segment(content, SETUPS)
    assert found.sequence_number == 7
    assert [sample.data for sample in found.tracks[1]] == [b"a", b"b"]
    assert [sample.data for sample in found.tracks[3]] == [b"c", b"d"]


def test_a_track_without_samples_says_so() -> None:
    empty = fragment.traf(fragment.tfhd(2, None, None, None, empty=True), 5, fragment.truns((), [], 0, []))
    found = read_segment(segment_of(empty), SETUPS)
    assert (found.tracks, found.decode_ticks) == ({2: []}, {2: 5})


@pytest.mark.parametrize("payload_bytes", [0, 1, 256 << 20])
def test_mdat_header(payload_bytes: int) -> None:
    assert fragment.mdat_header(payload_bytes) == struct.pack(">I4s", 8 + payload_bytes, b"mdat")
