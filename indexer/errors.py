"""Why an archive is refused: one tree, one line a refusal.

A refusal names the file, the box path (`moov/trak[2]/mdia/minf/stbl/stsz`), the offset of that box in
the file, the rule that was broken (with its clause where a standard sets it) and what to do about it.
No other exception leaves the indexer for a damaged or hostile archive.
"""

from __future__ import annotations

from typing import ClassVar


class SourceError(Exception):
    """An archive that cannot be indexed. `where` is a box path, `offset` a byte offset in the file."""

    word: ClassVar[str] = "refused"

    def __init__(self, rule: str, *, remedy: str, where: str = "", offset: int | None = None) -> None:
        self.rule, self.remedy, self.where, self.offset = rule, remedy, where, offset
        place = " ".join(filter(None, (where, f"at byte {offset}" if offset is not None else "")))
        super().__init__(": ".join(filter(None, (place, rule))) + f"; {remedy}")


class Malformed(SourceError):
    """The bytes break a rule of their container or codec."""

    word = "malformed"


class Unsupported(SourceError):
    """Well formed as far as we read, but not something that this origin serves."""

    word = "unsupported"


class Unplaceable(Unsupported):
    """An edit list that is more than fragments can express."""


class LimitExceeded(SourceError):
    """A bound of `indexer.limits` would be passed; the archive may be fine, or hostile."""

    word = "limit exceeded"


class Unfinished(SourceError):
    """A recording in progress or a copy under way: try again when it is whole."""

    word = "not finished yet"
