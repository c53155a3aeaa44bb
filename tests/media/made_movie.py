"""Movies laid out by hand: tracks of given samples, their chunks at given places among random bytes.

No encoder: media is random, so that a sample served from a wrong place shows. What comes out is what a
demuxer would hand on, and the bytes that the offsets point into; `tests.media.mp4_file` makes a file of
both. Times are ticks of the track, a composition offset is presentation minus decode time.
"""

from __future__ import annotations

import random
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice, pairwise

from app.cmaf.fragment import NON_SYNC_FLAGS, SYNC_FLAGS
from indexer.track import Column, Edit, Movie, Samples, Track
from tests.indexer.codecs.entries import box, esds, sound, visual

UNITY_MATRIX = (0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
MEDIA_AT = 24
"""Where media begins: behind `ftyp` and the header of `mdat`, as `mp4_file` writes them."""

_AVC = bytes.fromhex(
    "0164000affe10018 6764000aacd9447a1000000300100000030320f122596000 01000568ebe3cb22 fdf8f800"
)
AVC_ENTRY = visual("avc1", box("avcC", _AVC), width=64, height=48)
OTHER_AVC_ENTRY = visual("avc1", box("avcC", _AVC.replace(b"\x68\xeb", b"\x68\xea")), width=64, height=48)
"""With another picture parameter set: a decoder has to be told of the change."""
WIDE_AVC_ENTRY = visual(
    "avc1",
    box("avcC", b"\x01\x64\0\x0b" + _AVC[4:]),
    box("pasp", bytes.fromhex("0000000200000001")),
    width=64,
    height=48,
)
"""Of another level, its pixels twice as wide."""
AAC_ENTRY = sound("mp4a", esds(0x40, bytes.fromhex("1190")))
AC3_ENTRY = sound("ac-3", box("dac3", bytes.fromhex("10112d")))


@dataclass(frozen=True, slots=True)
class MadeTrack:
    """The lists have an entry a sample. `sync` empty: every sample is a sync sample."""

    sizes: Sequence[int]
    durations: Sequence[int]
    handler: str = "vide"
    timescale: int = 1000
    compositions: Sequence[int] = ()
    sync: Sequence[bool] = ()
    edits: tuple[Edit, ...] = ()
    language: str = "und"
    title: str = ""
    first_decode_ticks: int = 0
    entries: tuple[bytes, ...] = ()
    enabled: bool = True

    @property
    def flags(self) -> list[int]:
        sync = self.sync or [True] * len(self.sizes)
        return [SYNC_FLAGS if each else NON_SYNC_FLAGS for each in sync]


@dataclass(frozen=True, slots=True)
class Chunk:
    """The next `samples` samples of a track, `gap_bytes` behind the chunk before (which may be negative).

    `description` numbers the track's entries from 0.
    """

    track: int
    samples: int
    gap_bytes: int = 0
    description: int = 0


@dataclass(frozen=True, slots=True)
class MadeMovie:
    """`media` is what an archive holds from `MEDIA_AT` on."""

    movie: Movie
    media: bytes

    @property
    def content(self) -> bytes:
        """The archive's bytes as far as its media goes, so that offsets of the movie are indices."""
        return bytes(MEDIA_AT) + self.media

    def sample_bytes(self, track: Track) -> list[bytes]:
        """Every sample of a track in decode order, read by the plainest rule there is."""
        content, found = self.content, []
        sizes = iter(listed(track.samples.size_bytes, track.samples.count))
        for at, count in zip(track.samples.chunk_offset, track.samples.chunk_samples, strict=True):
            offsets = accumulate(islice(sizes, count), initial=at)
            found += [content[start:stop] for start, stop in pairwise(offsets)]
        return found


def make_movie(
    tracks: Sequence[MadeTrack],
    chunks: Iterable[Chunk],
    *,
    file_order: Sequence[int] | None = None,
    timescale: int = 1000,
    title: str = "",
    seed: int = 1,
) -> MadeMovie:
    """`chunks` are in decode order; `file_order` numbers them in the order they lie in, if another."""
    chunks = list(chunks)
    starts = _first_samples(len(tracks), chunks)
    lengths = [
        sum(tracks[chunk.track].sizes[start : start + chunk.samples])
        for chunk, start in zip(chunks, starts, strict=True)
    ]
    offsets, at = [0] * len(chunks), MEDIA_AT
    for number in range(len(chunks)) if file_order is None else file_order:
        offsets[number] = max(MEDIA_AT, at + chunks[number].gap_bytes)
        at = offsets[number] + lengths[number]
    end = max((offset + length for offset, length in zip(offsets, lengths, strict=True)), default=MEDIA_AT)
    made = tuple(
        _track(
            track,
            number,
            [placed for placed in zip(chunks, offsets, strict=True) if placed[0].track == number],
        )
        for number, track in enumerate(tracks)
    )
    movie = Movie(timescale=timescale, major_brand="isom", tracks=made, title=title)
    return MadeMovie(movie, random.Random(seed).randbytes(end - MEDIA_AT))


def interleaved(tracks: Sequence[MadeTrack], every_s: float = 0.5) -> list[Chunk]:
    """Chunks as a muxer writes them: in turn, each track's samples of the next `every_s` seconds."""
    chunks, done, decoded = [], [0] * len(tracks), [0] * len(tracks)
    turn = 0
    while any(done[number] < len(track.sizes) for number, track in enumerate(tracks)):
        turn += 1
        for number, track in enumerate(tracks):
            first = done[number]
            while done[number] < len(track.sizes) and decoded[number] < turn * every_s * track.timescale:
                decoded[number] += track.durations[done[number]]
                done[number] += 1
            if done[number] > first:
                chunks.append(Chunk(number, done[number] - first))
    return chunks


def listed(column: Column, count: int) -> list[int]:
    return [column] * count if isinstance(column, int) else list(column)


def _first_samples(tracks: int, chunks: Sequence[Chunk]) -> list[int]:
    done, starts = [0] * tracks, []
    for chunk in chunks:
        starts.append(done[chunk.track])
        done[chunk.track] += chunk.samples
    return starts


def _track(made: MadeTrack, number: int, chunks: Sequence[tuple[Chunk, int]]) -> Track:
    is_video = made.handler == "vide"
    samples = Samples(
        count=len(made.sizes),
        size_bytes=_column("I", made.sizes),
        duration_ticks=_column("I", made.durations),
        composition_ticks=_column("i", made.compositions),
        flags=_column("I", made.flags),
        chunk_offset=array("Q", [offset for _, offset in chunks]),
        chunk_samples=array("I", [chunk.samples for chunk, _ in chunks]),
        chunk_description=_column("I", [chunk.description for chunk, _ in chunks]),
        byte_count=sum(made.sizes),
        first_decode_ticks=made.first_decode_ticks,
    )
    return Track(
        track_id=number + 1,
        handler=made.handler,
        timescale=made.timescale,
        language=made.language,
        title=made.title,
        enabled=made.enabled,
        edits=made.edits,
        matrix=UNITY_MATRIX,
        width_16_16=64 << 16 if is_video else 0,
        height_16_16=48 << 16 if is_video else 0,
        sample_entries=made.entries or (AVC_ENTRY if is_video else AAC_ENTRY,),
        samples=samples,
    )


def _column(typecode: str, values: Sequence[int]) -> Column:
    """One number where all are alike, as demuxers hand columns on."""
    if len(set(values)) > 1:
        return array(typecode, values)
    return values[0] if values else 0
