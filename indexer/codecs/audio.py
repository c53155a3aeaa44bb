"""What an audio codec's module tells of a sample entry; `indexer.codecs.describe` makes a `MediaFormat`."""

from __future__ import annotations

from typing import NamedTuple

TO_AAC = "re-encode the audio (ffmpeg -i IN -c:v copy -c:a aac OUT.mp4)"
"""The remedy for audio that no player takes."""


class AudioCodec(NamedTuple):
    """`fourcc` and `codecs` as served. `channels` and `sample_rate_hz` are what a decoder puts out.

    `boxes` are configurations made anew; of the source's boxes those of other types are kept.
    """

    family: str
    fourcc: str
    codecs: str
    name: str
    channels: int
    sample_rate_hz: int
    bit_depth: int = 0
    hls_channels: str = ""  # where CHANNELS says more than the count
    boxes: tuple[bytes, ...] = ()
