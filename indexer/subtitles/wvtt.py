"""Samples of WebVTT in MP4, `wvtt` (ISO/IEC 14496-30 §6).

A sample is a list of boxes: `vttc` for each cue shown while it lasts, or `vtte` where there is none. A cue
that goes on is repeated by the next sample.
"""

from __future__ import annotations

from indexer.codecs.sample_entry import Children, split
from indexer.subtitles.markup import payload_of_webvtt, settings_of_webvtt


def read_sample(sample: bytes) -> list[tuple[str, str]]:
    """The settings and payload of each cue. Raises `Malformed`."""
    cues = []
    for box in split(sample, "wvtt").boxes:
        if box.fourcc == "vttc":
            parts = split(box.payload, "wvtt/vttc")
            if payload := payload_of_webvtt(_text(parts, "payl")):
                cues.append((settings_of_webvtt(_text(parts, "sttg")), payload))
    return cues


def _text(parts: Children, name: str) -> str:
    return (parts.find(name) or b"").decode("utf-8", "replace")
