"""The state of one archive being demuxed: what was spent, what was passed over, how the file ends.

One `Reading` lives as long as one call of `demux`; every table parser gets it. It holds no results.
"""

from __future__ import annotations

from collections.abc import Iterable

from indexer.box_tree import REMUX, Box
from indexer.errors import LimitExceeded, Malformed, SourceError, Unfinished
from indexer.limits import (
    EXPANSION_FLOOR_BYTES,
    EXPANSION_PER_TABLE_BYTE,
    MAX_REFERENCED_SHARE,
    MAX_SAMPLE_ENTRIES_BYTES,
)
from indexer.source import COPY_AGAIN, Source
from indexer.track import LostTrack

MAIN_HANDLERS = frozenset({"vide", "soun"})
"""Of tracks that are served: what is wrong with any other is only a note."""

WAIT = "index it again when the recording or copy is complete; one that broke off must be made again"


class Reading:
    """`quicktime`: a `.mov`, some boxes mean something else there. `incomplete`: how the file ends early.

    `fragmented`: samples may be in fragments, so that `moov` need not have tables.
    """

    def __init__(self, source: Source, *, quicktime: bool, incomplete: str) -> None:
        self.source = source
        self.quicktime = quicktime
        self.incomplete = incomplete
        self.fragmented = False
        self.notes: list[str] = []
        self.lost: list[LostTrack] = []
        self._budget_bytes = EXPANSION_FLOOR_BYTES
        self._referenced_bytes = 0
        self._entry_bytes = 0

    def lose(self, handler: str, name: str, error: SourceError) -> None:
        """Pass over a track; raises `error` where it is about the archive rather than about that track."""
        if handler in MAIN_HANDLERS:
            if not isinstance(error, Malformed):
                raise error
            self.lost.append(LostTrack(handler, error))
        self.notes.append(f"{name} ({handler or 'of no stated kind'}) passed over: {error.rule}")

    def refuse_unless_others(self, handlers: Iterable[str]) -> None:
        """Raise what is wrong with a lost track if none of its kind is among `handlers`."""
        there = set(handlers)
        for track in self.lost:
            if track.handler not in there:
                raise track.error

    def earn(self, table_bytes: int) -> None:
        """`table_bytes` of `moov` or `moof` were read; they back what is expanded from them."""
        self._budget_bytes += EXPANSION_PER_TABLE_BYTE * table_bytes

    def spend(self, expanded_bytes: int, box: Box) -> None:
        """A table of `box` is about to become so many bytes."""
        if expanded_bytes > self._budget_bytes:
            raise LimitExceeded(
                f"expands to {expanded_bytes} bytes, more than the size of the archive's tables justifies",
                remedy=REMUX, where=box.where, offset=box.offset,
            )
        self._budget_bytes -= expanded_bytes

    def take_entries(self, stsd: Box) -> None:
        """The sample entries of a track are about to be taken apart."""
        self._entry_bytes += len(stsd.body)
        if self._entry_bytes > MAX_SAMPLE_ENTRIES_BYTES:
            raise LimitExceeded(
                f"brings sample entries to {self._entry_bytes} bytes; {MAX_SAMPLE_ENTRIES_BYTES} are read",
                remedy=REMUX, where=stsd.where, offset=stsd.offset,
            )

    def refer(self, referenced_bytes: int, box: Box) -> None:
        """Count bytes that a track's samples lie in; a file cannot be made of more than it is."""
        total_bytes = self._referenced_bytes + referenced_bytes
        if total_bytes > self.source.size_bytes * MAX_REFERENCED_SHARE:
            raise LimitExceeded(
                f"brings samples to {total_bytes} bytes of {self.source.size_bytes}: chunks overlap",
                remedy=REMUX, where=box.where, offset=box.offset,
            )
        self._referenced_bytes = total_bytes

    def past_end(self, rule: str, box: Box, incomplete: str = "") -> SourceError:
        """The refusal for samples that lie past the end: of a copy under way, or of a broken table."""
        if reason := incomplete or self.incomplete:
            return Unfinished(f"{rule}: {reason}", remedy=WAIT, where=box.where, offset=box.offset)
        return Malformed(rule, remedy=COPY_AGAIN, where=box.where, offset=box.offset)
