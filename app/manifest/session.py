"""The title and the chapters of a presentation, as session data (EXT-X-SESSION-DATA, RFC 8216bis §4.4.6.4).

The names are Apple's: com.apple.hls.title, and com.apple.hls.chapters, which refers to chapters.json
("Providing JavaScript Object Notation (JSON) chapters").
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from app.clip import WHOLE
from app.manifest.attributes import listed, quoted
from app.manifest.presentation import Presentation
from app.manifest.urls import CHAPTERS, versioned
from app.plan import Plan


def session_tags(shown: Presentation) -> Iterator[str]:
    """Nothing for what has neither. Times of chapters.json count from the start of all, not of a part."""
    if shown.title:
        attributes = {"DATA-ID": quoted("com.apple.hls.title"), "VALUE": quoted(shown.title)}
        yield "#EXT-X-SESSION-DATA:" + listed(attributes)
    if shown.chapters and shown.clip == WHOLE:
        uri = versioned(CHAPTERS, shown.version)
        attributes = {"DATA-ID": quoted("com.apple.hls.chapters"), "URI": quoted(uri)}
        yield "#EXT-X-SESSION-DATA:" + listed(attributes)


def plan_chapters(shown: Presentation) -> Plan:
    """chapters.json; an empty list where there are none."""
    rows = [
        {
            "chapter": chapter.number,
            "start-time": chapter.start_ms / 1000,
            "duration": chapter.duration_ms / 1000,
            "titles": [{"language": "und", "title": chapter.title}],
        }
        for chapter in shown.chapters
    ]
    content = json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()
    return shown.plan("application/json", content)
