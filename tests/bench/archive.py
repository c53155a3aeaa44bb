"""Archives of any length without the disk that they would need: a real `moov`, and a hole for media.

Laid out as ffmpeg writes: packets in decode order of both tracks, one video frame a chunk, the one or two
audio samples until the next frame another. 30 frames a second with three B-frames (a pyramid) and a keyframe
every two seconds; AAC at 48 kHz. Sizes vary at random around the rates, always in the same way.
"""

from __future__ import annotations

import os
import random
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby
from pathlib import Path

from tests.indexer.demux import made_mp4
from tests.indexer.demux.made_mp4 import box, u32
from tests.media.made_movie import AAC_ENTRY, AVC_ENTRY

FRAME_TICKS, VIDEO_TIMESCALE = 512, 15_360
SAMPLE_TICKS, AUDIO_TIMESCALE = 1024, 48_000
MOVIE_TIMESCALE = 1000
GOP_FRAMES = 60
REORDERED_FRAMES = 2
FRAME_WEIGHTS = {"I": 6.0, "P": 1.8, "b": 0.7, "B": 1.0}


BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Shape:
    """What an archive holds. A rate of 0 leaves the track out."""

    seconds: int
    video_bps: int = 4_872_000
    audio_bps: int = 128_000


TWO_HOURS = Shape(7200)
TEN_MINUTES = Shape(600)
SOUND_ALONE = Shape(600, video_bps=0)
SOUND_OF_A_FILM = Shape(7200, video_bps=0)


def write_archive(path: Path, shape: Shape, *, holes: bool = True) -> Path:
    """Media may be holes where nobody sends them: pages of a hole cost the kernel more than written ones."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = random.Random(20)
    kinds, compositions = _frames(shape.seconds * 30 if shape.video_bps else 0)
    video = array("I", _sizes(rng, shape.video_bps / 30 / 8, [FRAME_WEIGHTS[kind] for kind in kinds]))
    samples = shape.seconds * AUDIO_TIMESCALE // SAMPLE_TICKS if shape.audio_bps else 0
    audio = array("I", _sizes(rng, shape.audio_bps * SAMPLE_TICKS / AUDIO_TIMESCALE / 8, [1.0] * samples))
    lead = made_mp4.ftyp()
    video_offsets, audio_offsets, audio_runs = _interleave(video, audio, len(lead) + 16)
    traks = []
    if video:
        traks.append(_trak(1, "vide", shape, video, video_offsets, [1] * len(video), compositions))
    if audio:
        traks.append(_trak(2, "soun", shape, audio, audio_offsets, audio_runs, []))
    media_bytes = sum(video) + sum(audio)
    with path.open("wb") as file:
        file.write(lead + u32(1) + b"mdat" + made_mp4.u64(16 + media_bytes))
        if holes:
            os.truncate(file.fileno(), len(lead) + 16 + media_bytes)
        else:
            for at in range(0, media_bytes, BLOCK_BYTES):
                file.write(rng.randbytes(min(BLOCK_BYTES, media_bytes - at)))
        file.seek(0, os.SEEK_END)
        file.write(box("moov", made_mp4.mvhd(MOVIE_TIMESCALE), *traks))
    return path


def link(archive: Path, names: Iterable[str]) -> None:
    """Hard links beside `archive`: other ids, the same pages in memory."""
    for name in names:
        path = archive.with_name(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        os.link(archive, path)


def _frames(count: int) -> tuple[str, list[int]]:
    """The kind of each frame in decode order, and its composition offset in ticks."""
    kinds, shown = [], []
    for first in range(0, count, GOP_FRAMES):
        kinds.append("I")
        shown.append(first)
        for anchor in range(first + 4, first + GOP_FRAMES, 4):
            kinds += "PBbb"
            shown += (anchor, anchor - 2, anchor - 3, anchor - 1)
        kinds += "PPP"
        shown += range(first + GOP_FRAMES - 3, first + GOP_FRAMES)
    delays = (at - decoded + REORDERED_FRAMES for decoded, at in enumerate(shown))
    return "".join(kinds), [delay * FRAME_TICKS for delay in delays]


def _sizes(rng: random.Random, mean_bytes: float, weights: Sequence[float]) -> Iterator[int]:
    scale = mean_bytes * len(weights) / sum(weights) if weights else 0
    return (round(scale * weight * rng.uniform(0.8, 1.2)) for weight in weights)


def _interleave(
    video: Sequence[int], audio: Sequence[int], at: int
) -> tuple[array[int], array[int], list[int]]:
    """Offsets of the chunks of both, and how many samples each chunk of audio has."""
    video_offsets, audio_offsets, audio_runs = array("Q"), array("Q"), []
    audio_at = [0, *accumulate(audio)]
    done = 0
    for frame in range(max(len(video), 1)):
        if video:
            video_offsets.append(at)
            at += video[frame]
        is_last = frame + 1 >= len(video)
        due = len(audio) if is_last else min(len(audio), (frame + 1) * 1600 // SAMPLE_TICKS + 1)
        if due > done:
            audio_offsets.append(at)
            audio_runs.append(due - done)
            at += audio_at[due] - audio_at[done]
            done = due
    return video_offsets, audio_offsets, audio_runs


def _trak(
    track_id: int,
    handler: str,
    shape: Shape,
    sizes: array[int],
    offsets: array[int],
    chunk_samples: list[int],
    compositions: list[int],
) -> bytes:
    is_video = handler == "vide"
    timescale, ticks = (VIDEO_TIMESCALE, FRAME_TICKS) if is_video else (AUDIO_TIMESCALE, SAMPLE_TICKS)
    tables = [
        made_mp4.stts((len(sizes), ticks)),
        _stsc(chunk_samples),
        made_mp4.full_box("stsz", u32(0, len(sizes)), _big_endian(sizes)),
        made_mp4.full_box("co64", u32(len(offsets)), _big_endian(offsets)),
    ]
    if is_video:
        tables.append(made_mp4.ctts(*((len(list(run)), delay) for delay, run in groupby(compositions))))
        tables.append(made_mp4.stss(*range(1, len(sizes) + 1, GOP_FRAMES)))
    stbl = box("stbl", made_mp4.stsd(AVC_ENTRY if is_video else AAC_ENTRY), *tables)
    skipped = REORDERED_FRAMES * FRAME_TICKS if is_video else SAMPLE_TICKS
    return box(
        "trak",
        made_mp4.tkhd(track_id),
        box("edts", made_mp4.elst((shape.seconds * MOVIE_TIMESCALE, skipped, 0x10000))),
        box("mdia", made_mp4.mdhd(timescale), made_mp4.hdlr(handler), box("minf", stbl)),
    )


def _stsc(chunk_samples: list[int]) -> bytes:
    """A row where the number of samples changes, as ffmpeg writes."""
    rows = [
        (number, samples, 1)
        for number, samples in enumerate(chunk_samples, start=1)
        if number == 1 or chunk_samples[number - 2] != samples
    ]
    return made_mp4.stsc(*rows)


def _big_endian(values: array[int]) -> bytes:
    swapped = values[:]
    swapped.byteswap()
    return swapped.tobytes()
