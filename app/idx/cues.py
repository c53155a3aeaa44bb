"""The cues of a text track, as columns of an index (`app.idx.layout`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.idx.checks import check, check_codes, check_steps
from app.idx.header import TextFacts


@dataclass(frozen=True, slots=True)
class TextRows:
    """A text track's facts and columns. Times are ms from the start of playback."""

    facts: TextFacts
    start_ms: memoryview[int]
    end_ms: memoryview[int]
    offset: memoryview[int]
    content: memoryview[int]
    first: memoryview[int]
    cue: memoryview[int]

    def payload(self, cue: int) -> str:
        """The lines of a WebVTT cue that follow its times and settings."""
        block = self.content[self.offset[cue] : self.offset[cue + 1]].tobytes()
        return block.partition(b"\n")[2].decode()


def read_text(
    columns: Mapping[str, memoryview[int]], number: int, facts: TextFacts, segments: int
) -> TextRows:
    """Raises `KeyError` or `ValueError` where the columns of text `number` do not fit together."""
    prefix = f"text.{number}."
    rows = TextRows(
        facts, *(columns[prefix + name] for name in ("start", "end", "offset", "content", "first", "cue"))
    )
    check(len(rows.start_ms) == len(rows.end_ms) == facts.cue_count, prefix + "start")
    check_steps(prefix + "offset", rows.offset, facts.cue_count, len(rows.content))
    check_steps(prefix + "first", rows.first, segments, len(rows.cue))
    check_codes(prefix + "cue", rows.cue, facts.cue_count)
    return rows
