"""What a manifest lists: every track apart, each by the folder its URLs begin with.

Of a single archive, all is in one index and folders are its tracks' names. The playlist of tracks
(`app.manifest.multivariant`) and the MPD (`app.manifest.dash`) are both written from this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.idx.header import TextFacts, TrackFacts, ViewFacts
from app.idx.view import Idx, Ints


@dataclass(frozen=True, slots=True)
class Rendition:
    """A track alone. `folder` is relative to the manifest and ready for a URL: "video", "1080p/video"."""

    idx: Idx
    view_number: int
    folder: str

    @property
    def view(self) -> ViewFacts:
        return self.idx.view(self.view_number)

    @property
    def facts(self) -> TrackFacts:
        return self.idx.tracks[self.view.tracks[0]].facts

    @property
    def segment_bytes(self) -> Ints:
        return self.idx.view_bytes[self.view_number]


@dataclass(frozen=True, slots=True)
class Subtitles:
    """A text track. `folder` as of a `Rendition`: "text-eng"."""

    idx: Idx
    facts: TextFacts
    folder: str


@dataclass(frozen=True, slots=True)
class Presentation:
    """`lead` has the cuts in time that all renditions share."""

    lead: Idx
    renditions: Sequence[Rendition]
    texts: Sequence[Subtitles] = ()

    def of_kind(self, kind: str) -> list[Rendition]:
        return [each for each in self.renditions if each.facts.kind == kind]


def of_archive(idx: Idx) -> Presentation:
    """The tracks of one archive; its first view is the muxed one."""
    renditions = [Rendition(idx, number, idx.view(number).name) for number in range(1, len(idx.header.views))]
    texts = [Subtitles(idx, text.facts, text.facts.name) for text in idx.texts]
    return Presentation(idx, renditions, texts)
