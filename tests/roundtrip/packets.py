"""Packets of a file or a playlist, as ffmpeg's demuxers hand them to a player (PyAV, in this process).

Times are ticks of the stream's `time_base`, a number of seconds; None where ffmpeg does not tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO
from typing import Any

import av

IGNORE_EDITS = {"ignore_editlist": "1"}
"""Every sample of an MP4 at its media time, also those that its edit list leaves out."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One access unit. `position` is its offset in the file, which tells samples of one file apart."""

    payload: bytes
    is_key: bool
    pts: int | None
    dts: int | None
    duration: int | None
    position: int | None
    is_discarded: bool


@dataclass(frozen=True, slots=True)
class Stream:
    """Packets of one track in the order they are read. `track_id` is that of the container."""

    kind: str
    codec: str
    track_id: int
    time_base: Fraction
    packets: tuple[Packet, ...]


def read_streams(place: str | BytesIO, options: dict[str, str] | None = None) -> list[Stream]:
    """The video and audio streams at a path, at a URL, or in memory."""
    with av.open(place, "r", options=options or {}) as container:
        found: dict[int, list[Packet]] = {stream.index: [] for stream in container.streams}
        for packet in container.demux():
            if packet.size:
                found[packet.stream_index].append(_packet(packet))
        return [
            Stream(
                stream.type,
                stream.codec_context.name if stream.codec_context else "",
                stream.id,
                stream.time_base,
                tuple(found[stream.index]),
            )
            for stream in container.streams
            if stream.type in ("video", "audio") and stream.time_base
        ]


def _packet(packet: av.Packet[Any]) -> Packet:
    return Packet(
        payload=bytes(packet),
        is_key=packet.is_keyframe,
        pts=packet.pts,
        dts=packet.dts,
        duration=packet.duration,
        position=packet.pos,
        is_discarded=packet.is_discard,
    )
