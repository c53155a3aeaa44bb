"""Which tracks of an archive are served, and under which names.

The rule: one video and every audio track that has samples and a codec that HLS players take. Where several
videos qualify, or for the one audio of the muxed stream: enabled tracks before disabled ones, then those
that more players can be expected to play, then the order of the archive. Everything else is passed over
with a note.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from indexer.codecs.describe import describe
from indexer.codecs.media_format import MediaFormat
from indexer.errors import SourceError, Unsupported
from indexer.track import Movie, Track

_HANDLERS = {"vide": "video", "soun": "audio"}


@dataclass(frozen=True, slots=True)
class ServedTrack:
    """`name` is the track's part of a URL: unique in the archive, stable while its tracks stay the same."""

    name: str
    track: Track
    format: MediaFormat


@dataclass(frozen=True, slots=True)
class Selection:
    """`tracks` has the video first, then the audio of the muxed stream, then the rest in archive order."""

    tracks: tuple[ServedTrack, ...]
    notes: tuple[str, ...]


def select(movie: Movie) -> Selection:
    """Raises `Unsupported` where nothing of the archive can be served."""
    notes: list[str] = []
    found: dict[str, list[tuple[Track, MediaFormat]]] = {"video": [], "audio": []}
    for track in movie.tracks:
        try:
            entry = _qualify(track)
        except SourceError as error:
            notes.append(f"track {track.track_id} ({track.handler}) passed over: {error.rule}")
        else:
            found[entry.kind].append((track, entry))
    videos, audios = _ranked(found["video"]), _ranked(found["audio"])
    notes += [f"track {track.track_id} passed over: another video is served" for track, _ in videos[1:]]
    chosen = videos[:1] + audios
    if not chosen:
        raise Unsupported("; ".join(["no track can be served", *notes]), remedy="convert it to H.264 and AAC")
    return Selection(tuple(_named(chosen)), tuple(notes))


def _qualify(track: Track) -> MediaFormat:
    if track.handler not in _HANDLERS:
        raise Unsupported(f"its handler is {track.handler!r}, neither video nor audio", remedy="")
    if not track.samples.count:
        raise Unsupported("it has no samples", remedy="")
    return describe(track)


def _ranked(tracks: list[tuple[Track, MediaFormat]]) -> list[tuple[Track, MediaFormat]]:
    """Best first; the rest keep their order."""
    if not tracks:
        return []
    best = max(tracks, key=lambda entry: (entry[0].enabled, len(entry[1].players)))
    return [best, *(entry for entry in tracks if entry is not best)]


def _named(tracks: Sequence[tuple[Track, MediaFormat]]) -> list[ServedTrack]:
    served: list[ServedTrack] = []
    seen: dict[str, int] = {}
    for track, entry in tracks:
        language = track.language.lower()
        name = entry.kind if entry.kind == "video" or language == "und" else f"{entry.kind}-{language}"
        seen[name] = seen.get(name, 0) + 1
        served.append(ServedTrack(name if seen[name] == 1 else f"{name}-{seen[name]}", track, entry))
    return served
