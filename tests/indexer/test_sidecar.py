"""The sidecar: its bytes, when there is one, and that an index and its sidecar change together."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from blake3 import blake3
from hypothesis import given, settings

from app.cmaf.segments import plan_segment
from app.idx.header import SidecarFacts
from app.idx.layout import MAGIC
from app.idx.view import Idx, open_idx
from app.plan import FileIdentity, FileRanges
from indexer import pipeline, sidecar, verify
from indexer.archives import find_archives
from indexer.demux.open import demux
from indexer.pipeline import Options, Outcome, index_archive
from indexer.select import select
from indexer.source import Source
from tests.app.read_plan import read_pieces
from tests.indexer.conftest import Put, film
from tests.indexer.movies import movies
from tests.media.made_movie import Chunk, MadeMovie, MadeTrack, interleaved, make_movie
from tests.media.mp4_file import write_mp4

Index = Callable[..., Outcome]


@pytest.fixture
def index(media_dir: Path, index_dir: Path) -> Index:
    """Index film.mp4, with a sidecar unless told otherwise."""

    def run(**options: object) -> Outcome:
        (archive,) = find_archives([str(media_dir)], str(media_dir), str(index_dir))
        return index_archive(archive, Options(**{"audio_sidecar": True} | options))  # type: ignore[arg-type]

    return run


@pytest.fixture
def opened(index_dir: Path) -> Callable[[], Idx]:
    return lambda: open_idx(str(index_dir / "film.idx"))


def two_languages() -> MadeMovie:
    """Sizes of their own in one track, one size in the other, and pictures between."""
    video = MadeTrack([100] * 20, [1000] * 20, sync=[number % 2 == 0 for number in range(20)])
    sounds = [
        MadeTrack([20 + number % 7 for number in range(80)], [250] * 80, "soun"),
        MadeTrack([9] * 80, [250] * 80, "soun"),
    ]
    return make_movie([video, *sounds], interleaved([video, *sounds]))


def sound_of(made: MadeMovie, content: bytes, track: int) -> bytes:
    """The samples of a track in decode order, by the movie's own chunks."""
    samples, at, found = made.movie.tracks[track].samples, 0, b""
    sizes = samples.size_bytes if not isinstance(samples.size_bytes, int) else [samples.size_bytes] * 10_000
    for offset, count in zip(samples.chunk_offset, samples.chunk_samples, strict=True):
        length = sum(sizes[at : at + count])
        found += content[offset : offset + length]
        at += count
    return found


def identity(path: Path) -> FileIdentity:
    return FileIdentity.of(str(path), path.stat())


def test_it_holds_the_audio_track_after_track_in_decode_order(
    put: Put, index: Index, index_dir: Path, opened: Callable[[], Idx]
) -> None:
    made = two_languages()
    content = put(made=made).read_bytes()
    outcome = index()
    written = (index_dir / "film.idx.audio").read_bytes()
    assert written == sound_of(made, content, 1) + sound_of(made, content, 2)
    recorded = opened().header.sidecar
    assert recorded
    assert (recorded.size, recorded.fingerprint) == (len(written), blake3(written).hexdigest())
    assert recorded.mtime_ns == (index_dir / "film.idx.audio").stat().st_mtime_ns
    assert outcome.text.endswith("; audio sidecar of 2.6 kB")
    assert outcome.index_bytes == opened().identity.size + len(written)
    assert sorted(os.listdir(index_dir)) == ["film.idx", "film.idx.audio"]


