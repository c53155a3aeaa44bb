"""Encode the demo clip: H.264 with B-frames and a key frame every 2 s, AAC, in an ordinary MP4.

Needs `av`, which the extra `demo` brings. The clip gets its name when it is whole.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from fractions import Fraction
from heapq import merge
from pathlib import Path

import av
import click

from indexer.demo.picture import FPS, HEIGHT, WIDTH, draw
from indexer.demo.sound import RATE_HZ, SAMPLE_BYTES, planes

GOP_FRAMES = 2 * FPS
AAC_FRAME = 1024
_BT709 = "colorprim=bt709:transfer=bt709:colormatrix=bt709"
_X264 = f"keyint={GOP_FRAMES}:min-keyint={GOP_FRAMES}:scenecut=0:bframes=3:{_BT709}"


def pictures(seconds: int) -> Iterator[av.VideoFrame]:
    for number in range(seconds * FPS):
        picture = draw(number, seconds * FPS)
        frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
        for plane, samples in zip(frame.planes, (picture.y, picture.cb, picture.cr), strict=True):
            plane.update(bytes(samples))
        frame.pts, frame.time_base = number, Fraction(1, FPS)
        yield frame


def sounds(seconds: int) -> Iterator[av.AudioFrame]:
    sides = planes(seconds)
    for start in range(0, seconds * RATE_HZ, AAC_FRAME):
        stop = min(start + AAC_FRAME, seconds * RATE_HZ)
        frame = av.AudioFrame(format="fltp", layout="stereo", samples=stop - start)
        for plane, side in zip(frame.planes, sides, strict=True):
            plane.update(side[start * SAMPLE_BYTES : stop * SAMPLE_BYTES])
        frame.pts, frame.sample_rate, frame.time_base = start, RATE_HZ, Fraction(1, RATE_HZ)
        yield frame


def encode(path: Path, seconds: int) -> None:
    """Write the clip to `path`, sound and picture interleaved by time; raises OSError and FFmpeg's errors."""
    with av.open(path, "w", format="mp4") as container:
        options = {"preset": "veryfast", "crf": "21", "x264-params": _X264}
        video = container.add_stream("libx264", FPS, options=options)
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        audio = container.add_stream("aac", RATE_HZ, layout="stereo", bit_rate=128_000)
        frames: Iterator[av.VideoFrame | av.AudioFrame]
        frames = merge(pictures(seconds), sounds(seconds), key=lambda frame: frame.time or 0.0)
        for frame in frames:
            if isinstance(frame, av.VideoFrame):
                container.mux(video.encode(frame))
            else:
                container.mux(audio.encode(frame))
        container.mux(video.encode(None))
        container.mux(audio.encode(None))


@click.command()
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--seconds", type=click.IntRange(1, 3600), default=30, show_default=True, help="Its length.")
def main(out: Path, seconds: int) -> None:
    """Write a demo clip to OUT, an .mp4."""
    part = out.with_name(f".{out.name}.{os.getpid()}")  # hidden, so that no origin takes it for an archive
    out.parent.mkdir(parents=True, exist_ok=True)
    try:
        encode(part, seconds)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    click.echo(f"{out}: {seconds} s, {out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
