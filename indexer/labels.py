"""What people are shown to choose a sound or subtitles by: "English", "Deutsch", "Français (forced)".

A track's own title; else its language, as it calls itself (CLDR, of langcodes' data); else what it is.
"""

from __future__ import annotations

from indexer.demux.language import autonym

AUDIO, SUBTITLES = "Audio", "Subtitles"


def label_of_sound(title: str, language: str) -> str:
    return title or autonym(language) or AUDIO


def label_of_text(title: str, language: str, *, forced: bool, hearing_impaired: bool) -> str:
    marks = " (forced)" * forced + " (SDH)" * hearing_impaired
    return title or (autonym(language) or SUBTITLES) + marks
