"""Subtitles that are named after a title: what is said of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from indexer.titles import TitleOutcome
from tests.media.made_title import index_all, picture, put_rendition

Settle = Callable[[], list[TitleOutcome]]


@pytest.fixture
def settle(media_dir: Path, index_dir: Path) -> Settle:
    return lambda: index_all(media_dir, index_dir)


def test_subtitles_that_are_named_after_a_title_are_told_where_to_go(settle: Settle, media_dir: Path) -> None:
    put_rendition(media_dir / "film/720p.mp4", picture(1000))
    put_rendition(media_dir / "film/1080p.mp4", picture(2000))
    put_rendition(media_dir / "film/film.mp4", picture(10))
    put_rendition(media_dir / "film.fra.mp4", picture(10))
    for name in ("film.deu.srt", "film/film.srt", "film/1080p.eng.srt", "film.fra.srt", "other.srt"):
        (media_dir / name).write_text("1\n00:00:01,000 --> 00:00:02,000\nHello\n")
    stray = TitleOutcome(
        "film",
        "passed over",
        "film.deu.srt passed over: subtitles go with a rendition; name it film/1080p.deu.srt",
    )
    assert settle()[1:] == [stray]
    assert settle()[1:] == [stray]
    (media_dir / "film/film.mp4").unlink()
    assert [each.text.partition(" ")[0] for each in settle()[1:]] == ["film.deu.srt", "film/film.srt"]
    (media_dir / "film.deu.srt").rename(media_dir / "film/1080p.deu.srt")
    (media_dir / "film/film.srt").unlink()
    assert settle()[1:] == []


def test_nobody_is_told_to_take_a_name_that_another_has(settle: Settle, media_dir: Path) -> None:
    for height in (1080, 720):
        put_rendition(media_dir / f"film/{height}p.mp4", picture(height))
    for name in ("film.eng.srt", "film.deu.srt", "film/film.deu.srt", "film/1080p.eng.srt"):
        (media_dir / name).write_text("1\n00:00:01,000 --> 00:00:02,000\nHello\n")
    said = dict(each.text.split(" passed over: subtitles go with a rendition; ") for each in settle()[1:])
    taken = " is another's name already: remove one, or put a word that tells them apart into the name"
    assert said == {
        "film.deu.srt": "name it film/1080p.deu.srt",
        "film.eng.srt": "film/1080p.eng.srt" + taken,
        "film/film.deu.srt": "film/1080p.deu.srt" + taken,
    }


def test_subtitles_named_after_a_title_by_a_list(settle: Settle, media_dir: Path) -> None:
    put_rendition(media_dir / "small/film.mov", picture(100))
    put_rendition(media_dir / "big.mp4", picture(200))
    rows = (f'[[rendition]]\narchive = "{each}"\n' for each in ("big.mp4", "small/film.mov"))
    (media_dir / "film.toml").write_text("".join(rows))
    (media_dir / "film.vtt").write_text("WEBVTT\n")
    assert [each.text.rpartition(" ")[2] for each in settle()[1:]] == ["big.vtt"]
