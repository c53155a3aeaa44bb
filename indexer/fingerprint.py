"""What tells one archive from another: a BLAKE3 of its bytes, or of enough of them.

"fast" covers the file's size, its head and tail, and every byte of its structure (`moov`, `moof`), so any
remux, cut or re-encode shows; not a flipped bit in the middle of a picture. "full" covers every byte.
"""

from __future__ import annotations

from collections.abc import Sequence

from blake3 import blake3

from indexer.source import Source

FAST, FULL = "fast", "full"
_EDGE_BYTES = 64 << 10
_BLOCK_BYTES = 4 << 20


def fingerprint(source: Source, kind: str, structure_ranges: Sequence[tuple[int, int]]) -> str:
    """Hex digest. `structure_ranges` are (offset, length) pairs."""
    size = source.size_bytes
    hasher = blake3(size.to_bytes(8, "little"))
    edge = min(_EDGE_BYTES, size)
    ranges = [(0, size)] if kind == FULL else [(0, edge), (size - edge, edge), *structure_ranges]
    for offset, length in ranges:
        for at in range(offset, offset + length, _BLOCK_BYTES):
            hasher.update(source.pread(at, min(_BLOCK_BYTES, offset + length - at)))
    return hasher.hexdigest()
