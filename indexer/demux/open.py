"""Which demuxer reads an archive: told by its first bytes, never by its name."""

from __future__ import annotations

import re

from indexer.box_tree import REMUX
from indexer.demux.mp4 import demux_mp4
from indexer.demux.mp4_layout import TOP_LEVEL_TYPES, ZEROS_BYTES
from indexer.demux.reading import WAIT
from indexer.errors import Malformed, Unfinished, Unsupported
from indexer.source import Source
from indexer.track import Movie

_LEAST_BYTES = 12
_SNIFFED_BYTES = 4 + 192 + 1

_FOREIGN = (
    (rb"\x1aE\xdf\xa3", "Matroska or WebM"),
    (rb"RIFF.{4}(?:AVI |WAVE)", "AVI or WAV"),
    (rb"FLV\x01", "Flash video"),
    (rb"OggS", "Ogg"),
    (rb"\x30\x26\xb2\x75", "Windows Media"),
    (rb"\x00\x00\x01\xba", "an MPEG program stream"),
    (rb"\x47.{187}\x47|.{4}\x47.{191}\x47", "an MPEG transport stream"),  # ISO/IEC 13818-1 §2.4.3.2; M2TS
    (rb"ID3", "MP3"),
    (rb"fLaC", "FLAC"),
)
"""What else lies in folders of archives, by its first bytes; named so that the remedy is plain."""


def demux(source: Source) -> Movie:
    """The tracks of an archive and their samples. Raises `SourceError` and nothing else."""
    head = source.pread(0, min(_SNIFFED_BYTES, source.size_bytes))
    if len(head) < _LEAST_BYTES:
        raise Unfinished(f"has only {len(head)} bytes so far", remedy="index it again when it is complete")
    if head[4:8].decode("latin-1") in TOP_LEVEL_TYPES:
        return demux_mp4(source)
    if not any(source.pread(0, min(ZEROS_BYTES, source.size_bytes))):
        raise Unfinished("begins with zeros", remedy=WAIT)
    for magic, name in _FOREIGN:
        if re.match(magic, head, re.DOTALL):
            raise Unsupported(f"is {name}", remedy=REMUX)
    raise Malformed("does not begin with a box of an MP4 file", remedy="is it an MP4, M4A or MOV at all?")
