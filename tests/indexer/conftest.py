"""Fixtures of the indexer's tests: archives laid out by hand."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from indexer.titles import TitleOutcome
from tests.media.made_movie import MadeMovie, MadeTrack, interleaved, make_movie
from tests.media.made_title import index_all
from tests.media.mp4_file import write_mp4

Put = Callable[..., Path]
Settle = Callable[..., list[TitleOutcome]]


def film(*, seconds: int = 20, seed: int = 1) -> MadeMovie:
    """A frame a second, a keyframe every other, and sound."""
    sync = [number % 2 == 0 for number in range(seconds)]
    video = MadeTrack([100] * seconds, [1000] * seconds, sync=sync)
    tracks = [video, MadeTrack([20] * 4 * seconds, [250] * 4 * seconds, "soun")]
    return make_movie(tracks, interleaved(tracks), seed=seed)


@pytest.fixture
def put(media_dir: Path) -> Put:
    """`put("folder/film.mp4")` makes an archive of that name."""

    def write(name: str = "film.mp4", made: MadeMovie | None = None) -> Path:
        return write_mp4(media_dir / name, made or film())

    return write


@pytest.fixture
def settle(media_dir: Path, index_dir: Path) -> Settle:
    """What `vodsplice-index` does of all of the media folder; called, it tells what became of titles."""
    return partial(index_all, media_dir, index_dir)
