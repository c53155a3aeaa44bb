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

from indexer.box_tree import REMUX, Box, children, first
from indexer.demux.fragment_track import FragmentTrack
from indexer.demux.reading import Reading
from indexer.demux.track_run import FragmentHeader, Run, read_tfhd, read_trex, read_trun, start_ticks
from indexer.errors import LimitExceeded, SourceError
from indexer.limits import MAX_FRAGMENT_BOXES, MAX_RUNS
from indexer.track import Track


class Fragments:
    """The fragmented part of a movie: give it each `moof` in file order, then take the tracks."""

    def __init__(self, tracks: Iterable[Track], moov: Box, reading: Reading) -> None:
        self._tracks = {track.track_id: FragmentTrack(track) for track in tracks}
        self._trex = read_trex(first(moov, "mvex"))
        self._reading = reading
        self._box_count = 0
        self._run_count = 0
        self._has_unknown = False

    def tracks(self) -> tuple[Track, ...]:
        """Those of `moov` that were not passed over, whole."""
        return tuple(track.finished() for track in self._tracks.values())

    def add(self, moof: Box, next_moof_offset: int) -> None:
        """Append the samples of a `moof` that is in memory."""
        data_end: int | None = moof.offset  # None: not known
        parts = list(children(moof))
        self._count(moof, boxes=len(parts), runs=0)
        for traf in parts:
            if traf.type == "traf":
                data_end = self._add_traf(traf, moof, data_end, next_moof_offset)

    def _add_traf(self, traf: Box, moof: Box, data_end: int | None, next_moof_offset: int) -> int | None:
        """Append the samples of a track fragment; `data_end` is where those of the one before end.

        Returns where its own end, or None where it is passed over.
        """
        parts = list(children(traf))
        header = read_tfhd(_tfhd(parts, traf), moof.offset, self._trex)
        track = self._tracks.get(header.track_id)
        if track is None:
            self._pass_over(header.track_id, traf)
            return None
        try:
            runs = self._read_runs(parts, header, data_end, traf)
            if header.base is None and data_end and runs and runs[-1].end > next_moof_offset:
                runs = [run.moved(moof.offset - data_end) for run in runs]
            if start := start_ticks(parts):
                track.start_at(*start, self._reading)
            self._append(track, runs, is_last=next_moof_offset == self._reading.source.size_bytes)
        except SourceError as error:
            self._reading.lose(track.handler, f"track {header.track_id}", error)
            del self._tracks[header.track_id]
            return None
        return runs[-1].end if runs else data_end

    def _pass_over(self, track_id: int, traf: Box) -> None:
        """Say once that there are fragments of a track that `moov` lacks: of one that it has was said why."""
        if track_id not in self._trex and not self._has_unknown:
            self._has_unknown = True
            rule = f"is of track {track_id}, which 'moov' lacks"
            self._reading.notes.append(f"{traf.where} and others like it passed over: {rule}")

    def _read_runs(
        self, parts: list[Box], header: FragmentHeader, data_end: int | None, traf: Box
    ) -> list[Run]:
        truns = [box for box in parts if box.type == "trun"]
        self._count(traf, boxes=len(parts), runs=max(len(truns), 1))
        base = data_end if header.base is None else header.base
        if base is None:
            raise traf.malformed("has data that follow those of a track that is not read")
        runs: list[Run] = []
        for trun in truns:
            follows = runs[-1].end if runs else base
            runs.append(read_trun(trun, base, follows, header.defaults, self._reading))
        return runs

    def _append(self, track: FragmentTrack, runs: list[Run], *, is_last: bool) -> None:
        file_bytes = self._reading.source.size_bytes
        incomplete = "the data of the last fragment are not there yet" if is_last else ""
        for run in runs:
            if run.offset < 0 or run.end > file_bytes:
                raise self._reading.past_end(
                    f"samples lie at bytes [{run.offset}, {run.end}), the file has {file_bytes}",
                    run.trun, incomplete,
                )
            self._reading.refer(run.end - run.offset, run.trun)
            track.add(run, self._reading)

    def _count(self, box: Box, *, boxes: int, runs: int) -> None:
        """What fragments cost is their number of boxes and of runs, not of bytes."""
        self._box_count += boxes
        self._run_count += runs
        if self._box_count > MAX_FRAGMENT_BOXES or self._run_count > MAX_RUNS:
            raise LimitExceeded(
                f"brings fragments to {self._box_count} boxes and {self._run_count} runs of samples; "
                f"{MAX_FRAGMENT_BOXES} and {MAX_RUNS} are read",
                remedy=REMUX, where=box.where, offset=box.offset,
            )


def _tfhd(parts: list[Box], traf: Box) -> Box:
    for box in parts:
        if box.type == "tfhd":
            return box
    raise traf.malformed("has no 'tfhd' box")
