"""What people are shown to choose a sound or subtitles by: "English", "Deutsch", "Français (forced)".

A track's own title; else its language, as it calls itself (CLDR, of langcodes' data); else what it is.
"""

from __future__ import annotations

from langcodes import Language

from indexer.demux.language import UNDETERMINED

_NAMELESS = "Unknown language"
"""What langcodes calls a language of which it knows no name."""

AUDIO, SUBTITLES = "Audio", "Subtitles"


def label_of_sound(title: str, language: str) -> str:
    return title or _autonym(language) or AUDIO


def label_of_text(title: str, language: str, *, forced: bool, hearing_impaired: bool) -> str:
    marks = " (forced)" * forced + " (SDH)" * hearing_impaired
    return title or (_autonym(language) or SUBTITLES) + marks


def _autonym(language: str) -> str:
    """The tag where the language has no name; "" where there is no language. Names take 50 ms to load."""
    if language == UNDETERMINED:
        return ""
    name = Language.get(language).autonym()
    if name.startswith(_NAMELESS):
        return language
    return name[0].title() + name[1:]  # not upper(): Georgian has no capital for the start of a word
