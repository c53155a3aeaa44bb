"""A track that grows run by run, as its fragments are read; times in ticks of the track, sizes in bytes.

Decode times follow from durations everywhere after the demuxer. So where a fragment says that it starts
later than the one before ended (a gap), that one's last sample lasts until then; where it says earlier,
the last sample is shortened, and what would need more than that is refused.
"""

from __future__ import annotations

from array import array
from dataclasses import replace

from app.cmaf.fragment import NON_SYNC_BIT, SYNC_FLAGS
from indexer.box_tree import Box
from indexer.demux.columns import collapsed, total
from indexer.demux.reading import Reading
from indexer.demux.track_run import Run
from indexer.limits import MAX_DURATION_TICKS, MAX_TICKS
from indexer.track import Column, Samples, Track

_DEPENDS_ON_MASK, _DEPENDS_ON_OTHERS = 0x0300_0000, 0x0100_0000


class GrowingColumn:
    """A column that stays one number for as long as every run has the same; `values` is what it holds."""

    __slots__ = ("_count", "_typecode", "values")

    def __init__(self, typecode: str, values: Column, count: int) -> None:
        self._typecode = typecode
        self._count = count
        self.values: Column = values if isinstance(values, int) else values[:]

    def extend(self, more: Column, count: int, box: Box, reading: Reading) -> None:
        """`count` rows more; `box` is blamed where they cost too much."""
        if isinstance(more, int) and (more == self.values or not self._count):
            self.values = more
        else:
            values = self._as_array(box, reading)
            reading.spend(values.itemsize * count, box)
            values.extend(array(self._typecode, [more]) * count if isinstance(more, int) else more)
        self._count += count

    def last(self) -> int:
        return self.values if isinstance(self.values, int) else self.values[-1]

    def set_last(self, value: int, box: Box, reading: Reading) -> None:
        self._as_array(box, reading)[-1] = value

    def _as_array(self, box: Box, reading: Reading) -> array[int]:
        values = self.values
        if isinstance(values, int):
            column = array(self._typecode)
            reading.spend(column.itemsize * self._count, box)
            values = self.values = array(self._typecode, [values]) * self._count
        return values


class FragmentTrack:
    """Columns from the samples of `moov` on; `finished` makes the track of them."""

    def __init__(self, track: Track) -> None:
        samples = track.samples
        self._track = track
        self._sizes = GrowingColumn("I", samples.size_bytes, samples.count)
        self._durations = GrowingColumn("I", samples.duration_ticks, samples.count)
        self._flags = GrowingColumn("I", samples.flags, samples.count)
        self._compositions = GrowingColumn("i", samples.composition_ticks, samples.count)
        self._chunk_offset = samples.chunk_offset[:]
        self._chunk_samples = samples.chunk_samples[:]
        self._chunk_description = GrowingColumn("I", samples.chunk_description, len(samples.chunk_offset))
        self._count = samples.count
        self._byte_count = samples.byte_count
        self._origin_ticks = 0
        self._first_ticks = 0
        self._end_ticks = total(samples.duration_ticks, samples.count)

    @property
    def handler(self) -> str:
        return self._track.handler

    def start_at(self, ticks: int, box: Box, reading: Reading) -> None:
        """The next sample is decoded at `ticks`, says `box`.

        A first sample at a negative time, as some encoders place priming, is at 0, and what follows as much
        later: times cannot be negative in any other box, and who takes no notice of this one starts at 0.
        """
        if not self._count:
            self._origin_ticks = min(ticks, 0)
            self._first_ticks = ticks - self._origin_ticks
        ticks -= self._origin_ticks
        if self._count and ticks != self._end_ticks:
            last = self._durations.last() + ticks - self._end_ticks
            if not 0 <= last <= MAX_DURATION_TICKS:
                raise box.malformed(
                    f"starts at tick {ticks}, where samples are placed up to tick {self._end_ticks}"
                )
            self._durations.set_last(last, box, reading)
        self._end_ticks = ticks

    def add(self, run: Run, reading: Reading) -> None:
        """Append the samples of a run, whose bytes are within the file."""
        if not run.sample_count:
            return
        if run.description >= len(self._track.sample_entries):
            raise run.trun.malformed(f"uses sample description {run.description + 1}, which 'stsd' lacks")
        self._end_ticks += total(run.durations, run.sample_count)
        if self._end_ticks > MAX_TICKS:
            raise run.trun.malformed(f"ends at tick {self._end_ticks}, more than 63 bits hold")
        for column, more in (
            (self._sizes, run.sizes),
            (self._durations, run.durations),
            (self._flags, run.flags),
            (self._compositions, run.compositions),
        ):
            column.extend(more, run.sample_count, run.trun, reading)
        self._chunk_offset.append(run.offset)
        self._chunk_samples.append(run.sample_count)
        self._chunk_description.extend(run.description, 1, run.trun, reading)
        self._count += run.sample_count
        self._byte_count += run.end - run.offset

    def finished(self) -> Track:
        """The track, whole."""
        samples = Samples(
            count=self._count,
            size_bytes=collapsed(self._sizes.values),
            duration_ticks=collapsed(self._durations.values),
            composition_ticks=collapsed(self._compositions.values),
            flags=_settled_flags(collapsed(self._flags.values), self.handler),
            chunk_offset=self._chunk_offset,
            chunk_samples=self._chunk_samples,
            chunk_description=self._chunk_description.values,
            byte_count=self._byte_count,
            first_decode_ticks=self._first_ticks,
        )
        return replace(self._track, samples=samples)


def _settled_flags(flags: Column, handler: str) -> Column:
    """Flags that say one thing: a sample that depends on others is no sync sample, whichever bit says so.

    Audio without any sync sample is a slip of writers that give all tracks the flags of video.
    """
    stated = [flags] if isinstance(flags, int) else sorted(set(flags))
    settled = {
        value: value | NON_SYNC_BIT if value & _DEPENDS_ON_MASK == _DEPENDS_ON_OTHERS else value
        for value in stated
    }
    if handler == "soun" and all(value & NON_SYNC_BIT for value in settled.values()):
        return SYNC_FLAGS
    if isinstance(flags, int):
        return settled[flags]
    if all(value == kept for value, kept in settled.items()):
        return flags
    return array("I", map(settled.__getitem__, flags))
