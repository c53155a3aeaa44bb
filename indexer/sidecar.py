"""The sidecar of an index: all audio of an archive once more, so that a segment of it is one range.

An archive keeps audio in pieces between its pictures, some 180 in six seconds, and each piece costs a server
more than the bytes in it. The sidecar holds the samples of every audio track back to back, in decode order,
track after track, and nothing else. An archive without pictures has its audio like that already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Protocol

from blake3 import blake3

from app.idx.header import SidecarFacts
from indexer.runs import ChunkMap
from indexer.select import ServedTrack
from indexer.source import Source

VIDEO, AUDIO = "video", "audio"
_BLOCK_BYTES = 1 << 20


class Sink(Protocol):
    """Where a sidecar is written to; `mtime_ns` is asked for once all of it is written."""

    def write(self, content: bytes, /) -> None: ...

    @property
    def mtime_ns(self) -> int: ...


def has_sidecar(kinds: Iterable[str]) -> bool:
    """Whether an archive that serves tracks of these kinds has use for a sidecar."""
    return {VIDEO, AUDIO} <= {*kinds}


def tracks_in_sidecar(served: Sequence[ServedTrack]) -> list[int]:
    """The numbers of the tracks that a sidecar holds."""
    kinds = [each.format.kind for each in served]
    return [number for number, kind in enumerate(kinds) if kind == AUDIO] if has_sidecar(kinds) else []


def write_sidecar(source: Source, served: Sequence[ServedTrack], sink: Sink) -> SidecarFacts | None:
    """Write the sidecar of an archive, a block at a time; None where it has no use for one.

    Raises `SourceError` for what cannot be read, `OSError` for what cannot be written.
    """
    maps = [ChunkMap(served[number].track.samples) for number in tracks_in_sidecar(served)]
    if not maps:
        return None
    hasher, size = blake3(), 0
    for block in _blocks(source, maps):
        hasher.update(block)
        sink.write(block)
        size += len(block)
    return SidecarFacts(size, sink.mtime_ns, hasher.hexdigest())


def sidecar_offsets(first_samples: Sequence[int], chunks: ChunkMap, base: int) -> list[int]:
    """Where each segment of a track begins in the sidecar, whose bytes of that track begin at `base`."""
    return [base + chunks.bytes_between(0, first) for first in first_samples]


def _blocks(source: Source, maps: Sequence[ChunkMap]) -> Iterator[bytes]:
    pieces: list[bytes] = []
    held = 0
    for chunks in maps:
        for offset, samples in zip(chunks.offsets, pairwise(chunks.first_sample), strict=True):
            length = chunks.bytes_between(*samples)
            for at in range(offset, offset + length, _BLOCK_BYTES):
                piece = source.pread(at, min(_BLOCK_BYTES, offset + length - at))
                pieces.append(piece)
                held += len(piece)
                if held >= _BLOCK_BYTES:
                    yield b"".join(pieces)
                    pieces, held = [], 0
    yield b"".join(pieces)
