"""What must hold for any bytes at all: refused with a reason, or indexed within bounds, soon."""

from __future__ import annotations

import time
from itertools import product
from pathlib import Path

from app.cmaf.segments import segment_parts
from app.idx.view import read_idx
from app.plan import FileIdentity
from indexer.demux.columns import total
from indexer.demux.open import demux
from indexer.errors import SourceError
from indexer.limits import MAX_REFERENCED_SHARE, MAX_TICKS
from indexer.pipeline import Options, make_idx
from indexer.source import Source
from indexer.track import Movie
from tests.indexer.demux.demuxed import samples_of

MAX_CPU_S = 2.0
MAX_SPELLED_OUT = 5000
"""Samples of a track that are looked at one by one."""


class Broken(AssertionError):
    """The indexer did something with a mutant that it must never do."""


def examine(content: bytes, path: Path) -> str:
    """Index `content`, written to `path`: the outcome in a word. Raises `Broken` or what the indexer did."""
    path.write_bytes(content)
    started = time.process_time()
    try:
        with Source(path) as source:
            _check_movie(demux(source), len(content))
            _check_segments(make_idx(source, Options()), len(content))
        outcome = "indexed"
    except SourceError as error:
        if not (error.rule and "\n" not in str(error)):
            raise Broken(f"a refusal that says nothing, or too much: {error!r}") from error
        outcome = type(error).__name__
    seconds = time.process_time() - started
    if seconds > MAX_CPU_S:
        raise Broken(f"took {seconds:.1f} s of CPU")
    return outcome


def _check_movie(movie: Movie, file_bytes: int) -> None:
    referenced_bytes = 0
    for track in movie.tracks:
        samples = track.samples
        if not samples.count > 0:
            raise Broken("a track without samples")
        ticks = samples.first_decode_ticks + total(samples.duration_ticks, samples.count)
        if not 0 <= samples.first_decode_ticks <= ticks <= MAX_TICKS:
            raise Broken(f"times from {samples.first_decode_ticks} to {ticks}")
        referenced_bytes += total(samples.size_bytes, samples.count)
        if samples.count <= MAX_SPELLED_OUT:
            ends = [sample.offset + sample.size for sample in samples_of(track)]
            if max(ends) > file_bytes:
                raise Broken(f"a sample ends at {max(ends)} of {file_bytes}")
    if referenced_bytes > file_bytes * MAX_REFERENCED_SHARE:
        raise Broken(f"samples of {referenced_bytes} bytes in a file of {file_bytes}")


def _check_segments(content: bytes, file_bytes: int) -> None:
    """The segments of a small index, muxed and of each track, lie within the archive."""
    idx = read_idx(FileIdentity("mutant.idx", 0, 0, len(content), 0), memoryview(content))
    numbers = range(min(idx.header.segment_count, 20))
    for view, number in product(range(min(len(idx.header.views), 4)), numbers):
        _, ranges = segment_parts(idx, view, number)
        for offset, length in ranges:
            if not 0 <= offset < offset + length <= file_bytes:
                raise Broken(f"segment {number} needs bytes [{offset}, {offset + length}) of {file_bytes}")
    for text in idx.texts:
        for cue in range(text.facts.cue_count):
            block = bytes(text.content[text.offset[cue] : text.offset[cue + 1]]).decode()
            is_split = not text.facts.codec and "\n\n" in f"{block}\n"
            if is_split or not 0 <= text.start_ms[cue] < text.end_ms[cue]:
                raise Broken(f"a cue of {text.facts.name} that no player reads: {block!r}")
