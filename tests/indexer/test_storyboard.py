"""Storyboards: which pictures are on the sheets, and that no picture keeps an archive from its index."""

from __future__ import annotations

import os
from dataclasses import replace
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import av
import pytest

from app.idx.view import Idx, open_idx
from indexer import verify
from indexer.archives import find_archives
from indexer.pipeline import Options, Outcome, index_archive
from indexer.storyboard import make, sheets
from indexer.storyboard.make import chosen, tile_size
from tests.indexer.built import built
from tests.media.made_movie import Chunk, MadeTrack, make_movie
from tests.player.clips import BITS, FPS, SECONDS, write_clip

TILE_WIDTH, TILE_HEIGHT = 160, 90


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", sounds=()).read_bytes()


def index(folder: Path, *, storyboard: bool | None = True, force: bool = False) -> Outcome:
    (archive,) = find_archives([str(folder / "film.mp4")], str(folder), str(folder))
    return index_archive(archive, Options(storyboard=storyboard, force=force))


def opened(folder: Path) -> Idx:
    return open_idx(str(folder / "film.idx"))


def shown(folder: Path) -> list[int]:
    """The frame number that each tile spells, read from the sheets by another decoder of JPEGs."""
    idx = opened(folder)
    facts = idx.header.storyboard
    assert facts is not None
    assert idx.storyboard is not None
    content = BytesIO((folder / "film.idx.storyboard").read_bytes())
    numbers: list[int] = []
    for length in facts.sheets:
        with av.open(BytesIO(content.read(length)), "r", format="jpeg_pipe") as container:
            (picture,) = list(container.decode(video=0))
        assert picture.width == facts.columns * facts.tile_width
        luma = bytes(picture.planes[0])
        stride = picture.planes[0].line_size
        for tile in range(facts.columns * (picture.height // facts.tile_height)):
            row, column = divmod(tile, facts.columns)
            at = (row * facts.tile_height + facts.tile_height // 4) * stride + column * facts.tile_width
            block = facts.tile_width // BITS
            bits = [luma[at + block * place + block // 2] > 127 for place in range(BITS)]
            numbers.append(sum(bit << place for place, bit in enumerate(reversed(bits))))
    assert not content.read()
    return numbers[: len(idx.storyboard)]


def test_tiles_show_the_keyframes(tmp_path: Path, clip: bytes) -> None:
    (tmp_path / "film.mp4").write_bytes(clip)
    assert f"storyboard of {SECONDS} pictures" in index(tmp_path).text
    facts = opened(tmp_path).header.storyboard
    assert facts is not None
    assert (facts.columns, facts.rows, facts.tile_width, facts.tile_height) == (
        10,
        10,
        TILE_WIDTH,
        TILE_HEIGHT,
    )
    assert shown(tmp_path) == [FPS * second for second in range(SECONDS)]
    assert list(verify.problems(opened(tmp_path), str(tmp_path / "film.mp4"), full=True)) == []
    assert index(tmp_path).status == "up to date"


def test_a_broken_picture_is_left_out(tmp_path: Path, clip: bytes) -> None:
    (tmp_path / "film.mp4").write_bytes(clip)
    index(tmp_path, storyboard=False)
    iframes = opened(tmp_path).iframes
    assert iframes is not None
    damaged = bytearray(clip)
    damaged[iframes.offset[2] : iframes.offset[2] + 500] = bytes(500)
    (tmp_path / "film.mp4").write_bytes(damaged)
    assert index(tmp_path).status == "indexed"
    assert shown(tmp_path) == [0, FPS, 3 * FPS, 4 * FPS]


def test_it_comes_and_goes_with_the_option(tmp_path: Path, clip: bytes) -> None:
    (tmp_path / "film.mp4").write_bytes(clip)
    sheet = tmp_path / "film.idx.storyboard"
    for wanted in (False, True, False):
        assert index(tmp_path, storyboard=wanted).status == "indexed"
        assert sheet.exists() is wanted
        assert index(tmp_path, storyboard=wanted).status == "up to date"


def test_it_stays_where_a_run_does_not_say(tmp_path: Path, clip: bytes) -> None:
    (tmp_path / "film.mp4").write_bytes(clip)
    assert index(tmp_path).status == "indexed"
    assert index(tmp_path, storyboard=None).status == "up to date"
    assert index(tmp_path, storyboard=None, force=True).status == "indexed"
    assert (tmp_path / "film.idx.storyboard").exists()


@pytest.mark.parametrize("harm", ["unlink", "touch"])
def test_sheets_that_are_not_as_they_were_are_made_again(tmp_path: Path, clip: bytes, harm: str) -> None:
    (tmp_path / "film.mp4").write_bytes(clip)
    index(tmp_path)
    sheet = tmp_path / "film.idx.storyboard"
    sheet.unlink() if harm == "unlink" else os.utime(sheet, ns=(0, 0))
    (problem,) = verify.problems(opened(tmp_path), str(tmp_path / "film.mp4"), full=False)
    assert "storyboard" in problem
    assert index(tmp_path).status == "indexed"
    assert len(shown(tmp_path)) == SECONDS


@pytest.mark.parametrize("why", ["time", "crash", "nothing"])
def test_what_cannot_be_made_is_a_note(
    tmp_path: Path, clip: bytes, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "film.mp4").write_bytes(clip)
    if why == "time":
        monkeypatch.setattr(make, "TIMEOUT_S", 0.001)
    elif why == "crash":
        monkeypatch.setattr("sys.executable", "false")
    else:
        monkeypatch.setattr(make, "chosen", lambda idx, iframes: [])
    outcome = index(tmp_path)
    assert outcome.status == "indexed"
    assert not (tmp_path / "film.idx.storyboard").exists()
    header = opened(tmp_path).header
    assert header.storyboard is None
    assert header.storyboard_refusal
    assert f"note: storyboard passed over: {header.storyboard_refusal}" in outcome.text
    assert index(tmp_path).status == "up to date"
    assert list(verify.problems(opened(tmp_path), str(tmp_path / "film.mp4"), full=True)) == []


def test_no_note_says_that_a_storyboard_is_wanted(tmp_path: Path, clip: bytes) -> None:
    """A note is for people: what it says decides nothing."""
    (tmp_path / "film.mp4").write_bytes(clip)
    index(tmp_path, storyboard=False)
    idx = opened(tmp_path)
    noted = replace(idx, header=replace(idx.header, notes=("storyboard passed over: by somebody else",)))
    assert not make.is_wanted_by(noted)
    assert make.has_current_storyboard(noted, wanted=False)


def test_a_missing_decoder_is_named() -> None:
    stderr = b"ModuleNotFoundError: No module named 'av'\n"
    assert make._reason(1, stderr) == "PyAV is not installed: pip install 'vodsplice[storyboard]'"


@pytest.mark.parametrize(
    ("seconds", "interval"), [(3, 1), (30, 1), (300, 3), (1000, 10), (7200, 10), (100_000, 20)]
)
def test_a_hundred_or_every_ten_seconds(seconds: int, interval: int) -> None:
    idx = built(make_movie([MadeTrack([1] * seconds, [1000] * seconds)], [Chunk(0, seconds)]))
    assert idx.iframes is not None
    times = [idx.iframes.time[number] for number in chosen(idx, idx.iframes)]
    assert {after - before for before, after in pairwise(times)} == {1000 * interval}
    assert len(times) <= max(100, min(make.MOST_TILES, seconds // 10 + 1))


@pytest.mark.parametrize(
    ("size", "tile"),
    [((1920, 1080), (160, 90)), ((1080, 1920), (90, 160)), ((4096, 1716), (160, 68)), ((8000, 2), (160, 2)),
     ((0, 0), (2, 2)), ((7, 7), (160, 160))],
)  # fmt: skip
def test_a_tile_has_the_picture_s_shape(size: tuple[int, int], tile: tuple[int, int]) -> None:
    assert tile_size(*size) == tile


@pytest.mark.corpus
def test_turned_pictures_are_upright(corpus: Path) -> None:
    """Against ffmpeg's own turning of the frame."""
    with av.open(str(corpus / "torchcodec" / "nasa_13013_rotated.mp4")) as container:
        frame = next(container.decode(video=0))
        graph = av.filter.Graph()
        chain = [
            graph.add_buffer(template=container.streams.video[0]), graph.add("transpose", "cclock"),
            graph.add("scale", f"{TILE_HEIGHT}:{TILE_WIDTH}:flags=area:out_range=full"),
            graph.add("buffersink"),
        ]  # fmt: skip
        for one, other in pairwise(chain):
            one.link_to(other)
        graph.configure()
        graph.push(frame)
        wanted = b"".join(sheets._rows(graph.pull().planes[0]))
    assert frame.rotation == 90
    found = b"".join(sheets._tile(frame, TILE_HEIGHT, TILE_WIDTH)[0])
    assert sum(abs(one - other) for one, other in zip(found, wanted, strict=True)) / len(found) < 2