@settings(max_examples=40, deadline=None)
@given(made=movies(smallest_bytes=1))
def test_a_segment_is_the_same_bytes_from_either_file(
    made: MadeMovie, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("either")
    path = write_mp4(folder / "film.mp4", made)
    (archive,) = find_archives([str(path)], str(folder), str(folder))
    options = Options(segment_duration_ms=700, slop=0.1, audio_sidecar=True)
    assert index_archive(archive, options).status == "indexed"
    idx = open_idx(archive.index_path)
    if idx.header.sidecar is None:
        assert {facts.kind for facts in idx.header.tracks} != {"video", "audio"}
        assert not (folder / "film.idx.audio").exists()
        return
    beside = replace(idx, sidecar=identity(folder / "film.idx.audio"))
    for number, view in enumerate(idx.header.views):
        if not idx.has_in_sidecar(view):
            continue
        for segment in range(idx.segment_count):
            one = plan_segment(beside, number, segment, identity(path))
            other = plan_segment(idx, number, segment, identity(path))
            assert read_pieces(one.pieces) == read_pieces(other.pieces)
            assert one.etag == other.etag
            assert one.length == idx.view_bytes[number][segment]
            ranges = [piece for piece in one.pieces if isinstance(piece, FileRanges)]
            assert sum(len(piece.offsets) for piece in ranges) <= 1
            assert {piece.file for piece in ranges} <= {beside.sidecar}


def test_a_segment_from_the_sidecar_guards_the_archive_too(
    put: Put, index: Index, index_dir: Path, opened: Callable[[], Idx]
) -> None:
    path = put()
    index()
    idx = replace(opened(), sidecar=identity(index_dir / "film.idx.audio"))
    audio, video = (idx.view_number(name) for name in ("audio", "video"))
    assert plan_segment(idx, audio, 0, identity(path)).guards == (idx.identity, identity(path))
    pieces = plan_segment(idx, video, 0, identity(path)).pieces
    assert {each.file for each in pieces if isinstance(each, FileRanges)} == {identity(path)}
    figures = idx.view(audio)
    assert (figures.range_count, figures.slop_bytes) == (idx.segment_count, 0)


@pytest.mark.parametrize("handler", ["vide", "soun"])
def test_an_archive_of_one_kind_has_no_use_for_one(
    handler: str, put: Put, index: Index, index_dir: Path
) -> None:
    track = MadeTrack([100] * 20, [1000] * 20, handler)
    put(made=make_movie([track], [Chunk(0, 20)]))
    assert index().status == "indexed"
    assert os.listdir(index_dir) == ["film.idx"]
    assert index().status == "up to date"


def test_it_comes_and_goes_with_the_option(put: Put, index: Index, index_dir: Path) -> None:
    put()
    assert index(audio_sidecar=False).status == "indexed"
    assert [index().status for _ in range(2)] == ["indexed", "up to date"]
    assert sorted(os.listdir(index_dir)) == ["film.idx", "film.idx.audio"]
    assert [index(audio_sidecar=False).status for _ in range(2)] == ["indexed", "up to date"]
    assert os.listdir(index_dir) == ["film.idx"]


def test_it_stays_where_a_run_does_not_say(put: Put, index: Index, index_dir: Path) -> None:
    put()
    assert index().status == "indexed"
    assert index(audio_sidecar=None).status == "up to date"
    assert index(audio_sidecar=None, force=True).status == "indexed"
    assert sorted(os.listdir(index_dir)) == ["film.idx", "film.idx.audio"]
    assert index(audio_sidecar=False).status == "indexed"
    assert index(audio_sidecar=None, force=True).status == "indexed"
    assert os.listdir(index_dir) == ["film.idx"]


@pytest.mark.parametrize("content", [b"", MAGIC + bytes(100), None])
def test_it_stays_where_the_index_cannot_be_read(
    put: Put, index: Index, index_dir: Path, content: bytes | None
) -> None:
    """As one of another format, or a damaged one: it is made anew by a run that says nothing of this."""
    put()
    assert index().status == "indexed"
    (index_dir / "film.idx").unlink()
    if content is not None:
        (index_dir / "film.idx").write_bytes(content)
    assert index(audio_sidecar=None).status == "indexed"
    assert sorted(os.listdir(index_dir)) == ["film.idx", "film.idx.audio"]


@pytest.mark.parametrize("spoil", [os.unlink, lambda path: os.truncate(path, 10), os.utime])
def test_one_that_is_not_as_written_is_made_anew(
    spoil: Callable[[Path], None], put: Put, index: Index, index_dir: Path
) -> None:
    put()
    index()
    written = (index_dir / "film.idx.audio").read_bytes()
    spoil(index_dir / "film.idx.audio")
    assert index().status == "indexed"
    assert (index_dir / "film.idx.audio").read_bytes() == written
    assert index().status == "up to date"


class Kept:
    """A sink that keeps what comes, by the write."""

    mtime_ns = 7

    def __init__(self) -> None:
        self.blocks: list[bytes] = []

    def write(self, content: bytes, /) -> None:
        self.blocks.append(content)


def test_it_is_written_in_blocks(put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long a chunk is, and however many there are."""
    monkeypatch.setattr(sidecar, "_BLOCK_BYTES", 1000)
    tracks = [MadeTrack([10] * 40, [1000] * 40), MadeTrack([300] * 40, [1000] * 40, "soun")]
    made = make_movie(tracks, [Chunk(0, 40), Chunk(1, 30), *[Chunk(1, 1, 5)] * 10])
    sink = Kept()
    with Source(put(made=made)) as source:
        facts = sidecar.write_sidecar(source, select(demux(source)).tracks, sink)
        assert b"".join(sink.blocks) == sound_of(made, source.pread(0, source.size_bytes), 1)
    assert facts == SidecarFacts(12_000, 7, blake3(b"".join(sink.blocks)).hexdigest())
    assert max(map(len, sink.blocks)) < 2000


def test_a_writer_that_fails_leaves_the_old_pair(
    put: Put, index: Index, index_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put()
    index()
    before = {name: (index_dir / name).read_bytes() for name in os.listdir(index_dir)}

    def no_room(*_: object) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pipeline, "build_idx", no_room)
    outcome = index(force=True)
    assert outcome.text.endswith("film.idx cannot be written: No space left on device; free some space there")
    assert {name: (index_dir / name).read_bytes() for name in os.listdir(index_dir)} == before


def problems(idx: Idx, archive: Path, *, full: bool) -> list[str]:
    return list(verify.problems(idx, str(archive), full=full))


def test_verify_knows_it(put: Put, index: Index, index_dir: Path, opened: Callable[[], Idx]) -> None:
    archive, path = put(made=film(seconds=300)), index_dir / "film.idx.audio"
    index()
    idx, times = opened(), (0, path.stat().st_mtime_ns)
    assert [problems(idx, archive, full=full) for full in (False, True)] == [[], []]
    content = path.read_bytes()
    path.write_bytes(content[:-1] + b"!")
    (line,) = problems(idx, archive, full=False)
    assert line.startswith(
        "film.idx.audio is not as it was written, so it is not served; run vodsplice-index "
    )
    os.utime(path, ns=times)
    assert problems(idx, archive, full=False) == []
    (line,) = problems(idx, archive, full=True)
    assert line.startswith("film.idx.audio holds other bytes than were written; ")
    path.unlink()
    (line,) = problems(idx, archive, full=False)
    assert line.startswith("film.idx.audio is not served: cannot be read: No such file or directory; ")
