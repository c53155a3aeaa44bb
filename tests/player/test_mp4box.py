"""mp4box.js as a second reader of our boxes: every sample of the archive, where and when it was."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from hashlib import md5
from pathlib import Path
from typing import Any
from urllib.parse import quote

import av
import pytest

from tests.app.running_origin import Origin
from tests.player.conftest import HERE

pytestmark = pytest.mark.requires_tool("node", "players")


@dataclass(frozen=True, slots=True)
class Sample:
    """Times are seconds."""

    dts: Fraction
    pts: Fraction
    size: int
    is_sync: bool
    digest: str


def served(node: str, url: str) -> list[list[Sample]]:
    """The samples of each track, by mp4box.js, which must have nothing to complain of."""
    command = [node, str(HERE / "mp4box_samples.mjs"), url]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=60)
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["troubles"] == []
    assert [track["listed"] for track in found["tracks"]] == [
        len(track["samples"]) for track in found["tracks"]
    ]
    return [
        [
            Sample(
                Fraction(sample["dts"] - track["begins_at"], track["timescale"]),
                Fraction(sample["cts"] - track["begins_at"], track["timescale"]),
                sample["size"],
                sample["is_sync"],
                sample["md5"],
            )
            for sample in track["samples"]
        ]
        for track in found["tracks"]
    ]


def archived(archive: Path) -> list[list[Sample]]:
    """The samples of each track, by ffmpeg, with edit lists applied."""
    with av.open(str(archive)) as container:
        tracks: list[list[Sample]] = [[] for _ in container.streams]
        for packet in container.demux():
            if packet.dts is not None and packet.pts is not None and packet.size:
                times = (Fraction(packet.dts * packet.time_base), Fraction(packet.pts * packet.time_base))
                digest = md5(bytes(packet)).hexdigest()
                tracks[packet.stream_index].append(Sample(*times, packet.size, packet.is_keyframe, digest))
        return tracks


@pytest.mark.parametrize("name", ["both", "picture only", "sound only"])
def test_samples_are_those_of_the_archive(name: str, delivered: Origin, tool: Callable[[str], str]) -> None:
    got = served(tool("node"), f"{delivered.base}/v/{quote(name)}/playlist.m3u8")
    wanted = archived(delivered.media_dir / f"{name}.mp4")
    assert len(got) == len(wanted)
    for ours, theirs in zip(got, wanted, strict=True):
        assert [(each.pts, each.size, each.is_sync, each.digest) for each in ours] == [
            (each.pts, each.size, each.is_sync, each.digest) for each in theirs
        ]
        # What an edit skips of a picture's track may be folded into composition offsets.
        assert len({mine.dts - its.dts for mine, its in zip(ours, theirs, strict=True)}) == 1
