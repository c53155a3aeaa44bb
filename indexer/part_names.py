"""The names of tracks in URLs: video, audio-eng, text-deu, text-deu-2."""

from __future__ import annotations

from collections.abc import Iterable

from langcodes import Language


def part_names(tracks: Iterable[tuple[str, str]]) -> list[str]:
    """Of (kind, BCP 47 language) each: unique, stable while the tracks stay the same."""
    names: list[str] = []
    seen: dict[str, int] = {}
    for kind, language in tracks:
        name = kind if language == "und" else f"{kind}-{_three_letters(language)}"
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    return names


def _three_letters(language: str) -> str:
    """The ISO 639-2/T code of a BCP 47 tag, as most archives spell it; the tag where there is none."""
    try:
        return Language.get(language).to_alpha3()
    except LookupError:
        return language.lower()
