"""The names of tracks in URLs: video, audio-eng, text-deu, text-deu-2."""

from __future__ import annotations

from collections.abc import Iterable

from indexer.demux.language import UNDETERMINED, three_letters


def part_names(tracks: Iterable[tuple[str, str]]) -> list[str]:
    """Of (kind, BCP 47 language) each: unique, stable while the tracks stay the same."""
    names: list[str] = []
    seen: dict[str, int] = {}
    for kind, language in tracks:
        name = kind if language == UNDETERMINED else f"{kind}-{three_letters(language) or language.lower()}"
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    return names
