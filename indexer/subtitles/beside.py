"""Files of subtitles beside an archive, found and understood by their names.

`film.srt`, `film.eng.srt`, `film.de.forced.ass`, `film.pt-BR.sdh.vtt`, `film.eng.Commentary.srt` go with
`film.mp4`. Between the archive's name and the extension stand, in any order, one language (any tag or code
that langcodes knows), the words forced, sdh, cc and hi, and words that are its title.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import NamedTuple

from indexer.demux.language import UNDETERMINED, from_tag

CODINGS = {".srt": "SubRip", ".vtt": "WebVTT", ".ass": "SubStation Alpha 4+", ".ssa": "SubStation Alpha"}
"""By extension."""

_FORCED = frozenset({"forced", "foreign"})
_HEARING_IMPAIRED = frozenset({"sdh", "cc"})
_HEARING_IMPAIRED_OR_HINDI = "hi"
_IGNORED = frozenset({"default", "full"})


class Meaning(NamedTuple):
    """What the name of a file says."""

    language: str
    title: str
    forced: bool
    hearing_impaired: bool


def beside(names: Iterable[str], stems: Iterable[str]) -> dict[str, list[str]]:
    """Which of a folder's names go with each archive, given without extension; in order.

    Where two archives could have a file, as `film.mp4` and `film.eng.mp4` could `film.eng.srt`, it is the one
    whose name is longer.
    """
    found: dict[str, list[str]] = {stem: [] for stem in stems}
    for name in sorted(names):
        if extension_of(name) not in CODINGS or name.startswith("."):
            continue
        stem = os.path.splitext(name)[0]
        while stem and stem not in found:
            stem = stem.rpartition(".")[0]
        if stem:
            found[stem].append(name)
    return found


def spelled(path: str) -> str:
    """The name of a file as an index, which is UTF-8, can hold it: bytes that are not are escaped."""
    return os.path.basename(path).encode(errors="backslashreplace").decode()


def extension_of(name: str) -> str:
    return os.path.splitext(name)[1].lower()


def meaning_of(name: str, archive_stem: str) -> Meaning:
    """Of a file's name; `archive_stem` is that of the archive, without extension."""
    language, forced, hearing_impaired, title = UNDETERMINED, False, False, []
    for word in os.path.splitext(name)[0][len(archive_stem) :].split("."):
        lower = word.lower()
        if lower in _FORCED:
            forced = True
        elif lower in _HEARING_IMPAIRED or (lower == _HEARING_IMPAIRED_OR_HINDI and language != UNDETERMINED):
            hearing_impaired = True
        elif language == UNDETERMINED and (found := from_tag(word.replace("_", "-"))) != UNDETERMINED:
            language = found
        elif word and lower not in _IGNORED:
            title.append(word)
    return Meaning(language, " ".join(title), forced, hearing_impaired)
