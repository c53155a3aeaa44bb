"""Whether an index and its archive still belong together, and whether every segment can be planned.

Fast: sizes, times and the fingerprint that the index holds, by the same kind of reading. Full: a fresh
index of the archive, fingerprinted by every byte if the old one was, must equal the one on disk.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from app.cmaf.segments import segment_parts
from app.idx.view import Idx
from indexer.demux.open import demux
from indexer.fingerprint import FAST, fingerprint
from indexer.pipeline import Options, make_idx
from indexer.source import Source


def problems(idx: Idx, archive_path: str, *, full: bool) -> Iterator[str]:
    """What does not hold, in a line each; nothing where all is well. Raises `SourceError`."""
    recorded = idx.header.source
    with Source(archive_path) as source:
        if source.size_bytes != recorded.size:
            yield f"{archive_path} has {source.size_bytes} bytes; its index was made of {recorded.size}"
            return
        if source.identity.mtime_ns != recorded.mtime_ns:
            yield f"{archive_path} was written to since it was indexed; run vodsplice-index on it again"
        structure = demux(source).structure_ranges if recorded.fingerprint_kind == FAST else ()
        if fingerprint(source, recorded.fingerprint_kind, structure) != recorded.fingerprint:
            yield f"{archive_path} holds other bytes than it did when it was indexed"
            return
        yield from _unplannable(idx)
        if full:
            yield from _differences(idx, source)


def _unplannable(idx: Idx) -> Iterator[str]:
    size = idx.header.source.size
    for number in range(len(idx.header.views)):
        for segment in range(idx.segment_count):
            head, ranges = segment_parts(idx, number, segment)
            sent = len(head) + sum(length for _, length in ranges)
            stated = idx.view_bytes[number][segment]
            if sent != stated:
                yield f"segment {segment + 1} is {sent} bytes; the index says {stated}"
            if any(offset < 0 or offset + length > size for offset, length in ranges):
                yield f"segment {segment + 1} reaches past the end of the archive"


def _differences(idx: Idx, source: Source) -> Iterator[str]:
    options = Options(idx.header.segment_duration_ms, idx.header.slop, idx.header.source.fingerprint_kind)
    with open(idx.identity.path, "rb") as file:
        if file.read() == make_idx(source, options):
            return
    yield (
        f"{os.path.basename(idx.identity.path)} differs from what this vodsplice makes of the archive "
        f"(it was made by {idx.header.generator}); run vodsplice-index --force on it"
    )
