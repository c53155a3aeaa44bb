"""One track's share of a segment: its samples and runs, and the `traf` that describes them.

What all samples of a track have in common is said once, by `tfhd`; what differs has a column in the `trun`s
(ISO/IEC 14496-12 §8.8.7, §8.8.8).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import accumulate, repeat
from operator import add, itemgetter, mul, sub
from typing import NamedTuple

from app.cmaf import fragment
from app.idx.planes import Plane, planes_of_column
from app.idx.runs import RunSamples
from app.idx.track_rows import TrackRows


class Share(NamedTuple):
    """Samples `[start, stop)` of a track, and the samples and bytes of its runs in file order.

    `tfhd` holds what all samples of the track have in common, the columns of `bits` what a `trun` must say
    of each.
    """

    rows: TrackRows
    start: int
    stop: int
    run_samples: RunSamples
    run_bytes: Sequence[int]
    tfhd: bytes
    bits: int

    @property
    def track(self) -> int:
        return self.rows.number

    @property
    def samples(self) -> int:
        return self.stop - self.start

    def traf_bytes(self, truns: int) -> int:
        return fragment.traf_bytes(self.tfhd, truns, self.samples, self.bits)

    def columns(self) -> list[list[Plane]]:
        """What the `trun`s say of each sample, in the order of the bits of `bits`."""
        rows, bits, own = self.rows, self.bits, slice(self.start, self.stop)
        columns = []
        if bits & fragment.SAMPLE_DURATION and rows.kind is not None:
            columns.append(rows.duration_planes.of(rows.kind[own]))
        if bits & fragment.SAMPLE_SIZE and rows.size is not None:
            columns.append(planes_of_column(rows.size[own]))
        if bits & fragment.SAMPLE_FLAGS and rows.kind is not None:
            columns.append(rows.flags_planes.of(rows.kind[own]))
        if bits & fragment.SAMPLE_COMPOSITION and rows.kind is not None:
            columns.append(rows.composition_planes.of(rows.kind[own]))
        return columns


def share_of(rows: TrackRows, number: int, run_samples: RunSamples = ()) -> Share:
    """A track's share of segment `number`. Without `run_samples`, as where nobody asks for runs."""
    start, stop = rows.first_sample[number], rows.first_sample[number + 1]
    size, defaults = rows.facts.size_bytes, (rows.default_duration, rows.default_flags)
    tfhd, bits = _shape(rows.track_id, size, *defaults, rows.default_composition, start == stop)
    return Share(rows, start, stop, run_samples, bytes_of_runs(rows, start, stop, run_samples), tfhd, bits)


def bytes_of_runs(rows: TrackRows, start: int, stop: int, run_samples: RunSamples) -> list[int]:
    if rows.size is None:
        return list(map(mul, run_samples, repeat(rows.facts.size_bytes)))
    if not run_samples:
        return []
    sizes = rows.size[start:stop]
    if len(run_samples) == len(sizes):
        return sizes.tolist()
    if len(run_samples) == 1:
        return [sum(sizes)]
    return adder_of(run_samples)(sizes.tolist())


@lru_cache(maxsize=128)
def adder_of(run_samples: RunSamples) -> Callable[[list[int]], list[int]]:
    """What adds up the values of all samples by their runs, of which there are several.

    Kept, as where pictures come at a constant rate the same few patterns come again and again.
    """
    ends = list(accumulate(run_samples))
    if max(run_samples) <= 2:  # sound between pictures, as a rule: in two thirds of the time
        rows = list(zip(ends, run_samples, strict=True))
        firsts = itemgetter(*(end - count if count else -1 for end, count in rows))
        seconds = itemgetter(*(end - 1 if count == 2 else -1 for end, count in rows))

        def add_two(values: list[int]) -> list[int]:
            values.append(0)
            return list(map(add, firsts(values), seconds(values)))

        return add_two
    at_ends = itemgetter(*ends)

    def add_all(values: list[int]) -> list[int]:
        sums = at_ends(list(accumulate(values, initial=0)))
        return list(map(sub, sums, (0, *sums)))

    return add_all


@lru_cache(maxsize=1024)
def _shape(
    track_id: int,
    size: int | None,
    duration: int | None,
    flags: int | None,
    composition: int | None,
    is_empty: bool,
) -> tuple[bytes, int]:
    """The `tfhd` that holds what all samples share, and the bits of the `trun` columns that hold the rest."""
    bits = 0
    if duration is None:
        bits |= fragment.SAMPLE_DURATION
    if size is None:
        bits |= fragment.SAMPLE_SIZE
    if flags is None:
        bits |= fragment.SAMPLE_FLAGS
    if composition != 0:
        bits |= fragment.SAMPLE_COMPOSITION
    return fragment.tfhd(track_id, duration, size, flags, empty=is_empty), bits
