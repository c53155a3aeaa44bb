"""Very many archives that need the disk of one: hard links of an archive and of its index, each an id."""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from app.idx.view import Idx, open_idx
from app.manifest.urls import segment_name
from indexer.archives import find_archives
from indexer.pipeline import Options, index_archive
from tests.bench.archive import Shape, write_archive

NAME = "film"
SUNG = "sung"
"""The folder of the one archive that has a sidecar."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """`count` archives, alike in every byte; ids are 0/film, 1/film, … `sung` is the index of one more, whose
    audio is in a sidecar.
    """

    media_dir: Path
    index_dir: Path
    count: int
    idx: Idx
    sung: Idx

    def target(self, archive: int, segment: int, view: str = "muxed") -> str:
        part = "" if view == "muxed" else view + "/"
        return f"/v/{archive}/{NAME}/{part}{segment_name(segment)}?v={self.idx.version}"

    def watched(self, viewers: int, segments: int, view: str = "muxed") -> list[str]:
        """Targets that nobody has asked for before: so many viewers, in turn, watch an archive each, then
        another. They are a segment ahead of each other, as strangers are not in step. All but archive 0.
        """
        moments = (self.count - 1) // viewers * segments - viewers
        moments_of_each = product(range(moments), range(viewers))
        at = ((viewer, *divmod(moment + viewer, segments)) for moment, viewer in moments_of_each)
        return [self.target(1 + seen * viewers + viewer, segment, view) for viewer, seen, segment in at]

    def sung_target(self, segment: int) -> str:
        return f"/v/{SUNG}/{NAME}/audio/{segment_name(segment)}?v={self.sung.version}"


def make_catalogue(folder: Path, shape: Shape, count: int) -> Catalogue:
    media_dir, index_dir = folder / "media", folder / "index"
    archive = write_archive(media_dir / "0" / f"{NAME}.mp4", shape, holes=False)
    first = index(archive, media_dir, index_dir)
    for number in range(1, count):
        for root, file in ((media_dir, archive), (index_dir, first)):
            (root / str(number)).mkdir()
            os.link(file, root / str(number) / file.name)
    (media_dir / SUNG).mkdir()
    os.link(archive, media_dir / SUNG / archive.name)
    sung = index(media_dir / SUNG / archive.name, media_dir, index_dir, Options(audio_sidecar=True))
    _read(archive)
    return Catalogue(media_dir, index_dir, count, open_idx(str(first)), open_idx(str(sung)))


def index(
    archive: Path, media_dir: Path, index_dir: Path | None = None, options: Options | None = None
) -> Path:
    """Index one archive; where its index is. Raises `RuntimeError` where it is refused."""
    (found,) = find_archives([str(archive)], str(media_dir), str(index_dir or media_dir))
    outcome = index_archive(found, options or Options())
    if outcome.status != "indexed":
        raise RuntimeError(outcome.text)
    return Path(found.index_path)


def _read(path: Path) -> None:
    """Bring a file into memory."""
    with path.open("rb") as file:
        while file.read(1 << 24):
            pass
