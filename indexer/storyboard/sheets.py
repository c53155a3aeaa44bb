"""`python -m indexer.storyboard.sheets`: pictures of an archive on sheets, by PyAV, in a process of its own.

It reads one job (msgpack) from standard input and writes one answer to standard output: the numbers of the
pictures that could be decoded, in order, and the sheets as JPEGs. What it is told to decode may be hostile:
it has no more memory than stated here, and whoever starts it keeps the time.
"""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Iterator
from fractions import Fraction
from io import BytesIO
from typing import Any

import av
import msgpack

MEMORY_BYTES = 4 << 30
QUALITY = 5
"""mjpeg's quantiser, 2 (best) to 31."""
BLACK = (0, 128, 128)
"""Y, Cb and Cr."""

Planes = list[list[bytes]]
"""The rows of each of the three planes, 4:2:0."""


class Fragments:
    """An init segment and fragments as one stream: heads are given, samples lie in the archive."""

    def __init__(self, descriptor: int, init: bytes, fragments: list[tuple[int, bytes, int, int]]) -> None:
        self._descriptor = descriptor
        self._rest = BytesIO(init)
        self._fragments = iter(fragments)

    def read(self, size: int) -> bytes:
        while not (content := self._rest.read(size)):
            try:
                _, head, offset, length = next(self._fragments)
            except StopIteration:
                return b""
            self._rest = BytesIO(head + os.pread(self._descriptor, length, offset))
        return content


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    av.logging.set_level(av.logging.PANIC)
    job = msgpack.unpackb(sys.stdin.buffer.read(), use_list=False)
    descriptor = os.open(job["archive"], os.O_RDONLY | os.O_CLOEXEC)
    numbers: list[int] = []
    sheets: list[bytes] = []
    tiles: list[Planes] = []
    for number, tile in _tiles(descriptor, job):
        numbers.append(number)
        tiles.append(tile)
        if len(tiles) == job["columns"] * job["rows"]:
            sheets.append(_sheet(tiles, job))
            tiles = []
    if tiles:
        sheets.append(_sheet(tiles, job))
    sys.stdout.buffer.write(msgpack.packb((numbers, sheets)))


def _tiles(descriptor: int, job: dict[str, Any]) -> Iterator[tuple[int, Planes]]:
    """Each picture that decodes, with its number. Each is decoded alone, so that no other harms it."""
    for stream in job["streams"]:
        numbers = iter([number for number, *_ in stream["fragments"]])
        file = Fragments(descriptor, stream["init"], stream["fragments"])
        with av.open(file, "r", format="mov") as container:
            decoder = container.streams.video[0].codec_context
            for packet in container.demux(video=0):
                if not packet.size:
                    continue
                number = next(numbers)
                try:
                    frames = [*decoder.decode(packet), *decoder.decode(None)]
                except av.FFmpegError:
                    frames = []
                decoder.flush_buffers()
                if frames:
                    yield number, _tile(frames[0], job["width"], job["height"])


def _tile(frame: av.VideoFrame, width: int, height: int) -> Planes:
    turns = frame.rotation // 90 % 4
    size = (height, width) if turns % 2 else (width, height)
    small = frame.reformat(*size, format="yuvj420p", interpolation="AREA", dst_color_range="JPEG")
    planes = [_rows(plane) for plane in small.planes]
    for _ in range(turns):  # each a quarter counter-clockwise
        planes = [[bytes(column) for column in zip(*rows, strict=True)][::-1] for rows in planes]
    return planes


def _rows(plane: Any) -> list[bytes]:
    content, stride = bytes(plane), plane.line_size
    return [content[at : at + plane.width] for at in range(0, plane.height * stride, stride)]


def _sheet(tiles: list[Planes], job: dict[str, Any]) -> bytes:
    """The tiles in rows from the top left, as few rows as they need."""
    columns, width, height = job["columns"], job["width"], job["height"]
    picture = av.VideoFrame(columns * width, -(-len(tiles) // columns) * height, "yuvj420p")
    picture.pts = 0
    for number, plane in enumerate(picture.planes):
        blank = bytes([BLACK[number]]) * (plane.width // columns)
        lines = []
        for first in range(0, len(tiles), columns):
            row = [tile[number] for tile in tiles[first : first + columns]]
            lines += [b"".join(parts) for parts in zip(*row, strict=True)]
        width_of_row = columns * len(blank)
        padded = (line + blank * ((width_of_row - len(line)) // len(blank)) for line in lines)
        plane.update(b"".join(line.ljust(plane.line_size, b"\0") for line in padded))
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt = picture.width, picture.height, "yuvj420p"
    encoder.time_base = Fraction(1)
    encoder.qmin = encoder.qmax = QUALITY
    return b"".join(bytes(packet) for packet in [*encoder.encode(picture), *encoder.encode(None)])


if __name__ == "__main__":
    main()
