"""The samples of a track, as columns of an index (`app.idx.layout`): a row a sample, or a segment."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.idx.checks import check, check_codes, check_rise, check_steps
from app.idx.header import TrackFacts
from app.idx.planes import KindPlanes

Ints = Sequence[int]
MAX_LISTED_KINDS = 256


@dataclass(frozen=True, slots=True)
class TrackRows:
    """A track's facts and columns. `size` and `kind` are None where all samples are alike.

    Ticks are of the track's timescale; samples are counted from 0, in decode order.
    """

    facts: TrackFacts
    number: int  # among the tracks of the index
    first_sample: Ints
    decode_time: Ints
    size: memoryview[int] | None
    kind: memoryview[int] | None
    kind_duration: Ints
    kind_flags: Ints
    kind_composition: Ints
    duration_planes: KindPlanes  # of the same three, for many samples at once
    flags_planes: KindPlanes
    composition_planes: KindPlanes
    default_duration: int | None  # of every sample alike, or None; so for the next two
    default_flags: int | None
    default_composition: int | None
    sidecar_offset: Ints | None  # of each segment and of the end

    @property
    def track_id(self) -> int:
        """As served: `track_ID` of the init segment and of `tfhd`."""
        return self.number + 1

    def segment_of(self, sample: int) -> int:
        """The segment that holds a sample; the last for the end."""
        return bisect_right(self.first_sample, sample, 0, len(self.first_sample) - 1) - 1

    def size_of(self, sample: int) -> int:
        """Bytes of a sample."""
        return self.facts.size_bytes or 0 if self.size is None else self.size[sample]

    def ticks_between(self, first: int, stop: int) -> int:
        """How long samples `[first, stop)` last together."""
        if self.kind is None or self.default_duration is not None:
            return self.kind_duration[0] * (stop - first)
        return sum(map(self.kind_duration.__getitem__, self.kind[first:stop]))

    def decode_time_of(self, sample: int) -> int:
        """That of its segment and the durations since, so of a few hundred samples at most."""
        segment = self.segment_of(sample)
        return self.decode_time[segment] + self.ticks_between(self.first_sample[segment], sample)


def read_track(
    columns: Mapping[str, memoryview[int]], number: int, facts: TrackFacts, segments: int, sidecar_bytes: int
) -> TrackRows:
    """Raises `KeyError` or `ValueError` where the columns of track `number` do not fit together."""
    prefix = f"track.{number}."
    first_sample = columns[prefix + "first_sample"]
    size, kind = columns.get(prefix + "size"), columns.get(prefix + "kind")
    duration, flags, composition = (
        columns[f"{prefix}kind_{name}"] for name in ("duration", "flags", "composition")
    )
    check_steps(prefix + "first_sample", first_sample, segments, facts.sample_count)
    check(len(columns[prefix + "decode_time"]) == segments, prefix + "decode_time")
    check(0 < len(duration) == len(flags) == len(composition), prefix + "kind_duration")
    check(len(duration) == 1 if kind is None else len(kind) == facts.sample_count, prefix + "kind")
    check_codes(prefix + "kind", kind or duration[:0], len(duration))
    check(kind is not None or not composition[0], prefix + "kind_composition")
    words = [column for column in (size, duration, flags) if column is not None]
    check(all(column.format in "BHI" for column in words), prefix + "size")
    check(composition.format in "BHIbhi", prefix + "kind_composition")
    check((size is None) == (facts.size_bytes is not None), prefix + "size")
    check(size is None or len(size) == facts.sample_count, prefix + "size")
    sidecar_offset = columns.get(prefix + "sidecar_offset")
    if sidecar_offset is not None:
        check_rise(prefix + "sidecar_offset", sidecar_offset, segments)
        check(sidecar_offset[0] >= 0 and sidecar_offset[-1] <= sidecar_bytes, prefix + "sidecar_offset")
    return TrackRows(
        facts,
        number,
        first_sample,
        columns[prefix + "decode_time"],
        size,
        kind,
        _table(duration),
        _table(flags),
        _table(composition),
        KindPlanes(duration),
        KindPlanes(flags),
        KindPlanes(composition),
        _constant(duration),
        _constant(flags),
        _constant(composition),
        sidecar_offset,
    )


def _table(column: memoryview[int]) -> Ints:
    """A column of a table of kinds; a list is faster to look into, and takes memory for each of many."""
    return column.tolist() if len(column) <= MAX_LISTED_KINDS else column


def _constant(column: memoryview[int]) -> int | None:
    first: int = column[0]
    content = column.tobytes()
    return first if content == content[: column.itemsize] * len(column) else None
