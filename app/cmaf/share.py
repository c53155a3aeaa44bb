"""One track's share of a segment: its samples, and what `tfhd` and `trun`s have to say of them.

What all samples of a track have in common is said once, by `tfhd`; what differs has a column in the `trun`s
(ISO/IEC 14496-12 §8.8.7, §8.8.8).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, repeat
from operator import mul, sub

from app.cmaf import fragment
from app.idx.view import TrackRows


@dataclass(frozen=True, slots=True)
class Share:
    """One track's share of a segment: rows `[start, stop)`, and its runs' samples and bytes in file order.

    `tfhd` holds what all samples of the track have in common, `columns` what a `trun` must say of each;
    `bits` says which.
    """

    rows: TrackRows
    start: int
    stop: int
    run_samples: Sequence[int]
    run_bytes: list[int]
    tfhd: bytes
    bits: int

    @property
    def traf_bytes(self) -> int:
        rows_bytes = 4 * self.bits.bit_count() * (self.stop - self.start)
        return (
            fragment.TRAF_BYTES
            + len(self.tfhd)
            + fragment.TRUN_HEADER_BYTES * len(self.run_samples)
            + rows_bytes
        )

    def columns(self) -> list[Sequence[int]]:
        """What the `trun`s say of each sample, in the order of the bits of `bits`."""
        rows, bits = self.rows, self.bits
        columns: list[Sequence[int]] = []
        kinds = rows.kind[self.start : self.stop].tolist() if rows.kind is not None else []

        def of_kinds(table: Sequence[int]) -> Sequence[int]:
            return list(map(table.__getitem__, kinds))

        if bits & fragment.SAMPLE_DURATION:
            columns.append(of_kinds(rows.kind_duration))
        if bits & fragment.SAMPLE_SIZE and rows.size is not None:
            columns.append(rows.size[self.start : self.stop])
        if bits & fragment.SAMPLE_FLAGS:
            columns.append(of_kinds(rows.kind_flags))
        if bits & fragment.SAMPLE_COMPOSITION:
            columns.append(of_kinds(rows.kind_composition))
        return columns


def bytes_of_runs(rows: TrackRows, start: int, stop: int, run_samples: Sequence[int]) -> list[int]:
    if rows.size is None:
        return list(map(mul, run_samples, repeat(rows.facts.size_bytes)))
    sizes = rows.size[start:stop].tolist()
    if len(run_samples) == len(sizes):
        return sizes
    ends = list(accumulate(sizes))
    at_run = [ends[last - 1] for last in accumulate(run_samples)]
    return list(map(sub, at_run, (0, *at_run)))


def shape_of(rows: TrackRows, *, empty: bool) -> tuple[bytes, int]:
    """The `tfhd` that holds what all samples share, and the bits of the `trun` columns that hold the rest."""
    bits = 0
    if rows.default_duration is None:
        bits |= fragment.SAMPLE_DURATION
    if rows.size is not None:
        bits |= fragment.SAMPLE_SIZE
    if rows.default_flags is None:
        bits |= fragment.SAMPLE_FLAGS
    if rows.default_composition != 0:
        bits |= fragment.SAMPLE_COMPOSITION
    defaults = rows.default_duration, rows.facts.size_bytes, rows.default_flags
    return fragment.tfhd(rows.track_id, *defaults, empty=empty), bits
