"""What people are shown to choose a sound or subtitles by: "English", "Deutsch", "Français (forced)".

A track's own title; else its language, as it calls itself (CLDR, of langcodes' data); else what it is.
And what titles say that a sound is for.
"""

from __future__ import annotations

import re

from indexer.demux.language import autonym

AUDIO, SUBTITLES = "Audio", "Subtitles"
_SAID = {
    "description": re.compile(
        r"\b(?:audio[ -]?descri\w+|descriptive|described|visually impaired)\b", re.IGNORECASE
    ),
    "commentary": re.compile(r"\bcommentar(?:y|ies)\b", re.IGNORECASE),
}
"""By role (ISO/IEC 23009-1 table 34), the words that tell of it in titles."""


def label_of_sound(title: str, language: str) -> str:
    return title or autonym(language) or AUDIO


def roles_of_sound(stated: tuple[str, ...], title: str) -> tuple[str, ...]:
    """What a sound is for: what the archive states of it, and what its title says."""
    said = (role for role, words in _SAID.items() if words.search(title))
    return tuple(dict.fromkeys((*stated, *said)))


def label_of_text(title: str, language: str, *, forced: bool, hearing_impaired: bool) -> str:
    marks = " (forced)" * forced + " (SDH)" * hearing_impaired
    return title or (autonym(language) or SUBTITLES) + marks
