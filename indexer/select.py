"""Which tracks of an archive are served, and under which names.

The rule: one video and every audio track that has samples and a codec that HLS players take; subtitles are
another module's (`indexer.subtitles.tracks`), and no archive is served for them alone. Where several
videos qualify, or for the one audio of the muxed stream: enabled tracks before disabled ones, then those
that more players can be expected to play, then the order of the archive. Everything else is passed over
with a note. But an archive whose only moving pictures cannot be served is refused rather than served
without them; and so is one whose only video or audio is damaged, or has an edit list that cannot be served.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import NamedTuple

from app.cmaf.fragment import SYNC_FLAGS
from indexer.codecs import pcm
from indexer.codecs.describe import describe, effect
from indexer.codecs.media_format import MediaFormat
from indexer.codecs.unserved import CONVERT, PUT_BESIDE
from indexer.edits import shown
from indexer.errors import LimitExceeded, Malformed, SourceError, Unplaceable, Unsupported
from indexer.limits import MAX_FORMAT_CHANGES, MAX_PCM_PACKETS
from indexer.part_names import part_names
from indexer.sample_cuts import grouped
from indexer.track import Movie, Samples, Track

_HANDLERS = {"vide": "video", "soun": "audio"}
TEXT_HANDLERS = frozenset({"text", "sbtl", "subt", "subp", "clcp"})
FEW_SAMPLES = 256
PCM_PACKET_FRAMES, MAX_PCM_FRAME_BYTES = 1024, 1024


class Change(NamedTuple):
    """From sample `first_sample` on, `ServedTrack.formats[format_number]` applies."""

    first_sample: int
    format_number: int


class ServedTrack(NamedTuple):
    """`name` is the track's part of a URL: unique in the archive, stable while its tracks stay the same.

    `formats` has the track's sample descriptions, those that are the same in effect once; `changes` says
    which applies where, from sample 0 on.
    """

    name: str
    track: Track
    formats: tuple[MediaFormat, ...]
    changes: tuple[Change, ...]

    @property
    def format(self) -> MediaFormat:
        """The first, which stands for the track where playlists tell of one."""
        return self.formats[0]


class Selection(NamedTuple):
    """`tracks` has the video first, then the audio of the muxed stream, then the rest in archive order."""

    tracks: tuple[ServedTrack, ...]
    notes: tuple[str, ...]


def select(movie: Movie) -> Selection:
    """Raises `Unsupported` where the archive cannot be served, `Malformed` where a sample entry is broken."""
    if not movie.tracks:
        raise Unsupported("has no track with samples", remedy="record or export it again")
    found, notes = _sorted_out(movie)
    videos, audios = _ranked(found["video"]), _ranked(found["audio"])
    notes += [f"track {each.track.track_id} passed over: another video is served" for each in videos[1:]]
    chosen = videos[:1]
    for audio in audios:
        if chosen and len(audio.formats) > 1:
            notes.append(f"track {audio.track.track_id} passed over: its format changes on the way")
        else:
            chosen.append(audio)
    if not chosen:
        texts = [track for track in movie.tracks if track.handler in TEXT_HANDLERS]
        notes += [f"track {each.track_id} ({each.handler}): subtitles alone are not served" for each in texts]
        remedy = PUT_BESIDE if len(texts) == len(movie.tracks) else CONVERT
        raise Unsupported("; ".join(["no track can be served", *notes]), remedy=remedy)
    return Selection(tuple(_named(chosen)), tuple(notes))


def _sorted_out(movie: Movie) -> tuple[dict[str, list[ServedTrack]], list[str]]:
    """The tracks that can be served, by kind, and notes on the others. Raises what refuses the archive."""
    notes: list[str] = []
    found: dict[str, list[ServedTrack]] = {"video": [], "audio": []}
    lost: dict[str, SourceError] = {}
    for broken in movie.lost:
        lost.setdefault(_HANDLERS[broken.handler], broken.error)
    for track in movie.tracks:
        if track.handler in TEXT_HANDLERS:
            continue
        try:
            served = _qualify(movie, track)
        except (Malformed, Unsupported) as error:
            name = f"track {track.track_id} ({track.handler})"
            notes.append(f"{name} passed over: {error.rule}")
            if isinstance(error, (Malformed, Unplaceable)):
                lost.setdefault(_HANDLERS[track.handler], error)
            elif track.handler == "vide" and track.samples.count > 1:
                lost.setdefault("video", Unsupported(error.rule, remedy=error.remedy, where=name))
        else:
            found[served.format.kind].append(served)
    for kind, reason in lost.items():
        if not found[kind]:
            raise reason
    return found, notes


def _qualify(movie: Movie, track: Track) -> ServedTrack:
    """Raises `Unsupported` or `Malformed` for what is wrong with the track."""
    served = _described(track)
    visible = shown(movie, track)
    if visible is not track:
        served = _described(visible)
    return served if movie.fragmented else _in_packets(served)


def _in_packets(served: ServedTrack) -> ServedTrack:
    """With as many frames of uncompressed sound in a sample as ffmpeg reads at once and puts into fragments;
    of one each, players would have to deal with 48,000 a second.
    """
    samples, is_pcm = served.track.samples, served.format.fourcc in pcm.SAMPLE_SIZES
    size, is_one_frame = samples.size_bytes, samples.duration_ticks == 1
    if not (is_pcm and is_one_frame and isinstance(size, int) and 0 < size <= MAX_PCM_FRAME_BYTES):
        return served
    in_order = isinstance(samples.composition_ticks, int)
    packets = len(samples.chunk_offset) + samples.count // PCM_PACKET_FRAMES
    if not in_order or packets > MAX_PCM_PACKETS or len(served.changes) > 1:
        return served
    samples = replace(samples, flags=SYNC_FLAGS)  # whatever 'stss' says: no frame needs another
    return served._replace(track=replace(served.track, samples=grouped(samples, PCM_PACKET_FRAMES)))


def _described(track: Track) -> ServedTrack:
    if track.handler not in _HANDLERS:
        raise Unsupported(f"its handler is {track.handler!r}, neither video nor audio", remedy=CONVERT)
    if not track.samples.count:
        raise Unsupported("it has no samples", remedy=CONVERT)
    formats: list[MediaFormat] = []
    number_of: dict[int, int] = {}
    number_by_effect: dict[Hashable, int] = {}
    changes: list[Change] = []
    for first_sample, description in _descriptions(track):
        if description not in number_of:
            described = describe(track, description)
            same = effect(described.entry) if len(track.sample_entries) > 1 else None
            number_of[description] = number_by_effect.setdefault(same, len(formats))
            if number_of[description] == len(formats):
                formats.append(described)
        if not changes or changes[-1].format_number != number_of[description]:
            changes.append(Change(first_sample, number_of[description]))
    if len(changes) - 1 > MAX_FORMAT_CHANGES:
        raise LimitExceeded(
            f"track {track.track_id} changes its format more than {MAX_FORMAT_CHANGES} times",
            remedy="write it anew in one format",
        )
    if track.handler == "soun" and _counts_bytes(track.samples):
        raise Unsupported("its sample table counts bytes of sound, not samples", remedy=CONVERT)
    return ServedTrack(formats[0].kind, track, tuple(formats), tuple(changes))


def _counts_bytes(samples: Samples) -> bool:
    """Old QuickTime listed some compressed sound as samples of one byte and one tick."""
    return samples.size_bytes == samples.duration_ticks == 1 and samples.count > FEW_SAMPLES


def _descriptions(track: Track) -> list[tuple[int, int]]:
    """(first sample, sample description) wherever the description changes from one chunk to the next."""
    column = track.samples.chunk_description
    if isinstance(column, int):
        return [(0, column)]
    found: list[tuple[int, int]] = []
    for first_sample, description in zip(
        accumulate(track.samples.chunk_samples, initial=0), column, strict=False
    ):
        if not found or found[-1][1] != description:
            found.append((first_sample, description))
    return found


def _ranked(tracks: list[ServedTrack]) -> list[ServedTrack]:
    """Best first; the rest keep their order."""
    if not tracks:
        return []
    best = max(tracks, key=lambda each: (each.track.enabled, len(each.format.players)))
    return [best, *(each for each in tracks if each is not best)]


def _named(tracks: Sequence[ServedTrack]) -> list[ServedTrack]:
    names = part_names(
        ("video", "und") if each.format.kind == "video" else (each.format.kind, each.track.language)
        for each in tracks
    )
    return [each._replace(name=name) for each, name in zip(tracks, names, strict=True)]
