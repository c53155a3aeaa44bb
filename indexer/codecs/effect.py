"""Whether two sample entries of a track mean the same to a decoder, so that one init segment serves both."""

from __future__ import annotations

from dataclasses import replace
from operator import itemgetter

from indexer.codecs import esds
from indexer.codecs.describe import describe_entry
from indexer.codecs.sample_entry import read_audio, read_visual


def same_in_effect(one: bytes, other: bytes) -> bool:
    """Whether two entries of a track differ only in what no decoder reads: bit rates, the compressor's name,
    the order of boxes, QuickTime's extras. Raises as `describe_entry` does unless they are the same bytes.
    """
    return one == other or _effect(one) == _effect(other)


def _effect(entry: bytes) -> tuple[object, ...]:
    served = describe_entry(entry)
    if served.kind == "text":
        return (served.entry,)
    layout = read_visual(served.entry) if served.kind == "video" else read_audio(served.entry)
    boxes = [
        (child.fourcc, esds.read(child.payload) if child.fourcc == "esds" else child.payload)
        for child in layout.children.boxes
        if child.fourcc != "btrt"
    ]
    return replace(served, entry=b""), sorted(boxes, key=itemgetter(0))
