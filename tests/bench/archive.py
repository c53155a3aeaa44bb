"""An archive as ffmpeg would have written it, without encoding one: H.264 with B-frames and 48 kHz AAC.

30 frames and 46.875 audio frames a second, a keyframe every two seconds, one frame of video a chunk, some
5 Mb/s. The samples are nothing: a hole in a sparse file, or random bytes where they are to be sent.
"""

from __future__ import annotations

import os
import random
import struct
from array import array
from collections.abc import Sequence
from pathlib import Path

from tests.media.made_movie import AAC_ENTRY, AVC_ENTRY

FPS, VIDEO_TIMESCALE, FRAME_TICKS = 30, 15360, 512
AUDIO_HZ, AUDIO_FRAME = 48000, 1024
GOP = 60
COMPOSITIONS = (2, 5, 2, 0, 1)  # frames, over and over: a pyramid of B-frames
BLOCK_BYTES = 1 << 20


def write_archive(path: Path, minutes: int, *, sparse: bool) -> None:
    """`moov` first. The same sizes every time."""
    chance = random.Random(minutes)
    video = [
        chance.randrange(8000, 30000) if number % GOP else 120_000 for number in range(minutes * 60 * FPS)
    ]
    audio = [chance.randrange(300, 400) for _ in range(minutes * 60 * AUDIO_HZ // AUDIO_FRAME)]
    counts = _audio_counts(len(video), len(audio))
    head_bytes = len(_head(video, audio, counts, 0))
    head = _head(video, audio, counts, head_bytes)
    with path.open("wb") as file:
        file.write(head)
        media_bytes = sum(video) + sum(audio)
        if sparse:
            file.truncate(head_bytes + media_bytes)
        else:
            block = chance.randbytes(BLOCK_BYTES)
            for at in range(0, media_bytes, BLOCK_BYTES):
                file.write(block[: media_bytes - at])


def _audio_counts(frames: int, audio_frames: int) -> list[int]:
    """How many audio frames follow each video frame."""
    ends = [min(audio_frames, -(-(frame + 1) * AUDIO_HZ // (FPS * AUDIO_FRAME))) for frame in range(frames)]
    ends[-1] = audio_frames
    return [end - start for start, end in zip([0, *ends], ends, strict=False)]


def _head(video: Sequence[int], audio: Sequence[int], counts: Sequence[int], media_at: int) -> bytes:
    video_at, audio_at = array("Q"), array("Q")
    sizes, at = iter(audio), media_at
    for size, count in zip(video, counts, strict=True):
        video_at.append(at)
        at += size
        if count:
            audio_at.append(at)
            at += sum(next(sizes) for _ in range(count))
    brands = _box(b"ftyp", b"isom\0\0\2\0isomiso2avc1mp41")
    seconds = len(video) // FPS
    movie = _box(
        b"moov",
        _box(b"mvhd", struct.pack(">5I", 0, 0, 0, 1000, seconds * 1000), bytes(76), struct.pack(">I", 3)),
        _track(1, b"vide", VIDEO_TIMESCALE, seconds, _video_table(video, video_at)),
        _track(
            2, b"soun", AUDIO_HZ, seconds, _audio_table(audio, [each for each in counts if each], audio_at)
        ),
    )
    return brands + movie + struct.pack(">I4sQ", 1, b"mdat", 16 + at - media_at)


def _track(number: int, handler: bytes, timescale: int, seconds: int, table: bytes) -> bytes:
    matrix = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    size = struct.pack(">II", 1920 << 16, 1080 << 16) if handler == b"vide" else bytes(8)
    media_time = 2 * FRAME_TICKS if handler == b"vide" else AUDIO_FRAME
    return _box(
        b"trak",
        _box(b"tkhd", struct.pack(">6I", 3, 0, 0, number, 0, seconds * 1000), bytes(16), matrix, size),
        _box(b"edts", _box(b"elst", struct.pack(">IIIiI", 0, 1, seconds * 1000, media_time, 0x10000))),
        _box(
            b"mdia",
            _box(b"mdhd", struct.pack(">5IHH", 0, 0, 0, timescale, seconds * timescale, 0x55C4, 0)),
            _box(b"hdlr", bytes(8), handler, bytes(13)),
            _box(b"minf", _box(b"stbl", table)),
        ),
    )


def _video_table(sizes: Sequence[int], offsets: array[int]) -> bytes:
    count = len(sizes)
    compositions = (
        FRAME_TICKS * COMPOSITIONS[frame % 5] if frame % GOP else 2 * FRAME_TICKS for frame in range(count)
    )
    pairs = [word for each in compositions for word in (1, each)]
    return b"".join(
        [
            _box(b"stsd", struct.pack(">II", 0, 1), AVC_ENTRY),
            _box(b"stts", struct.pack(">4I", 0, 1, count, FRAME_TICKS)),
            _box(b"ctts", struct.pack(">II", 0, count), _words("I", pairs)),
            _box(b"stss", struct.pack(">II", 0, -(-count // GOP)), _words("I", range(1, count + 1, GOP))),
            _box(b"stsc", struct.pack(">5I", 0, 1, 1, 1, 1)),
            _box(b"stsz", struct.pack(">III", 0, 0, count), _words("I", sizes)),
            _box(b"co64", struct.pack(">II", 0, len(offsets)), _words("Q", offsets)),
        ]
    )


def _audio_table(sizes: Sequence[int], counts: Sequence[int], offsets: array[int]) -> bytes:
    changes = [
        (chunk + 1, count, 1)
        for chunk, (count, before) in enumerate(zip(counts, [0, *counts], strict=False))
        if count != before
    ]
    return b"".join(
        [
            _box(b"stsd", struct.pack(">II", 0, 1), AAC_ENTRY),
            _box(b"stts", struct.pack(">4I", 0, 1, len(sizes), AUDIO_FRAME)),
            _box(
                b"stsc",
                struct.pack(">II", 0, len(changes)),
                _words("I", [word for change in changes for word in change]),
            ),
            _box(b"stsz", struct.pack(">III", 0, 0, len(sizes)), _words("I", sizes)),
            _box(b"co64", struct.pack(">II", 0, len(offsets)), _words("Q", offsets)),
        ]
    )


def _words(typecode: str, values: Sequence[int]) -> bytes:
    words = array(typecode, values)
    words.byteswap()
    return words.tobytes()


def _box(kind: bytes, *parts: bytes) -> bytes:
    return struct.pack(">I4s", 8 + sum(map(len, parts)), kind) + b"".join(parts)


def link(archive: Path, names: Sequence[str]) -> None:
    """The archive under further names: other ids, the same pages in memory."""
    for name in names:
        os.link(archive, archive.with_name(name))
