"""Files of subtitles that are named after a title, of which a rendition would have to take them.

The cues of texts are in the index of an archive, so `film.deu.srt` beside the renditions of `film`, or in
their folder, belongs to none. It is told where to put it.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from app.archive_id import has_extension
from indexer.subtitles.beside import beside


class StrayText(NamedTuple):
    """`path` is relative to the media folder; `remedy` says where the best rendition would have it."""

    title_id: str
    path: str
    remedy: str


def stray_texts(media_dir: str, best: Mapping[str, str]) -> Iterator[StrayText]:
    """Those of titles, given as id -> id of the best rendition. Each folder is listed once."""
    folders: dict[str, dict[str, str]] = {}
    taken: set[str] = set()
    for title_id in best:
        for folder in (posixpath.dirname(title_id), title_id):
            folders.setdefault(folder, {})[posixpath.basename(title_id)] = title_id
    for folder, titles in sorted(folders.items()):
        try:
            names = os.listdir(os.path.join(media_dir, folder))
        except OSError:  # a title by a list may have no folder
            continue
        archives = {os.path.splitext(name)[0] for name in names if has_extension(name)}
        found = beside(names, archives | titles.keys())
        for stem in sorted(titles.keys() - archives):
            title_id = titles[stem]
            for name in found[stem]:
                instead = best[title_id] + name.removeprefix(stem)
                is_taken = instead in taken or os.path.lexists(os.path.join(media_dir, instead))
                taken.add(instead)
                yield StrayText(title_id, posixpath.join(folder, name), _remedy(instead, is_taken=is_taken))


def _remedy(instead: str, *, is_taken: bool) -> str:
    if not is_taken:
        return f"name it {instead}"
    apart = "remove one, or put a word that tells them apart into the name"
    return f"{instead} is another's name already: {apart}"
