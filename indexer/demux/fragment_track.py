"""A track that grows run by run, as its fragments are read; times in ticks of the track, sizes in bytes.

Decode times follow from durations everywhere after the demuxer. So where a fragment says that it starts
later than the one before ended (a gap), that one's last sample lasts until then; where it says earlier,
the last sample is shortened, and what would need more than that is refused.
"""

from __future__ import annotations

from array import array
from dataclasses import replace

from indexer.box_tree import Box
from indexer.demux.columns import collapsed
from indexer.demux.track_run import Run
from indexer.limits import MAX_TICKS
from indexer.track import NON_SYNC_BIT, SYNC_FLAGS, Column, Samples, Track

SAMPLE_BYTES = 16
"""What a sample takes in four columns."""

_MAX_DURATION_TICKS = 2**32 - 1
_DEPENDS_ON_MASK, _DEPENDS_ON_OTHERS = 0x0300_0000, 0x0100_0000


class FragmentTrack:
    """Columns as arrays, from the samples of `moov` on; `finished` makes the track of them."""

    def __init__(self, track: Track) -> None:
        samples = track.samples
        self._track = track
        self._sizes = _grown(samples.size_bytes, "I", samples.count)
        self._durations = _grown(samples.duration_ticks, "I", samples.count)
        self._flags = _grown(samples.flags, "I", samples.count)
        self._compositions = _grown(samples.composition_ticks, "i", samples.count)
        self._chunk_offset = samples.chunk_offset[:]
        self._chunk_samples = samples.chunk_samples[:]
        self._chunk_description = _grown(samples.chunk_description, "I", len(samples.chunk_offset))
        self._origin_ticks = 0
        self._first_ticks = 0
        self._end_ticks = sum(self._durations)

    @property
    def handler(self) -> str:
        return self._track.handler

    def start_at(self, ticks: int, box: Box) -> None:
        """The next sample is decoded at `ticks`, says `box`."""
        if not self._durations:
            self._first_ticks = ticks
        elif ticks != self._end_ticks:
            last = self._durations[-1] + ticks - self._end_ticks
            if not 0 <= last <= _MAX_DURATION_TICKS:
                raise box.malformed(
                    f"starts at tick {ticks}, where samples are placed up to tick {self._end_ticks}"
                )
            self._durations[-1] = last
        self._end_ticks = ticks

    def start_after_origin(self, ticks: int, box: Box) -> None:
        """As `start_at`, but a first sample at a negative time, as some encoders place priming, is at 0.

        Times cannot be negative in any other box; who takes no notice of this one starts at 0, too.
        """
        if not self._durations:
            self._origin_ticks = min(ticks, 0)
        self.start_at(ticks - self._origin_ticks, box)

    def add(self, run: Run) -> None:
        """Append the samples of a run, whose bytes are within the file."""
        if not run.sizes:
            return
        if run.description >= len(self._track.sample_entries):
            raise run.trun.malformed(f"uses sample description {run.description + 1}, which 'stsd' lacks")
        self._end_ticks += sum(run.durations)
        if self._end_ticks > MAX_TICKS:
            raise run.trun.malformed(f"ends at tick {self._end_ticks}, more than 63 bits hold")
        self._sizes += run.sizes
        self._durations += run.durations
        self._flags += run.flags
        self._compositions += run.compositions
        self._chunk_offset.append(run.offset)
        self._chunk_samples.append(len(run.sizes))
        self._chunk_description.append(run.description)

    def finished(self) -> Track:
        """The track, whole."""
        samples = Samples(
            count=len(self._sizes),
            size_bytes=collapsed(self._sizes),
            duration_ticks=collapsed(self._durations),
            composition_ticks=collapsed(self._compositions),
            flags=_settled_flags(collapsed(self._flags), self.handler),
            chunk_offset=self._chunk_offset,
            chunk_samples=self._chunk_samples,
            chunk_description=collapsed(self._chunk_description),
            first_decode_ticks=self._first_ticks,
        )
        return replace(self._track, samples=samples)


def _grown(column: Column, typecode: str, count: int) -> array[int]:
    """A column as an array of its own."""
    return array(typecode, [column]) * count if isinstance(column, int) else column[:]


def _settled_flags(flags: Column, handler: str) -> Column:
    """Flags that say one thing: a sample that depends on others is no sync sample, whichever bit says so.

    Audio without any sync sample is a slip of writers that give all tracks the flags of video.
    """
    values = [flags] if isinstance(flags, int) else sorted(set(flags))
    settled = {
        value: value | NON_SYNC_BIT if value & _DEPENDS_ON_MASK == _DEPENDS_ON_OTHERS else value
        for value in values
    }
    if handler == "soun" and all(value & NON_SYNC_BIT for value in settled.values()):
        return SYNC_FLAGS
    if all(value == kept for value, kept in settled.items()):
        return flags
    if isinstance(flags, int):
        return settled[flags]
    return array("I", map(settled.__getitem__, flags))
