"""Text tracks laid out by hand: samples and sample entries of `tx3g` and `wvtt`, movies with them."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import replace

from tests.indexer.codecs.entries import box
from tests.media.made_movie import MEDIA_AT, Chunk, MadeMovie, MadeTrack, make_movie


def tx3g_entry(flags: int = 0, across: int = 1, down: int = -1, face: int = 0) -> bytes:
    """3GPP TS 26.245 §5.16; below in the centre, as most writers have it."""
    head = struct.pack(">6xHIbb4x4h", 1, flags, across, down, 0, 0, 0, 0)
    style = struct.pack(">HHHBB4s", 0, 0, 1, face, 18, b"\xff" * 4)
    return box("tx3g", head + style + box("ftab", struct.pack(">HHB", 1, 1, 5) + b"Serif"))


def tx3g(text: str | bytes, *boxes: bytes) -> bytes:
    coded = text if isinstance(text, bytes) else text.encode()
    return struct.pack(">H", len(coded)) + coded + b"".join(boxes)


def styl(*records: tuple[int, int, int]) -> bytes:
    """Of (first character, the one after the last, face)."""
    rows = (struct.pack(">HHHBB4s", start, stop, 1, face, 16, b"\xff" * 4) for start, stop, face in records)
    return box("styl", struct.pack(">H", len(records)) + b"".join(rows))


def tbox(top: int, bottom: int) -> bytes:
    return box("tbox", struct.pack(">4h", top, 0, bottom, 100))


def wvtt_entry() -> bytes:
    return box("wvtt", struct.pack(">6xH", 1) + box("vttC", b"WEBVTT"))


def vttc(payload: str, settings: str = "", identifier: str = "") -> bytes:
    parts = (("iden", identifier), ("sttg", settings), ("payl", payload))
    return box("vttc", b"".join(box(name, value.encode()) for name, value in parts if value))


VTTE = box("vtte", b"")


def film_with(
    track: MadeTrack, samples: Sequence[bytes], *, seconds: int = 20, entries: Sequence[int] = ()
) -> MadeMovie:
    """A video of so many seconds, a keyframe in each, and a text track of these samples.

    `track` is one without sizes; `entries` has the number of each sample's entry, if any is not 0.
    """
    video = MadeTrack([100] * seconds, [1000] * seconds)
    text = replace(track, sizes=[len(sample) for sample in samples])
    chunks = [Chunk(0, seconds)]
    chunks += [Chunk(1, 1, 0, entry) for entry in entries or [0] * len(samples)]
    made = make_movie([video, text], chunks)
    media = bytearray(made.media)
    for sample, (offset, size) in zip(samples, made.movie.tracks[1].samples.places(), strict=True):
        media[offset - MEDIA_AT : offset - MEDIA_AT + size] = sample
    return MadeMovie(made.movie, bytes(media))
