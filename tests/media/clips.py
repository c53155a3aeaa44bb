"""Clips from real encoders (PyAV), for what has to please a decoder; each is encoded once a session.

Pictures are small and move, sound is a tone a track. Durations are seconds, rates Hz.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import pi, sin
from pathlib import Path
from struct import pack
from typing import Any

import av

WIDTH, HEIGHT = 64, 48
AAC_FRAME = 1024
FLAGS = {(True, False): "faststart", (False, True): "frag_keyframe+empty_moov+default_base_moof"}
"""`movflags` by (faststart, fragmented)."""


@dataclass(frozen=True, slots=True)
class Clip:
    """What to encode. `languages` has an entry an audio track, ISO 639-2; `fps` 0: no video."""

    seconds: int = 4
    fps: int = 25
    gop: int = 25
    b_frames: int = 2
    rate_hz: int = 48_000
    languages: tuple[str, ...] = ("und",)
    faststart: bool = False
    fragmented: bool = False


def clip_file(clip: Clip, folder: Path) -> Path:
    """The clip as a file of `folder`, encoded unless it is there already."""
    path = folder / f"{hashlib.sha256(repr(clip).encode()).hexdigest()[:16]}.mp4"
    if not path.exists():
        _encode(clip, path)
    return path


def _encode(clip: Clip, path: Path) -> None:
    options = {"movflags": flags} if (flags := FLAGS.get((clip.faststart, clip.fragmented))) else {}
    with av.open(str(path), "w", format="mp4", options=options) as container:
        streams: list[tuple[av.VideoStream | av.AudioStream, Iterator[av.VideoFrame | av.AudioFrame]]] = []
        if clip.fps:
            x264 = f"keyint={clip.gop}:min-keyint={clip.gop}:scenecut=0:bframes={clip.b_frames}:threads=1"
            video = container.add_stream(
                "libx264", clip.fps, options={"preset": "ultrafast", "x264-params": x264}
            )
            video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
            streams.append((video, _pictures(clip)))
        for number, language in enumerate(clip.languages):
            audio = container.add_stream("aac", clip.rate_hz, layout="stereo")
            audio.metadata["language"] = language
            streams.append((audio, _sound(clip, 220.0 * (number + 1))))
        packets = [packet for stream, frames in streams for packet in _packets(stream, frames)]
        for packet in sorted(packets, key=_decoded_s):
            container.mux(packet)


def _packets(stream: Any, frames: Iterator[av.VideoFrame | av.AudioFrame]) -> Iterator[Any]:
    """`Any`: the stubs of PyAV know packets and encoders of each kind only apart."""
    for frame in (*frames, None):
        yield from stream.encode(frame)


def _decoded_s(packet: Any) -> Fraction:
    seconds: Fraction = packet.dts * packet.time_base
    return seconds


def _pictures(clip: Clip) -> Iterator[av.VideoFrame]:
    for number in range(clip.seconds * clip.fps):
        frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes((at + 3 * number) % 251 for at in range(plane.buffer_size)))
        frame.pts, frame.time_base = number, Fraction(1, clip.fps)
        yield frame


def _sound(clip: Clip, tone_hz: float) -> Iterator[av.AudioFrame]:
    total = clip.seconds * clip.rate_hz
    for first in range(0, total, AAC_FRAME):
        count = min(AAC_FRAME, total - first)
        wave = [0.3 * sin(2 * pi * tone_hz * (first + at) / clip.rate_hz) for at in range(count)]
        frame = av.AudioFrame(format="fltp", layout="stereo", samples=count)
        for plane in frame.planes:
            plane.update(pack(f"{count}f", *wave).ljust(plane.buffer_size, b"\0"))
        frame.pts, frame.sample_rate, frame.time_base = first, clip.rate_hz, Fraction(1, clip.rate_hz)
        yield frame
