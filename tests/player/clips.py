"""Clips whose pictures say which frame they are: what a player shows can be read back and compared.

Each picture holds its frame number in binary, as a row of eight white or black blocks above a moving grey.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from math import pi, sin
from pathlib import Path
from struct import pack
from typing import Any, Literal, NamedTuple

import av

FPS = 25
SECONDS = 5
FRAMES = FPS * SECONDS
WIDTH, HEIGHT, BITS = 320, 180, 8
BLOCK = WIDTH // BITS
RATE_HZ = 48_000
AAC_FRAME = 1024
BLACK, WHITE = 16, 235

VideoEncoder = Literal["libx264", "libx265", "libvpx-vp9"]
CHAPTERS_S = {0.0: "Eins", 2.0: 'Zwei, "quoted"', 3.5: "Drei & <b>"}
TITLE = "Five seconds"


class Sound(NamedTuple):
    """A track: its language (ISO 639-2), what encodes it, its title, and FFmpeg's name for its channels."""

    language: str = "und"
    encoder: Literal["aac", "ac3", "libopus"] = "aac"
    title: str = ""
    layout: Literal["stereo", "5.1"] = "stereo"


def write_clip(
    path: Path,
    *,
    video: VideoEncoder | None = "libx264",
    sounds: Sequence[Sound] = (Sound(),),
    chapters: bool = False,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    seconds: float = SECONDS,
    gop: int = FPS,
) -> Path:
    """An ordinary MP4: H.264 or HEVC with B-frames, or VP9, a key frame each `gop`, and `sounds`. With
    chapters it has a title, too. Frames number 256 at most.
    """
    with av.open(str(path), "w", format="mp4") as container:
        if chapters:
            container.metadata["title"] = TITLE
            container.set_chapters(list(_chapters()))
        packets: list[av.Packet[Any]] = []
        if video:
            picture = container.add_stream(video, FPS, options=_encoding(video, gop))
            picture.width, picture.height, picture.pix_fmt = *size, "yuv420p"
            for number in range(round(seconds * FPS)):
                packets += picture.encode(_picture(number).reformat(*size))
            packets += picture.encode(None)
        for language, encoder, title, layout in sounds:
            sound = container.add_stream(encoder, RATE_HZ, layout=layout)
            sound.metadata.update({"language": language, **({"title": title} if title else {})})
            for at in range(0, round(seconds * RATE_HZ), AAC_FRAME):
                packets += sound.encode(_sound(at, round(seconds * RATE_HZ)))
            packets += sound.encode(None)
        for packet in sorted(packets, key=lambda packet: (packet.dts or 0) * packet.time_base):
            container.mux(packet)
    return path


def _encoding(encoder: VideoEncoder, gop: int) -> dict[str, str]:
    if encoder == "libvpx-vp9":
        return {"deadline": "realtime", "cpu-used": "8", "g": f"{gop}", "keyint_min": f"{gop}"}
    parameters = f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes=2"
    if encoder == "libx264":
        return {"preset": "veryfast", "x264-params": parameters}
    return {"preset": "ultrafast", "x265-params": f"{parameters}:log-level=none"}


def _chapters() -> Iterator[Any]:
    for number, (start_s, end_s) in enumerate(pairwise([*CHAPTERS_S, float(SECONDS)])):
        yield {
            "id": number,
            "start": int(1000 * start_s),
            "end": int(1000 * end_s),
            "time_base": Fraction(1, 1000),
            "metadata": {"title": CHAPTERS_S[start_s]},
        }


def _picture(number: int) -> av.VideoFrame:
    frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
    blocks = (WHITE if number >> bit & 1 else BLACK for bit in reversed(range(BITS)))
    top = b"".join(bytes([grey]) * BLOCK for grey in blocks) * (HEIGHT // 2)
    below = b"".join(bytes([60 + (row + number) % 120]) * WIDTH for row in range(HEIGHT - HEIGHT // 2))
    colourless = bytes([128]) * (WIDTH * HEIGHT // 4)
    for plane, samples in zip(frame.planes, (top + below, colourless, colourless), strict=True):
        width = plane.width
        rows = [samples[start : start + width] for start in range(0, len(samples), width)]
        plane.update(b"".join(row.ljust(plane.line_size, b"\0") for row in rows))
    frame.pts, frame.time_base = number, Fraction(1, FPS)
    return frame


def _sound(at: int, end: int) -> av.AudioFrame:
    stop = min(at + AAC_FRAME, end)
    samples = [0.2 * sin(2 * pi * 440 * each / RATE_HZ) for each in range(at, stop)]
    frame = av.AudioFrame(format="fltp", layout="stereo", samples=len(samples))
    for plane in frame.planes:
        plane.update(pack(f"{len(samples)}f", *samples).ljust(plane.buffer_size, b"\0"))
    frame.pts, frame.sample_rate, frame.time_base = at, RATE_HZ, Fraction(1, RATE_HZ)
    return frame
