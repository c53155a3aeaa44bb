"""Colour, shape and rotation: what ffprobe tells of an archive by its boxes, it tells of init and segment.

The made archives state in boxes what the bitstream does not, so that a box that was lost would show.
"""

from __future__ import annotations

import json
import struct
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from indexer.archives import find_archives
from indexer.pipeline import Options, index_archive
from tests.app.running_origin import Origin, running_origin
from tests.indexer.demux.made_mp4 import box
from tests.media.clips import HEIGHT, WIDTH, Clip, clip_file
from tests.roundtrip.expected import SERVED
from tests.roundtrip.measured import Cost
from tests.roundtrip.played import playlist_url
from tests.roundtrip.playlist import fetch

pytestmark = pytest.mark.requires_tool("ffprobe")

TOLD = (
    "width", "height", "sample_aspect_ratio", "display_aspect_ratio", "color_range",
    "color_space", "color_transfer", "color_primaries", "side_data_list",
)  # fmt: skip
PARENTS = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"avc1")
MATRICES = {
    "upright": (0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000),
    "turned right": (0, 0x10000, 0, -0x10000, 0, 0, HEIGHT << 16, 0, 0x40000000),
    "upside down": (-0x10000, 0, 0, 0, -0x10000, 0, WIDTH << 16, HEIGHT << 16, 0x40000000),
    "turned left": (0, -0x10000, 0, 0x10000, 0, 0, 0, WIDTH << 16, 0x40000000),
}
BOXES = {
    "nclx": box("colr", b"nclx", struct.pack(">3HB", 9, 16, 9, 0x80)),
    "nclc": box("colr", b"nclc", struct.pack(">3H", 6, 1, 6)),
    "pasp": box("pasp", struct.pack(">2I", 16, 11)),
    "clap": box("clap", struct.pack(">8I", WIDTH - 8, 1, HEIGHT - 4, 1, 0, 1, 0, 1)),
    "mdcv": box("mdcv", struct.pack(">8H2I", 8500, 39850, 6550, 2300, 35400, 14600, 15635, 16450, 10**7, 50)),
    "clli": box("clli", struct.pack(">2H", 1000, 400)),
}
SAID_BY = {
    "nclx": ("color_transfer", "smpte2084"), "nclc": ("color_primaries", "smpte170m"),
    "pasp": ("sample_aspect_ratio", "16:11"), "mdcv": ("side_data_list", "Mastering display metadata"),
    "clli": ("side_data_list", "Content light level metadata"),
}  # fmt: skip
"""Box -> in which field ffprobe says what of it. Of `clap` ffmpeg 5 says nothing."""

UNSAID = (None, "N/A", "unknown", "1:1", "0:1")
FEW = [
    "androidx-media/portrait_4k60.mp4", "firefox/faces.mov", "mediabunny/sar_2x1.mp4",
    "shaka-packager/sparks_dovi_8.mp4", "torchcodec/nasa_13013_rotated.mp4",
]  # fmt: skip
"""Rotation, QuickTime, pixel aspect, HDR with Dolby Vision; `exam` asks of all."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Origin]:
    """An archive for each box and matrix, served."""
    folder = tmp_path_factory.mktemp("stated")
    media_dir, index_dir = folder / "media", folder / "index"
    media_dir.mkdir()
    plain = clip_file(Clip(seconds=1, languages=()), folder).read_bytes()
    for name, added in BOXES.items():
        (media_dir / f"{name}.mp4").write_bytes(stated(plain, added))
    for name, matrix in MATRICES.items():
        (media_dir / f"{name}.mp4").write_bytes(stated(plain, matrix=matrix))
    for found in find_archives([str(media_dir)], str(media_dir), str(index_dir)):
        assert index_archive(found, Options(segment_duration_ms=2000)).status == "indexed"
    with running_origin(media_dir, index_dir, folder / "log", "--workers", "1") as origin:
        yield origin


def save(url: str, path: Path) -> Path:
    """Init segment and first segment, as a file."""
    playlist = fetch(url)
    path.write_bytes(playlist.inits[0] + playlist.segments[0])
    return path


def told(ffprobe: str, path: Path) -> dict[str, Any]:
    """What ffprobe says of the picture of a file; nothing where it has none."""
    command = [ffprobe, "-v", "error", "-select_streams", "v:0", "-show_streams", "-of", "json", str(path)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=60)
    streams = json.loads(done.stdout)["streams"]
    return {name: streams[0].get(name) for name in TOLD} if streams else {}


def stated(plain: bytes, *added: bytes, matrix: tuple[int, ...] = MATRICES["upright"]) -> bytes:
    """`plain` with boxes added to its sample entry, and with another matrix."""
    content, more = bytearray(plain), b"".join(added)
    at = 0
    for name in PARENTS:
        at = content.index(name, at)
        struct.pack_into(">I", content, at - 4, struct.unpack_from(">I", content, at - 4)[0] + len(more))
    end = at - 4 + struct.unpack_from(">I", content, at - 4)[0] - len(more)
    struct.pack_into(">9i", content, content.index(b"tkhd") + 4 + 40, *matrix)
    return bytes(content[:end] + more + content[end:])


@pytest.mark.parametrize("name", [*BOXES, *MATRICES])
def test_what_a_box_states_is_kept(
    name: str, made: Origin, tool: Callable[[str], str], tmp_path: Path
) -> None:
    segment = save(playlist_url(made.base, f"{name}.mp4"), tmp_path / "segment")
    before, after = (told(tool("ffprobe"), path) for path in (made.media_dir / f"{name}.mp4", segment))
    if name == "nclc":  # QuickTime's, which becomes nclx: with a range, the one that nclc implies
        before["color_range"] = "tv"
    elif name in BOXES:
        assert BOXES[name] in segment.read_bytes()
    assert after == before
    field, value = SAID_BY.get(name, ("side_data_list", None))
    assert value is None or value in str(after[field])
    assert value is not None or name == "clap" or (after[field] is None) == (name == "upright")


@pytest.mark.corpus
@pytest.mark.parametrize("corpus_origin", ["sendfile"], indirect=True)
@pytest.mark.parametrize(
    "files", [FEW, pytest.param(sorted(SERVED), marks=pytest.mark.exam)], ids=["few", "all"]
)
def test_the_corpus_keeps_what_it_states(
    files: list[str],
    corpus: Path,
    costs: dict[str, Cost],
    corpus_origin: Origin,
    tool: Callable[[str], str],
    tmp_path: Path,
) -> None:
    seen, changed = set(), []
    for file in files:
        before = told(tool("ffprobe"), corpus / file)
        after = told(tool("ffprobe"), save(playlist_url(corpus_origin.base, file), tmp_path / "segment"))
        changed += [(file, name, before[name], after[name]) for name in before if before[name] != after[name]]
        seen |= {each["side_data_type"] for each in after.get("side_data_list") or []}
        seen |= {name for name in ("sample_aspect_ratio", "color_transfer") if after.get(name) not in UNSAID}
    assert changed == []
    assert seen >= {"DOVI configuration record", "Display Matrix", "sample_aspect_ratio", "color_transfer"}
