"""Opening an `.idx`: one mapping, typed columns over it, every bound checked once.

Nothing here is computed a sample. An `Idx` is immutable and shared between threads; the mapping lives as
long as somebody holds the `Idx`, so a request may go on with one that the catalog has dropped.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from blake3 import blake3

from app.idx.checks import check, check_rise
from app.idx.cues import TextRows, read_text
from app.idx.header import Header, StoryboardFacts, ViewFacts
from app.idx.layout import (
    COLUMN_ALIGNMENT,
    DIGEST_BYTES,
    ELEMENT_BYTES,
    FORMAT,
    MAGIC,
    PROLOGUE,
    SUFFIX,
    VERSION_DIGITS,
)
from app.idx.regular_file import regular
from app.idx.runs import Runs, read_runs
from app.idx.track_rows import Ints, TrackRows, read_track
from app.plan import FileIdentity


class IndexDamaged(Exception):
    """Not an `.idx`, not of this version, cut short, or changed since it was written."""


@dataclass(frozen=True, slots=True)
class IFrames:
    """The columns `iframe.*`: sync samples of the first track, for trick play."""

    time: Ints
    sample: Ints
    offset: Ints


@dataclass(frozen=True, slots=True)
class Idx:
    """An open index. `sidecar` is its sidecar as found on disk, where there is one that may be sent."""

    identity: FileIdentity
    digest: str
    header: Header
    tracks: tuple[TrackRows, ...]
    segment_time: Ints
    segment_offset: Ints
    segment_init: Ints | None
    runs: Runs
    view_bytes: tuple[Ints, ...]
    texts: tuple[TextRows, ...]
    iframes: IFrames | None = None
    storyboard: Ints | None = None  # the I-frame that each tile shows
    sidecar: FileIdentity | None = None

    @property
    def version(self) -> str:
        return self.digest[:VERSION_DIGITS]

    @property
    def segment_count(self) -> int:
        return self.header.segment_count

    def view_number(self, name: str) -> int:
        """Raises `KeyError` for a name that is no view of this archive."""
        for number, view in enumerate(self.header.views):
            if view.name == name:
                return number
        raise KeyError(name)

    def has_in_sidecar(self, view: ViewFacts) -> bool:
        """Whether the sidecar, if it is there, holds what `view` serves."""
        return len(view.tracks) == 1 and self.tracks[view.tracks[0]].sidecar_offset is not None

    def text(self, name: str) -> TextRows:
        """Raises `KeyError` for a name that is no text of this archive."""
        for text in self.texts:
            if text.facts.name == name:
                return text
        raise KeyError(name)

    def view(self, number: int) -> ViewFacts:
        return self.header.views[number]

    def durations_us(self) -> list[int]:
        """The duration of each segment in microseconds, which add up to the duration of the whole."""
        return self.differences_us(self.segment_time)

    def iframe_durations_us(self) -> list[int]:
        """The time from each I-frame to the next, likewise: the first one stands for all before it."""
        return self.differences_us((self.segment_time[0], *self.iframes.time[1:])) if self.iframes else []

    def differences_us(self, times: Ints) -> list[int]:
        """Steps in microseconds between `times`, rising ticks of the header's timescale, each of which is
        rounded to the nearest, halves up.
        """
        timescale, start = self.header.timescale, times[0]
        at_us = [((ticks - start) * 2_000_000 + timescale) // (2 * timescale) for ticks in times]
        return [following - here for here, following in pairwise(at_us)]


def open_idx(path: str) -> Idx:
    """Map and check `path`. Raises `OSError`, or `IndexDamaged` with the reason."""
    with open(path, "rb", opener=regular) as file:
        identity = FileIdentity.of(path, os.fstat(file.fileno()))
        if identity.size < PROLOGUE.size + DIGEST_BYTES:
            raise IndexDamaged("shorter than its fixed parts")
        mapping = mmap.mmap(file.fileno(), identity.size, prot=mmap.PROT_READ)
    idx = read_idx(identity, memoryview(mapping))
    mapping.madvise(mmap.MADV_DONTNEED)  # the check has touched every page; requests touch a few
    return idx


def read_idx(identity: FileIdentity, mapping: memoryview[int]) -> Idx:
    """Check the bytes of a whole `.idx`; `identity` is the file they came from. Raises `IndexDamaged`."""
    packed, digest = unseal(mapping, MAGIC, SUFFIX)
    try:
        header = Header.unpack(packed)
        columns = {name: _column(mapping, *place) for name, place in header.columns.items()}
        return assemble(identity, digest, header, columns)
    except (KeyError, OverflowError, TypeError, ValueError) as error:
        raise IndexDamaged(f"inconsistent: {error}") from error


def unseal(mapping: memoryview[int], expected_magic: bytes, suffix: str) -> tuple[memoryview[int], str]:
    """The packed header of a file that begins and ends as an `.idx` does, and its digest in hex.

    Raises `IndexDamaged`.
    """
    if len(mapping) < PROLOGUE.size + DIGEST_BYTES:
        raise IndexDamaged("shorter than its fixed parts")
    magic, version, header_bytes, file_bytes = PROLOGUE.unpack_from(mapping)
    if magic != expected_magic:
        raise IndexDamaged(f"is no {suffix} file")
    if version != FORMAT:
        raise IndexDamaged(f"format {version}; this vodsplice reads format {FORMAT}")
    if file_bytes != len(mapping):
        raise IndexDamaged(f"{len(mapping)} bytes long, written as {file_bytes}")
    digest = blake3(mapping[:-DIGEST_BYTES]).digest()
    if digest != mapping[-DIGEST_BYTES:]:
        raise IndexDamaged("its checksum does not hold: a bit has changed since it was written")
    return mapping[PROLOGUE.size : PROLOGUE.size + header_bytes], digest.hex()


def assemble(
    identity: FileIdentity, digest: str, header: Header, columns: Mapping[str, memoryview[int]]
) -> Idx:
    """The index of a header and its columns. Raises `KeyError` or `ValueError` where they do not fit."""
    segments = header.segment_count
    sidecar_bytes = header.sidecar.size if header.sidecar else 0
    tracks = tuple(
        read_track(columns, number, facts, segments, sidecar_bytes)
        for number, facts in enumerate(header.tracks)
    )
    check(segments > 0 and header.timescale > 0, "segment.time")
    check_rise("segment.time", columns["segment.time"], segments)
    check(len(columns["segment.offset"]) == segments, "segment.offset")
    inits = columns.get("segment.init")
    check(inits is None or len(inits) == segments, "segment.init")
    for facts in header.tracks:
        check(not facts.formats or len(facts.formats) > max(inits or (0,)), f"track {facts.name}")
    for view in header.views:
        check(bool(view.tracks) and set(view.tracks) <= {*range(len(tracks))}, f"view {view.name}")
        check(len(view.inits) > max(inits or (0,)), f"view {view.name}")
    view_bytes = tuple(columns[f"view.{number}.bytes"] for number in range(len(header.views)))
    check(bool(view_bytes) and all(len(column) == segments for column in view_bytes), "view.bytes")
    return Idx(
        identity,
        digest,
        header,
        tracks,
        columns["segment.time"],
        columns["segment.offset"],
        inits,
        read_runs(columns, segments, len(tracks)),
        view_bytes,
        tuple(read_text(columns, number, facts, segments) for number, facts in enumerate(header.texts)),
        _iframes(columns, tracks) if "iframe.sample" in columns else None,
        _storyboard(columns, header.storyboard) if header.storyboard else None,
    )


def _iframes(columns: Mapping[str, memoryview[int]], tracks: tuple[TrackRows, ...]) -> IFrames:
    time, sample, offset = (columns[f"iframe.{name}"] for name in ("time", "sample", "offset"))
    samples = sorted(sample)
    check(tracks[0].facts.kind == "video" and len(sample) == len(offset), "iframe.sample")
    check_rise("iframe.time", time, len(sample))
    check(len(samples) > 0 <= samples[0] <= samples[-1] < tracks[0].facts.sample_count, "iframe.sample")
    return IFrames(time, sample, offset)


def _storyboard(columns: Mapping[str, memoryview[int]], facts: StoryboardFacts) -> Ints:
    tiles = columns["storyboard.iframe"]
    check(len(tiles) > 0, "storyboard.iframe")
    check_rise("storyboard.iframe", tiles, len(tiles) - 1)
    check(tiles[0] >= 0 and tiles[-1] < len(columns["iframe.sample"]), "storyboard.iframe")
    check(min(facts.columns, facts.rows, facts.tile_width, facts.tile_height) > 0, "storyboard")
    check(len(facts.sheets) == -(-len(tiles) // (facts.columns * facts.rows)), "storyboard.iframe")
    check(min(facts.sheets) > 0 and sum(facts.sheets) == facts.size, "storyboard")
    return tiles


def _column(mapping: memoryview[int], offset: int, typecode: str, count: int) -> memoryview[int]:
    width = ELEMENT_BYTES[typecode]
    stop = offset + width * count
    if offset < PROLOGUE.size or offset % COLUMN_ALIGNMENT or count < 0 or stop > len(mapping) - DIGEST_BYTES:
        raise ValueError(f"a column at byte {offset} leaves the file")
    return mapping[offset:stop].cast(typecode)  # type: ignore[call-overload,no-any-return]
