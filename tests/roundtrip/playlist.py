"""A media playlist as another reader (m3u8) has it, and whether its segments are what it says they are.

Durations are exact seconds. Every segment is read behind its own init segment, as a player does after a seek.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO
from itertools import accumulate
from urllib.parse import urljoin
from urllib.request import urlopen

import m3u8

from tests.roundtrip.packets import Stream, read_streams

TIMEOUT_S = 20
WRITTEN_TO_S = Fraction(1, 1_000_000)
"""EXTINF has so many digits."""


@dataclass(frozen=True, slots=True)
class Playlist:
    """`inits` and `segments` run in parallel: the bytes that apply to each segment, and its own."""

    durations_s: tuple[Fraction, ...]
    inits: tuple[bytes, ...]
    segments: tuple[bytes, ...]
    is_independent: bool


def fetch(url: str) -> Playlist:
    text = _get(url).decode()
    parsed = m3u8.loads(text, uri=url)
    inits = {segment.init_section.uri for segment in parsed.segments}
    init_bytes = {uri: _get(urljoin(url, uri)) for uri in inits}
    return Playlist(
        durations_s=tuple(map(Fraction, re.findall(r"(?m)^#EXTINF:([0-9.]+),", text))),
        inits=tuple(init_bytes[segment.init_section.uri] for segment in parsed.segments),
        segments=tuple(_get(urljoin(url, segment.uri)) for segment in parsed.segments),
        is_independent=bool(parsed.is_independent_segments),
    )


def problems(playlist: Playlist, whole: Sequence[Stream], served: Sequence[Stream]) -> Iterator[str]:
    """What of a playlist does not hold. `whole` and `served` have the same tracks, the leading one first."""
    start_s, end_s = _extent(whole, served)
    tolerance_s = max(stream.time_base for stream in served) + WRITTEN_TO_S
    total_s = sum(playlist.durations_s)
    if abs(total_s - (end_s - start_s)) > tolerance_s:
        yield f"EXTINF add up to {float(total_s):.6f} s of {float(end_s - start_s):.6f}"
    begins_s = accumulate(playlist.durations_s, initial=start_s)
    for number, (begin_s, init, segment) in enumerate(
        zip(begins_s, playlist.inits, playlist.segments, strict=False), start=1
    ):
        streams = read_streams(BytesIO(init + segment))
        leading = next((each for each in streams if each.kind == served[0].kind), None)
        if leading is None or not leading.packets:
            continue
        first = leading.packets[0]
        if playlist.is_independent and not first.is_key:
            yield f"segment {number} does not begin with a keyframe, and the playlist says so"
        if number > 1 and (first.pts is None or abs(first.pts * leading.time_base - begin_s) > tolerance_s):
            yield f"segment {number} begins at tick {first.pts}; EXTINF say {float(begin_s):.6f} s"


def _extent(whole: Sequence[Stream], served: Sequence[Stream]) -> tuple[Fraction, Fraction]:
    """Where the presentation begins and ends; what comes before 0 is decoded and not shown."""
    starts, ends = [], []
    for source, track in zip(whole, served, strict=True):
        first, last = source.packets[0], source.packets[-1]
        starts.append((track.packets[0].pts or 0) * track.time_base)
        lasting = (last.dts or 0) + (last.duration or 0) - (first.dts or 0)
        ends.append(starts[-1] + lasting * source.time_base)
    return max(Fraction(0), min(starts)), max(ends)


def _get(url: str) -> bytes:
    with urlopen(url, timeout=TIMEOUT_S) as answer:
        body: bytes = answer.read()
    return body
