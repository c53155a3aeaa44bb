"""A whole archive as one MP4: our own demuxer, made for other people's files, finds the same movie in it."""

from __future__ import annotations

from array import array
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import assume, given, settings

from app.download.plan import Heads, plan_download
from app.idx.view import Idx, open_idx
from app.plan import FileIdentity, Plan
from indexer.archives import find_archives
from indexer.demux.open import demux
from indexer.pipeline import Options, index_archive
from indexer.source import Source
from indexer.timeline import rescale
from indexer.track import Movie, Samples, Track, entries_of
from tests.app.read_plan import read_pieces
from tests.indexer.built import built
from tests.indexer.movies import movies
from tests.media.made_movie import Chunk, MadeMovie, MadeTrack, make_movie
from tests.media.mp4_file import write_mp4

Shown = list[tuple[int, int, int, bytes]]


class Refused(AssertionError):
    """By the indexer, with its reason."""


def indexed(folder: Path, made: MadeMovie, **options: object) -> tuple[Idx, FileIdentity]:
    path = write_mp4(folder / "film.mp4", made)
    (archive,) = find_archives([str(path)], str(folder), str(folder))
    outcome = index_archive(archive, Options(**options))  # type: ignore[arg-type]
    if outcome.status != "indexed":
        raise Refused(outcome.text)
    return open_idx(archive.index_path), FileIdentity.of(str(path), path.stat())


def written(plan: Plan, path: Path) -> Path:
    """The body of a plan as a file."""
    path.write_bytes(read_pieces(plan.pieces))
    assert path.stat().st_size == plan.length
    return path


def demuxed(path: Path) -> tuple[Movie, bytes]:
    with Source(path) as source:
        return demux(source), source.pread(0, source.size_bytes)


def samples_of(movie: Movie, track: Track, content: bytes, shift_ticks: int = 0) -> Shown:
    """When each sample is shown on the movie's timeline, its duration, flags and bytes, in decode order."""
    samples: Samples = track.samples
    offset_ticks, edits = 0, list(track.edits)
    while edits and edits[0].media_time_ticks < 0:
        offset_ticks += rescale(edits.pop(0).duration_movie_ticks, movie.timescale, track.timescale)
    offset_ticks -= edits[0].media_time_ticks if edits else 0
    found: Shown = []
    sizes = islice(entries_of(samples.size_bytes), samples.count)
    columns = samples.duration_ticks, samples.flags, samples.composition_ticks
    rows = zip(sizes, *map(entries_of, columns), strict=False)
    decode_ticks = samples.first_decode_ticks
    for offset, count in zip(samples.chunk_offset, samples.chunk_samples, strict=True):
        at = offset
        for size, duration, flags, composition in islice(rows, count):
            shown = decode_ticks + composition + offset_ticks + shift_ticks
            found.append((shown, duration, flags, content[at : at + size]))
            at += size
            decode_ticks += duration
    assert len(found) == samples.count
    return found


@settings(max_examples=30, deadline=None)
@given(made=movies(smallest_bytes=1))
def test_every_sample_comes_back(made: MadeMovie, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("whole")
    try:
        idx, archive = indexed(folder, made, segment_duration_ms=700)
    except Refused as refused:  # one that lasts no time, and shows what is after that
        assume("its edit list shows nothing of it" not in str(refused))
        raise
    movie, content = demuxed(written(plan_download(Heads(), idx, archive), folder / "whole.mp4"))
    source, archived = demuxed(folder / "film.mp4")
    of_id = {track.track_id: track for track in source.tracks}
    assert [track.track_id for track in movie.tracks] == [rows.track_id for rows in idx.tracks]
    for rows, track in zip(idx.tracks, movie.tracks, strict=True):
        served, before = samples_of(movie, track, content), of_id[rows.facts.source_track_id]
        original = samples_of(source, before, archived)
        assert [row[1:] for row in served] == [row[1:] for row in original]
        (shift,) = {one[0] - other[0] for one, other in zip(served, original, strict=True)}
        # the timeline of an index: a picture's edit begins with its first frame (indexer.timeline)
        expected = rows.decode_time[0] - rows.facts.media_time_ticks - (original[0][0] - _composition(rows))
        assert shift == expected
        assert track.sample_entries
        assert (track.timescale, track.handler) == (before.timescale, before.handler)


def _composition(rows) -> int:  # type: ignore[no-untyped-def]
    kind = 0 if rows.kind is None else rows.kind[0]
    return int(rows.kind_composition[kind])


def test_negative_offsets_of_fragments_stay(tmp_path: Path) -> None:
    offsets = [0, 80, -40, -40, 0]
    video = MadeTrack(sizes=[9] * 5, durations=[40] * 5, compositions=offsets)
    made = make_movie([video], [Chunk(0, 5)])
    (tmp_path / "film.mp4").write_bytes(made.content)
    archive = FileIdentity.of(str(tmp_path / "film.mp4"), (tmp_path / "film.mp4").stat())
    idx = built(replace(made, movie=replace(made.movie, fragmented=True)))
    whole = written(plan_download(Heads(), idx, archive), tmp_path / "whole.mp4")
    (track,) = demuxed(whole)[0].tracks
    assert track.samples.composition_ticks == array("i", offsets)
    assert b"ctts\1" in whole.read_bytes()  # of version 0 they would be large (ISO/IEC 14496-12 §8.6.1.3)
