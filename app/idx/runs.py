"""The runs and holes of an archive, a byte each (`app.idx.layout`), and what the bytes of a segment say.

A code is a byte so that `bytes.translate` turns those of a whole segment into tracks, or into the extents of
one track, in a microsecond, whatever the archive: what 256 codes cannot name has its extent in a column of
its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import compress

from app.idx.checks import check, check_steps
from app.idx.layout import CODES, HOLE, LONG

RunSamples = bytes | tuple[int, ...]
"""The samples of each run of a track in a segment. Bytes as a rule, as few runs have more than 255."""


@dataclass(frozen=True, slots=True)
class Runs:
    """The columns `segment.run`, `run.code`, `segment.long_run`, `run.long_extent`; the kinds as tables.

    `track_of` and `extent_of` have an entry for every byte, as `bytes.translate` wants them;
    `codes_but[track]` are the codes that are not of that track.
    """

    first: Sequence[int]
    code: memoryview[int]
    first_long: Sequence[int]
    long_extent: Sequence[int]
    kind_count: int
    track_of: bytes
    extent_of: bytes
    codes_but: dict[int, bytes]
    short_codes: bytes

    def codes(self, segment: int) -> bytes:
        """A byte for each run and hole of a segment, in file order."""
        return self.code[self.first[segment] : self.first[segment + 1]].tobytes()

    def tracks(self, codes: bytes) -> bytes:
        """The track of each, or `HOLE`."""
        return codes.translate(self.track_of)

    def extents(self, segment: int, codes: bytes, track: int) -> RunSamples:
        """The samples of each run of `track`; the bytes of each hole."""
        extents = codes.translate(self.extent_of, self.codes_but[track])
        if LONG not in extents:
            return extents
        long = self.long_extent[self.first_long[segment] : self.first_long[segment + 1]]
        long_tracks = codes.translate(self.track_of, self.short_codes)
        own = compress(long, map(track.__eq__, long_tracks))
        return tuple([extent or next(own) for extent in extents])


def read_runs(columns: Mapping[str, memoryview[int]], segments: int, tracks: int) -> Runs:
    """Raises `ValueError` where the columns do not fit each other."""
    code, long_extent = columns["run.code"], columns["run.long_extent"]
    kind_track, kind_extent = columns["run_kind.track"].tobytes(), columns["run_kind.extent"].tobytes()
    check_steps("segment.run", columns["segment.run"], segments, len(code))
    check_steps("segment.long_run", columns["segment.long_run"], segments, len(long_extent))
    check(len(kind_track) == len(kind_extent) <= CODES and code.itemsize == 1, "run_kind")
    codes, all_tracks = range(len(kind_track)), (*range(tracks), HOLE)
    check({*kind_track} <= {*all_tracks}, "run_kind.track")
    short_codes = bytes(each for each in codes if kind_extent[each] != LONG)
    long_codes = code.tobytes().translate(None, short_codes)  # and those of no kind
    check(len(long_codes) == len(long_extent) and set(long_codes) <= {*codes}, "run.code")
    return Runs(
        first=columns["segment.run"],
        code=code,
        first_long=columns["segment.long_run"],
        long_extent=long_extent,
        kind_count=len(kind_track),
        track_of=kind_track.ljust(CODES, bytes((HOLE,))),
        extent_of=kind_extent.ljust(CODES, b"\0"),
        codes_but={track: bytes(each for each in codes if kind_track[each] != track) for track in all_tracks},
        short_codes=short_codes,
    )
