"""Heads of downloads: made once, one at a time, kept within bounds; and of archives beyond 4 GiB."""

from __future__ import annotations

import os
import struct
import threading
from array import array
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import accumulate, islice
from pathlib import Path

import pytest

import app.download.plan
from app.clip import WHOLE, Clip
from app.download.plan import PIECE_BYTES, Head, Heads, plan_download
from app.errors import Malformed, Overloaded
from app.idx.view import Idx, open_idx
from app.plan import FileIdentity, FileRanges
from indexer.archives import find_archives
from indexer.demux.open import demux
from indexer.pipeline import Options, index_archive
from indexer.source import Source
from indexer.track import Samples, entries_of
from tests.bench.archive import Shape, write_archive
from tests.indexer.built import built
from tests.indexer.conftest import film

FOUR_GIB = 1 << 32


class Maker:
    """Stands in for `make_head`. Each call waits to be let go; `made` are the clips asked for."""

    def __init__(self) -> None:
        self.made: list[Clip] = []
        self.is_called = threading.Semaphore(0)
        self.may_end = threading.Semaphore(0)

    def __call__(self, _: Idx, clip: Clip) -> Head:
        self.made.append(clip)
        self.is_called.release()
        assert self.may_end.acquire(timeout=60)
        return Head((bytes(1000),), array("Q"), array("Q"), 0)


@pytest.fixture
def maker(monkeypatch: pytest.MonkeyPatch) -> Maker:
    maker = Maker()
    monkeypatch.setattr(app.download.plan, "make_head", maker)
    return maker


@pytest.fixture(scope="module")
def idx() -> Idx:
    return built(film())


def test_one_is_made_for_all_who_want_it(maker: Maker, idx: Idx) -> None:
    heads = Heads(kept_bytes=10_000)
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(heads.get, idx, WHOLE) for _ in range(8)]
        maker.may_end.release()
        first, *others = [one.result(timeout=60) for one in asked]
    assert all(other is first for other in others)
    assert maker.made == [WHOLE]
    assert heads.get(idx, WHOLE) is first


def test_one_is_made_one_waits_and_the_rest_come_again(
    maker: Maker, idx: Idx, monkeypatch: pytest.MonkeyPatch
) -> None:
    has_turn = threading.Semaphore(0)

    class Told(Future[Head]):
        def __init__(self) -> None:
            super().__init__()
            has_turn.release()

    monkeypatch.setattr(app.download.plan, "Future", Told)
    heads = Heads(kept_bytes=10_000)
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(heads.get, idx, Clip(1))]
        assert maker.is_called.acquire(timeout=60)
        asked.append(pool.submit(heads.get, idx, Clip(2)))
        assert has_turn.acquire(timeout=60)
        assert has_turn.acquire(timeout=60)
        with pytest.raises(Overloaded):
            heads.get(idx, Clip(3))
        assert maker.made == [Clip(1)]
        maker.may_end.release(2)
        assert [bool(one.result(timeout=60)) for one in asked] == [True, True]
    assert maker.made == [Clip(1), Clip(2)]
    maker.may_end.release()
    assert heads.get(idx, Clip(3))


def test_what_fails_is_told_to_all_and_tried_again(
    maker: Maker, idx: Idx, monkeypatch: pytest.MonkeyPatch
) -> None:
    heads = Heads(kept_bytes=10_000)

    def fail(*_: object) -> Head:
        raise Malformed("no")

    monkeypatch.setattr(app.download.plan, "make_head", fail)
    for _ in range(5):
        with pytest.raises(Malformed):
            heads.get(idx, WHOLE)
    monkeypatch.setattr(app.download.plan, "make_head", maker)
    maker.may_end.release()
    assert heads.get(idx, WHOLE)


def test_the_oldest_go_when_there_are_too_many(maker: Maker, idx: Idx) -> None:
    heads = Heads(kept_bytes=2500)  # two of them
    maker.may_end.release(100)
    for start_ms in (1, 2, 1, 3, 1, 2):
        heads.get(idx, Clip(start_ms))
    assert maker.made == [Clip(1), Clip(2), Clip(3), Clip(2)]


def test_one_that_is_too_large_for_all_is_kept_alone(maker: Maker, idx: Idx) -> None:
    heads = Heads(kept_bytes=10)
    maker.may_end.release(100)
    for start_ms in (1, 1, 2, 2, 1):
        heads.get(idx, Clip(start_ms))
    assert maker.made == [Clip(1), Clip(2), Clip(1)]


def test_a_head_comes_in_pieces_that_are_shared(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "film.mp4", Shape(60))
    (archive,) = find_archives([str(path)], str(tmp_path), str(tmp_path))
    assert index_archive(archive, Options()).status == "indexed"
    found, identity = open_idx(archive.index_path), FileIdentity.of(str(path), path.stat())
    heads = Heads()
    one, other = (plan_download(heads, found, identity).pieces for _ in range(2))
    inline = [piece for piece in one if isinstance(piece, bytes)]
    assert len(inline) > 1
    assert max(map(len, inline)) == PIECE_BYTES
    assert all(piece is same for piece, same in zip(inline, other, strict=False))


def test_beyond_4_gib(tmp_path: Path) -> None:
    """A minute at 700 Mb/s, most of it a hole on disk."""
    path = write_archive(tmp_path / "film.mp4", Shape(60, video_bps=700_000_000))
    assert path.stat().st_size > FOUR_GIB
    (archive,) = find_archives([str(path)], str(tmp_path), str(tmp_path))
    assert index_archive(archive, Options(segment_duration_ms=2000)).status == "indexed"
    idx, identity = open_idx(archive.index_path), FileIdentity.of(str(path), path.stat())
    plan = plan_download(Heads(), idx, identity)
    head = b"".join(piece for piece in plan.pieces if isinstance(piece, bytes))
    (media,) = (piece for piece in plan.pieces if isinstance(piece, FileRanges))
    assert struct.unpack(">I4sQ", head[-16:]) == (1, b"mdat", 16 + sum(media.lengths))
    download = tmp_path / "download.mp4"
    download.write_bytes(head)
    os.truncate(download, plan.length)
    with Source(download) as one, Source(path) as other:
        pairs = zip(demux(one).tracks, demux(other).tracks, strict=True)
        shift = len(head) - media.offsets[0]
        for served, before in pairs:
            offsets = [offset + shift for offset in sample_offsets(before.samples)]
            assert offsets[-1] > FOUR_GIB
            assert sample_offsets(served.samples) == offsets
            assert served.samples.size_bytes == before.samples.size_bytes


def sample_offsets(samples: Samples) -> list[int]:
    found, sizes = [], iter(entries_of(samples.size_bytes))
    for offset, count in zip(samples.chunk_offset, samples.chunk_samples, strict=True):
        found += [offset + before for before in accumulate(islice(sizes, count), initial=0)][:-1]
    return found
