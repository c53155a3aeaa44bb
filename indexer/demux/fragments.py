"""`moof`s to samples: movie fragments (ISO/IEC 14496-12 §8.8), with every rule for absent fields.

Where a run's bytes lie: `base_data_offset` if `tfhd` has it; else from the start of its `moof` for the first
track fragment, or for all with default-base-is-moof; else from the end of the data of the track fragment
before. Some packagers count from the `moof` there as well, without saying so: where the standard's reading
runs into the next fragment, theirs is taken. A `trun` without `data_offset` goes on where the run before it
ended.

When it starts: `tfdt`; else Smooth Streaming's `tfxd`; else where the track's previous fragment ended.
Offsets are bytes of the archive, times ticks of the track.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from indexer import boxes
from indexer.box_tree import REMUX, Box, children, first_of_each
from indexer.demux.fragment_track import SAMPLE_BYTES, FragmentTrack
from indexer.demux.mp4_track import MAIN_HANDLERS
from indexer.demux.reading import Reading
from indexer.demux.track_run import Defaults, Run, read_run, read_trex
from indexer.errors import LimitExceeded, SourceError
from indexer.limits import MAX_RUNS
from indexer.track import Track

DEFAULT_BASE_IS_MOOF = 0x02_0000
"""Of `tfhd` (§8.8.7.1)."""

TFXD_UUID = bytes.fromhex("6d1d9b0542d544e680e2141daff757b2")
"""Start and duration of a track fragment ([MS-SSTR] §2.2.4.4), from before there was `tfdt`."""


class Fragments:
    """The fragmented part of a movie: give it each `moof` in file order, then take the tracks."""

    def __init__(self, tracks: Iterable[Track], moov: Box, reading: Reading) -> None:
        self._tracks: dict[int, FragmentTrack] = {}
        for track in tracks:
            reading.spend(SAMPLE_BYTES * track.samples.count, moov)
            self._tracks[track.track_id] = FragmentTrack(track)
        self._defaults = read_trex(first_of_each(moov).get("mvex"))
        self._reading = reading
        self._run_count = 0

    def tracks(self) -> tuple[Track, ...]:
        """Those of `moov` that were not passed over, whole."""
        return tuple(track.finished() for track in self._tracks.values())

    def add(self, moof: Box, next_moof_offset: int) -> None:
        """Append the samples of a `moof` that is in memory."""
        data_end: int | None = moof.offset  # None: not known
        for traf in children(moof):
            if traf.type != "traf":
                continue
            parts = list(children(traf))
            tfhd = _header(parts, traf)
            track = self._tracks.get(tfhd.track_id)
            if track is None:  # unknown to `moov`, or passed over
                data_end = None
                continue
            try:
                runs = self._read_runs(parts, tfhd, moof, data_end, next_moof_offset)
                is_last = next_moof_offset == self._reading.source.size_bytes
                self._append(track, parts, runs, is_last=is_last)
                data_end = runs[-1].end if runs else data_end
            except SourceError as error:
                if track.handler in MAIN_HANDLERS:
                    raise
                self._reading.notes.append(f"track {tfhd.track_id} ({track.handler}) passed over: {error.rule}")
                del self._tracks[tfhd.track_id]
                data_end = None

    def _read_runs(
        self, parts: list[Box], tfhd: Any, moof: Box, data_end: int | None, next_moof_offset: int
    ) -> list[Run]:
        defaults = self._defaults.get(tfhd.track_id, Defaults()).over(tfhd)
        stated = _stated_base(tfhd, moof)
        base = data_end if stated is None else stated
        if base is None:
            raise moof.malformed(f"has data of track {tfhd.track_id} that follow those of a track not read")
        runs: list[Run] = []
        for trun in parts:
            if trun.type == "trun":
                self._count_run(trun)
                runs.append(read_run(trun, base, runs[-1].end if runs else base, defaults, self._reading))
        if stated is None and runs and runs[-1].end > next_moof_offset:
            return [run.moved(moof.offset - base) for run in runs]
        return runs

    def _count_run(self, trun: Box) -> None:
        self._run_count += 1
        if self._run_count > MAX_RUNS:
            raise LimitExceeded(f"is run {self._run_count} of samples; {MAX_RUNS} are read", remedy=REMUX,
                                where=trun.where, offset=trun.offset)

    def _append(self, track: FragmentTrack, parts: list[Box], runs: list[Run], *, is_last: bool) -> None:
        _place(parts, track)
        file_bytes = self._reading.source.size_bytes
        incomplete = "the data of the last fragment are not there yet" if is_last else ""
        for run in runs:
            if run.offset < 0 or run.end > file_bytes:
                raise self._reading.past_end(
                    f"samples lie at bytes [{run.offset}, {run.end}), the file has {file_bytes}",
                    run.trun, incomplete,
                )
            self._reading.refer(run.end - run.offset, run.trun)
            track.add(run)


def _header(parts: list[Box], traf: Box) -> Any:
    for box in parts:
        if box.type == "tfhd":
            return boxes.read(boxes.TFHD, box)
    raise traf.malformed("has no 'tfhd' box")


def _stated_base(tfhd: Any, moof: Box) -> int | None:
    """Where data offsets of a track fragment count from, if its header says so."""
    if tfhd.base_data_offset is not None:
        return int(tfhd.base_data_offset)
    return moof.offset if tfhd.flags & DEFAULT_BASE_IS_MOOF else None


def _place(parts: list[Box], track: FragmentTrack) -> None:
    """Start the fragment where `tfdt` says, else `tfxd`, else where the one before it ended."""
    for box in parts:
        if box.type == "tfdt":
            track.start_at(boxes.read(boxes.TFDT, box).base_media_decode_time, box)
            return
    for box in parts:
        if box.type == "uuid" and box.body[:16] == TFXD_UUID:
            track.start_after_origin(boxes.read(boxes.TFXD, box).fragment_absolute_time, box)
            return
