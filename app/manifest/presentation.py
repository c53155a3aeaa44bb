"""What a manifest lists: every track apart, each by the folder its URLs begin with.

Of a single archive, all is in one index and folders are its tracks' names. Of a title, whose archives are
renditions of one another: the picture of each, and every sound and text that the best of them has, and those
of the others that differ from these in sense (`app.manifest.sense`), of sounds also in codec or channels. The
playlist of tracks (`app.manifest.multivariant`) and the MPD (`app.manifest.dash`) are both written from this.
"""

from __future__ import annotations

import posixpath
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain, count
from math import ceil
from urllib.parse import quote

from app.clip import WHOLE, Clip
from app.idx.header import TextFacts, TrackFacts, ViewFacts
from app.idx.track_rows import Ints
from app.idx.view import Idx
from app.manifest.chapters import Chapter, chapters_of
from app.manifest.sense import by_sense, first_of_each, sense_of_sound, sense_of_text
from app.plan import FileIdentity, Plan, passing_plan
from app.target_duration import target_duration_s, target_query


@dataclass(frozen=True, slots=True)
class Rendition:
    """A track alone. `folder` is relative to the manifest and ready for a URL: "video", "1080p/video".
    `query` asks for a part, where one is wanted, and for the title's target duration where its own differs.
    """

    idx: Idx
    view_number: int
    folder: str
    query: str = ""

    @property
    def view(self) -> ViewFacts:
        return self.idx.view(self.view_number)

    @property
    def facts(self) -> TrackFacts:
        return self.idx.tracks[self.view.tracks[0]].facts

    def init_of(self, segment: int) -> int:
        """Which init segment applies to a segment."""
        return self.idx.segment_init[segment] if self.idx.segment_init else 0

    def facts_of(self, segment: int) -> TrackFacts:
        """The track as it is in a segment."""
        return self.facts.in_format(self.init_of(segment))

    @property
    def segment_bytes(self) -> Ints:
        return self.idx.view_bytes[self.view_number]


@dataclass(frozen=True, slots=True)
class Subtitles:
    """A text track. `folder` as of a `Rendition`: "text-eng"; `query` likewise."""

    idx: Idx
    facts: TextFacts
    folder: str
    query: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """An archive of a title: its id, its index, and itself as found on disk."""

    id: str
    idx: Idx
    archive: FileIdentity


@dataclass(frozen=True, slots=True)
class Presentation:
    """`lead` has the cuts in time that all renditions share, but for the end, which may differ by a frame or
    some sound; `guards` are the files that all this is from; `clip` is the part that is asked for.
    """

    lead: Idx
    renditions: Sequence[Rendition]
    texts: Sequence[Subtitles]
    title: str
    version: str
    last_modified_s: int
    guards: tuple[FileIdentity, ...]
    clip: Clip = WHOLE

    def of_kind(self, kind: str) -> list[Rendition]:
        return [each for each in self.renditions if each.facts.kind == kind]

    @property
    def webvtt(self) -> list[Subtitles]:
        """The texts that are WebVTT, which HLS and the page show."""
        return [each for each in self.texts if not each.facts.codec]

    @property
    def indexes(self) -> list[Idx]:
        """Those that all this is from, each once, that of `lead` first."""
        listed = [each.idx for each in self.renditions] + [each.idx for each in self.texts]
        return list({id(each): each for each in (self.lead, *listed)}.values())

    @property
    def chapters(self) -> list[Chapter]:
        """Those of the best rendition that has any."""
        return next(filter(None, map(chapters_of, self.indexes)), [])

    def timeline(self, idx: Idx) -> list[int]:
        """When the segments of one of them begin, in its ticks, and when the last ends: with the longest."""
        ends_s = (
            Fraction(each.segment_time[-1] - each.segment_time[0], each.header.timescale)
            for each in self.indexes
        )
        *times, _ = idx.segment_time
        return [*times, times[0] + ceil(max(ends_s) * idx.header.timescale)]

    def clipped(self, clip: Clip) -> Presentation:
        """The same, of a part of the time. Raises `Malformed` where there is nothing."""
        clip.times_s(self.lead)
        return replace(
            self,
            clip=clip,
            renditions=list(self._asking_for(clip)),
            texts=[replace(each, query=clip.query) for each in self.texts],
        )

    def _asking_for(self, clip: Clip) -> Iterator[Rendition]:
        """The renditions, of that part; all in one target duration, as those of one index are anyway."""
        indexes = self.indexes if len(self.indexes) > 1 else []
        targets_s = {id(each): target_duration_s(clip.durations_us(each)) for each in indexes}
        longest_s = max(targets_s.values(), default=0)
        for each in self.renditions:
            parts = [clip.query] if clip.query else []
            if targets_s.get(id(each.idx), 0) < longest_s:
                parts.append(target_query(longest_s))
            yield replace(each, query="&".join(parts))

    def plan(self, content_type: str, content: bytes) -> Plan:
        """The answer whose body is `content`."""
        return passing_plan(content_type, self.last_modified_s, content, self.guards)


def of_archive(idx: Idx, archive: FileIdentity) -> Presentation:
    """The tracks of one archive; its first view is the muxed one."""
    tracks = [Rendition(idx, number, idx.view(number).name) for number in range(1, len(idx.header.views))]
    texts = [Subtitles(idx, text.facts, text.facts.name) for text in idx.texts]
    guards = (idx.identity, archive)
    return Presentation(idx, tracks, texts, idx.header.title, idx.version, archive.modified_s, guards)


def of_title(
    title_id: str, title: str, version: str, record: FileIdentity, members: Sequence[Member]
) -> Presentation:
    """The tracks of archives that are cut alike, the best first; `record` is the file that says so."""
    lead = members[0].idx
    apart = [_tracks(title_id, member) for member in members]
    pictures = [each for tracks in apart for each in tracks if each.facts.kind == "video"]
    sounds = ([each for each in tracks if each.facts.kind == "audio"] for tracks in apart)
    listed = first_of_each(by_sense(own, _sense_and_coding) for own in sounds)
    texts = (by_sense(_texts(title_id, member), lambda text: sense_of_text(text.facts)) for member in members)
    return Presentation(
        lead=lead,
        renditions=[*pictures, *listed.values()],
        texts=list(first_of_each(texts).values()),
        title=next(filter(None, (title, *(each.idx.header.title for each in members))), ""),
        version=version,
        last_modified_s=max(each.archive.modified_s for each in members),
        guards=(record, *(file for each in members for file in (each.idx.identity, each.archive))),
    )


def unused(name: str, taken: Sequence[str]) -> str:
    """`name`, numbered where it is taken: what viewers choose from are names (RFC 8216bis §4.4.6.1)."""
    numbered = (f"{name} {number}" for number in count(2))
    return next(each for each in chain((name,), numbered) if each not in taken)


def _tracks(title_id: str, member: Member) -> list[Rendition]:
    folder = _folder(title_id, member)
    views = enumerate(member.idx.header.views[1:], start=1)
    return [Rendition(member.idx, number, f"{folder}/{view.name}") for number, view in views]


def _texts(title_id: str, member: Member) -> list[Subtitles]:
    folder = _folder(title_id, member)
    return [Subtitles(member.idx, text.facts, f"{folder}/{text.facts.name}") for text in member.idx.texts]


def _sense_and_coding(sound: Rendition) -> Hashable:
    return sense_of_sound(sound.facts), sound.facts.codec, sound.facts.hls_channels


def _folder(title_id: str, member: Member) -> str:
    return quote(posixpath.relpath(member.id, title_id))
