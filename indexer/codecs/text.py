"""Timed text by its sample entry: `tx3g` (3GPP TS 26.245), `wvtt` and `stpp` (ISO/IEC 14496-30), `c608`."""

from __future__ import annotations

import re

from indexer.codecs.sample_entry import fourcc_of

NAMES = {"tx3g": "3GPP timed text", "wvtt": "WebVTT", "stpp": "TTML", "c608": "CEA-608 captions"}
DATA_REFERENCE = slice(14, 16)


def served(entry: bytes) -> bytes:
    """The entry as it is, pointing at the fragment's own file."""
    return entry[: DATA_REFERENCE.start] + b"\0\1" + entry[DATA_REFERENCE.stop :]


def codecs(entry: bytes) -> str:
    """RFC 6381; of `stpp` with the profile, where the entry's MIME type names one (ISO/IEC 14496-30 §7.5)."""
    fourcc = fourcc_of(entry)
    if fourcc == "stpp" and (profile := re.search(rb'codecs="?(im[1-3][ti])', entry)):
        return f"stpp.ttml.{profile[1].decode()}"
    return fourcc
