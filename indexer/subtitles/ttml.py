"""`stpp` (ISO/IEC 14496-30 §7): documents of TTML, passed through as they are.

Their times count from the start of the track's own timeline, so that has to be the archive's.
"""

from __future__ import annotations

import re

from indexer.codecs.unserved import PUT_BESIDE
from indexer.errors import Malformed, Unsupported
from indexer.init_segment import InitTrack, build_init
from indexer.subtitles.placing import Span
from indexer.track import Track

ENTRY_HEAD_BYTES = 16
ENTRY_STRINGS = 3
"""Namespaces, where their schemas are, MIME types of pictures and fonts that documents refer to."""
_PROFILE = re.compile(rb'codecs="?(im[1-3][ti])')
"""In the entry's MIME type, where that names one (§7.5)."""
_DATA_REFERENCE = slice(14, 16)
AS_IT_IS = Span(0, None, 0)


def codec_of(track: Track, used: list[int], spans: list[Span]) -> str:
    """RFC 6381. Raises `Unsupported` for what cannot be passed through, `Malformed` for a broken entry."""
    if len(used) > 1:
        raise Unsupported("TTML (stpp) whose description changes", remedy=PUT_BESIDE, where="stpp")
    entry = track.sample_entries[used[0]]
    strings = entry[ENTRY_HEAD_BYTES:].split(b"\0", ENTRY_STRINGS)
    if len(strings) < ENTRY_STRINGS:
        raise Malformed("its sample entry does not name its namespaces", remedy=PUT_BESIDE, where="stpp")
    profile = _PROFILE.search(entry)
    codec = f"stpp.ttml.{profile[1].decode()}" if profile else "stpp"
    if strings[2] or codec.endswith("i"):
        raise Unsupported("TTML (stpp) with pictures or fonts of its own", remedy=PUT_BESIDE, where="stpp")
    if spans != [AS_IT_IS]:
        raise Unsupported("TTML (stpp) that its edit list moves in time", remedy=PUT_BESIDE, where="stpp")
    return codec


def init_of(track: Track, number: int, timescale: int) -> bytes:
    """The init segment of its entry `number`; fragments are in `timescale`."""
    served = InitTrack(
        track_id=1,
        handler="subt",
        timescale=timescale,
        entry=_served(track.sample_entries[number]),
        language=track.language,
        title=track.title,
        matrix=track.matrix,
        width_16_16=track.width_16_16,
        height_16_16=track.height_16_16,
        roles=track.kind_roles,
    )
    return build_init([served], timescale=timescale)


def _served(entry: bytes) -> bytes:
    """The entry as it is, pointing at the fragment's own file."""
    return entry[: _DATA_REFERENCE.start] + b"\0\1" + entry[_DATA_REFERENCE.stop :]


def read_sample(sample: bytes) -> list[tuple[str, str]]:
    """Raises `Malformed` where it is no text."""
    try:
        return [("", sample.decode())] if sample else []
    except UnicodeDecodeError as error:
        rule = "has a document of TTML that is not UTF-8"
        raise Malformed(rule, remedy=PUT_BESIDE, where="stpp") from error
