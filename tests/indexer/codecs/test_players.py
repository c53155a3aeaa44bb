"""The table of players: who is named, and that every codec is in it."""

from __future__ import annotations

import pytest

from indexer.codecs import players
from indexer.codecs.players import CHROMIUM, CHROMIUM_HARDWARE, EVERYWHERE, SAFARI


@pytest.mark.parametrize(
    ("family", "bit_depth", "chroma", "expected"),
    [
        ("h264", 8, "4:2:0", EVERYWHERE),
        ("h264", 10, "4:2:0", ()),
        ("h264", 8, "4:4:4", ()),
        ("hevc", 10, "4:2:0", (SAFARI, CHROMIUM_HARDWARE)),
        ("hevc", 12, "4:2:0", ()),
        ("hevc", 8, "4:2:2", ()),
        ("vvc", 10, "4:2:0", ()),
    ],
)
def test_video(family: str, bit_depth: int, chroma: str, expected: tuple[str, ...]) -> None:
    assert players.of_video(family, bit_depth, chroma) == expected


@pytest.mark.parametrize(
    ("family", "codecs", "expected"),
    [
        ("aac", "mp4a.40.29", EVERYWHERE),
        ("aac", "mp4a.40.42", (SAFARI,)),
        ("aac", "mp4a.40.1", ()),
        ("ac3", "ec-3", (SAFARI,)),
        ("flac", "fLaC", EVERYWHERE),
        ("dts", "dtsc", ()),
    ],
)
def test_audio(family: str, codecs: str, expected: tuple[str, ...]) -> None:
    assert players.of_audio(family, codecs) == expected


def test_chromium_is_named_apart_from_its_hardware() -> None:
    """What is looked up by name must not match half a name."""
    assert CHROMIUM not in players.of_video("hevc", 8, "4:2:0")
