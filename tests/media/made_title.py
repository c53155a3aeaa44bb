"""Renditions of one title, laid out by hand: pictures with the same keyframes, sounds in some languages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.idx.title import TitleFacts, open_title
from indexer.archives import find_archives, folders_in
from indexer.pipeline import Options, index_archive
from indexer.titles import TitleOutcome, Titles
from tests.media.made_movie import Chunk, MadeTrack, make_movie
from tests.media.mp4_file import write_mp4

SECONDS = 20
KEY_EVERY_S = 2


def picture(
    size: int,
    *,
    timescale: int = 1000,
    seconds: int = SECONDS,
    keys_at: Sequence[int] = (),
    last_ms: int = 1000,
) -> MadeTrack:
    """A frame a second of `size` bytes, the last of which lasts `last_ms`; a keyframe every other second, or
    at the seconds `keys_at`.
    """
    keys = keys_at or range(0, seconds, KEY_EVERY_S)
    sync = [second in keys for second in range(seconds)]
    durations = [timescale] * (seconds - 1) + [last_ms * timescale // 1000]
    return MadeTrack([size] * seconds, durations, timescale=timescale, sync=sync)


def sound(language: str = "und", *, title: str = "", lasting: int = 2 * SECONDS) -> MadeTrack:
    """Two frames a second, `lasting` of them."""
    return MadeTrack([50] * lasting, [500] * lasting, "soun", language=language, title=title)


def put_rendition(path: Path, *tracks: MadeTrack) -> Path:
    chunks = [Chunk(number, len(each.sizes)) for number, each in enumerate(tracks)]
    return write_mp4(path, make_movie(tracks, chunks))


def index_all(media_dir: Path, index_dir: Path, *, everywhere: bool = False) -> list[TitleOutcome]:
    """What `vodsplice-index` does of a whole media folder; what became of its titles, and of all others if
    `everywhere`, as with `--prune`.
    """
    archives = find_archives([str(media_dir)], str(media_dir), str(index_dir))
    for archive in archives:
        assert index_archive(archive, Options()).status in ("indexed", "up to date")
    ids = [each.id for each in archives]
    searched = folders_in([str(media_dir)], str(media_dir))
    return list(Titles(str(media_dir), str(index_dir)).settle(ids, searched, everywhere=everywhere))


def facts(index_dir: Path, title_id: str = "film") -> TitleFacts:
    return open_title(str(index_dir / f"{title_id}.title")).facts


def put_film(media_dir: Path, **changed: object) -> None:
    put_rendition(media_dir / "film/720p.mp4", picture(1000, **changed), sound("eng"))  # type: ignore[arg-type]
    put_rendition(media_dir / "film/1080p.mp4", picture(2000), sound("eng"))


def put_list(media_dir: Path, content: str) -> None:
    (media_dir / "film.toml").write_text(content)


def listed(*archives: str) -> str:
    return "".join(f'[[rendition]]\narchive = "{each}"\n' for each in archives)


LIST = listed("big.mp4", "small/film.mov")
