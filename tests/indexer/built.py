"""The index of a movie that was laid out by hand: the indexer's own way, from the demuxed movie on."""

from __future__ import annotations

from collections.abc import Sequence

from app.idx.header import SourceFacts
from app.idx.view import Idx, read_idx
from app.plan import FileIdentity
from indexer.build import IndexInputs, build_idx
from indexer.segmentation import PlacedTrack, decode_times, segment
from indexer.select import select
from indexer.subtitles.cue import Text
from indexer.subtitles.tabulate import tabulate_texts
from indexer.timeline import place
from indexer.track import Movie
from tests.media.made_movie import MadeMovie

ARCHIVE = FileIdentity("film.mp4", 1, 2, 3, 1_700_000_000_999_999_999)
"""What a catalog could have found where such a movie is a file."""
NO_FILE = FileIdentity("made.idx", 0, 0, 0, 0)


def placed(movie: Movie) -> tuple[PlacedTrack, ...]:
    """The served tracks of a movie on the timeline, in the order in which they are served."""
    return tuple(
        PlacedTrack(served.track, place(movie, served.track), decode_times(served.track.samples))
        for served in select(movie).tracks
    )


def build(
    made: MadeMovie, *, segment_ms: int = 6000, slop: float = 0.01, texts: Sequence[Text] = ()
) -> bytes:
    """The `.idx` of a made movie and some subtitles."""
    selection, tracks = select(made.movie), placed(made.movie)
    segmentation = segment(tracks, selection.tracks[0].changes, segment_ms)
    return build_idx(
        IndexInputs(
            generator="vodsplice, tests",
            source=SourceFacts("made.mp4", len(made.content), 0, "00" * 32, "fast"),
            movie=made.movie,
            served=selection.tracks,
            placed=tracks,
            segmentation=segmentation,
            segment_duration_ms=segment_ms,
            slop=slop,
            notes=selection.notes,
            subtitles=tabulate_texts(texts, segmentation),
        )
    )


def built(
    made: MadeMovie, *, segment_ms: int = 6000, slop: float = 0.01, texts: Sequence[Text] = ()
) -> Idx:
    return read_idx(NO_FILE, memoryview(build(made, segment_ms=segment_ms, slop=slop, texts=texts)))
