"""The body of a Plan, read in the simplest way from the files that it names."""

from __future__ import annotations

from collections.abc import Iterable

from app.plan import Piece


def read_pieces(pieces: Iterable[Piece]) -> bytes:
    return b"".join(map(_read, pieces))


def _read(piece: Piece) -> bytes:
    if isinstance(piece, bytes):
        return piece
    parts = []
    with open(piece.file.path, "rb") as file:
        for offset, length in zip(piece.offsets, piece.lengths, strict=True):
            file.seek(offset)
            parts.append(file.read(length))
    return b"".join(parts)
