"""`udta`: the title and chapters of a download, as players of files read them.

The title is an item of an iTunes list, chapters are Nero's `chpl`: the forms that most players know. Neither
is of a standard; Apple's QuickTime File Format has the list.
"""

from __future__ import annotations

import struct
from math import inf

from app.clip import Clip
from app.cmaf.box import box
from app.download.spans import shift_ms
from app.idx.view import Idx
from app.manifest.chapters import chapters_of

MAX_CHAPTERS = 255
MAX_TITLE_BYTES = 255
"""What a byte counts."""
_UTF_8 = struct.pack(">II", 1, 0)
_UNITS_PER_MS = 10_000


def user_data(idx: Idx, clip: Clip) -> bytes:
    """The box, or nothing where there is nothing to tell."""
    parts = (*_title(idx.header.title), *_chapters(idx, clip))
    return box("udta", *parts) if parts else b""


def _title(title: str) -> list[bytes]:
    if not title:
        return []
    handler = box("hdlr", bytes(8), b"mdirappl", bytes(9))
    item = box("\xa9nam", box("data", _UTF_8, title.encode("utf-8", "replace")))
    return [box("meta", bytes(4), handler, box("ilst", item))]


def _chapters(idx: Idx, clip: Clip) -> list[bytes]:
    """Those of which something is in the clip, in its time; the first begins with the download."""
    entries = []
    for chapter in chapters_of(idx, clip.start_ms, inf if clip.end_ms is None else clip.end_ms):
        title = chapter.title.encode("utf-8", "replace")[:MAX_TITLE_BYTES].decode("utf-8", "ignore").encode()
        at_ms = max(0, chapter.start_ms + shift_ms(idx, clip)) if chapter.start_ms else 0
        entries.append(struct.pack(">QB", at_ms * _UNITS_PER_MS, len(title)) + title)
    del entries[MAX_CHAPTERS:]
    return [box("chpl", struct.pack(">IIB", 1 << 24, 0, len(entries)), *entries)] if entries else []
