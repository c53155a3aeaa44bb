"""A part of an archive, as URLs name it: `?start=61.5&end=90`.

Seconds from the start of playback, with up to three decimals; either may be left out. A clip has one
canonical spelling, which playlists pass on to what they name, so that caches hold it once.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from fractions import Fraction
from urllib.parse import parse_qs

from app.errors import Malformed
from app.idx.view import Idx

_SECONDS = re.compile(r"(\d{1,7})(?:\.(\d{1,3}))?", re.ASCII)
_EXAMPLE = "start and end are seconds with up to three decimals, each once, as in ?start=61.5&end=90."


@dataclass(frozen=True, slots=True)
class Clip:
    """From `start_ms` up to, but without, `end_ms`, or to the end where that is None."""

    start_ms: int = 0
    end_ms: int | None = None

    @property
    def query(self) -> str:
        """Its canonical spelling; empty for all there is."""
        parts = [f"start={_seconds(self.start_ms)}"] if self.start_ms else []
        if self.end_ms is not None:
            parts.append(f"end={_seconds(self.end_ms)}")
        return "&".join(parts)

    def times_s(self, idx: Idx) -> tuple[Fraction, Fraction]:
        """Its start and end on the archive's timeline, the end cut to the presentation's.

        Raises `Malformed` where nothing of the archive is in it.
        """
        first_s, last_s = (Fraction(idx.segment_time[at], idx.header.timescale) for at in (0, -1))
        start_s = first_s + Fraction(self.start_ms, 1000)
        end_s = last_s if self.end_ms is None else min(last_s, first_s + Fraction(self.end_ms, 1000))
        if start_s >= last_s:
            lasts_s = float(last_s - first_s)
            raise Malformed(f"The clip starts after the end: the archive lasts {lasts_s:.3f} s.")
        return start_s, end_s

    def segments(self, idx: Idx) -> range:
        """The segments that it lies in. Raises `Malformed` where that is none."""
        start_s, end_s = self.times_s(idx)
        start, end = (at_s * idx.header.timescale for at_s in (start_s, end_s))
        first = bisect_right(idx.segment_time, start, 0, idx.segment_count) - 1
        return range(max(0, first), bisect_left(idx.segment_time, end, 0, idx.segment_count))

    def durations_us(self, idx: Idx) -> list[int]:
        """Of the segments that it lies in, in microseconds. Raises `Malformed` where that is none."""
        listed = self.segments(idx)
        return idx.durations_us()[listed.start : listed.stop]

    def tagged(self, etag: str) -> str:
        """The tag of this part of what has the tag `etag`."""
        return f"{etag}-{self.query}" if self.query else etag


WHOLE = Clip()


def clip_of(query: str) -> Clip:
    """What a query string asks for. Raises `Malformed`."""
    if "start=" not in query and "end=" not in query:
        return WHOLE
    named = parse_qs(query, keep_blank_values=True)
    start_ms, end_ms = (_milliseconds(named.get(name, [])) for name in ("start", "end"))
    if end_ms is not None and end_ms <= (start_ms or 0):
        raise Malformed("The clip ends before it has begun: end must be more than start.")
    return Clip(start_ms or 0, end_ms)


def _milliseconds(values: list[str]) -> int | None:
    if not values:
        return None
    match = _SECONDS.fullmatch(values[0])
    if len(values) > 1 or not match:
        raise Malformed(_EXAMPLE)
    return int(match[1]) * 1000 + int((match[2] or "").ljust(3, "0"))


def _seconds(milliseconds: int) -> str:
    whole, rest = divmod(milliseconds, 1000)
    return f"{whole}.{rest:03d}".rstrip("0") if rest else str(whole)
