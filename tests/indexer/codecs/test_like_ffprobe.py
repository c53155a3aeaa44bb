"""Every figure of a description against ffprobe, which decodes the stream's first frames to tell it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from indexer.codecs.media_format import Colour
from tests.indexer.codecs.conftest import Case

PRIMARIES = {"bt709": 1, "bt470bg": 5, "smpte170m": 6, "bt2020": 9}
TRANSFERS = {"bt709": 1, "smpte170m": 6, "bt2020-10": 14, "smpte2084": 16, "arib-std-b67": 18}
MATRICES = {"gbr": 0, "bt709": 1, "bt470bg": 5, "smpte170m": 6, "bt2020nc": 9}
CHROMA = {"420": "4:2:0", "422": "4:2:2", "444": "4:4:4"}

CONTAINER_COUNTS = "colr and the parameter set disagree: the container's word counts"
KNOWN_TO_DIFFER = {
    "karma.mp4 track 1: size": "the entry crops what the parameter set does not; our display size has it",
    "karma.mp4 track 1: full range": CONTAINER_COUNTS,
    "h265_with_metadata_track.mp4 track 3: transfer": CONTAINER_COUNTS,
    "h265_with_metadata_track.mp4 track 3: matrix": CONTAINER_COUNTS,
    "dts.mp4 track 1: channels": "ffmpeg writes 2 into the entry and no ddts; only the stream knows",
    "bear-640x360-av_frag.mp4 track 2: channels": "ffprobe takes a damaged first frame's word",
    "sample_ipcm_24le.mp4 track 2: bits": "ffmpeg 5.1 takes any ipcm for 16 bits",
}


def probed(ffprobe: str, path: Path) -> dict[int, dict[str, Any]]:
    """Streams by track id."""
    command = [ffprobe, "-v", "quiet", "-show_streams", "-of", "json", str(path)]
    done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    return {int(stream["id"], 16): stream for stream in json.loads(done.stdout)["streams"] if "id" in stream}


def video_facts(stream: dict[str, Any]) -> dict[str, object]:
    """What ffprobe says, in our terms; what it does not know is left out."""
    facts: dict[str, object] = {"size": (stream["width"], stream["height"])}
    aspect = stream.get("sample_aspect_ratio", "0:1")
    if not aspect.startswith("0"):
        facts["aspect"] = Fraction(*map(int, aspect.split(":")))
    for name, key, codes in (
        ("primaries", "color_primaries", PRIMARIES),
        ("transfer", "color_transfer", TRANSFERS),
        ("matrix", "color_space", MATRICES),
    ):
        if key in stream:
            facts[name] = codes[stream[key]]
    if "color_range" in stream:
        facts["full range"] = stream["color_range"] == "pc"
    pixels = stream.get("pix_fmt", "")
    if pixels:
        facts["chroma"] = next((name for key, name in CHROMA.items() if key in pixels), "4:0:0")
        facts["bits"] = next((bits for bits in (10, 12) if pixels.endswith(f"{bits}le")), 8)
    if stream.get("profile") and stream["codec_name"] != "av1":
        facts["profile"] = stream["profile"]
    if stream.get("level", -99) > 0:
        facts["level"] = stream["level"]
    return facts


def our_video_facts(case: Case) -> dict[str, object]:
    described = case.described
    colour = described.colour or Colour()
    name, _, level = described.name.split(",")[0].removesuffix(" High tier").partition("@")
    major, _, minor = level.partition(".")
    per_level = {"H.264": 10, "HEVC": 30}.get(name.split()[0], 0)
    return {
        "size": (described.width, described.height),
        "aspect": described.pixel_aspect,
        "primaries": colour.primaries,
        "transfer": colour.transfer,
        "matrix": colour.matrix,
        "full range": colour.full_range,
        "chroma": described.chroma,
        "bits": described.bit_depth,
        "profile": name.partition(" ")[2],
        "level": round((int(major) + int(minor) / 10) * per_level),
    }


def audio_facts(stream: dict[str, Any]) -> dict[str, object]:
    facts: dict[str, object] = {"channels": stream["channels"], "rate": int(stream["sample_rate"])}
    if stream["codec_name"].startswith("pcm"):
        facts["bits"] = stream["bits_per_sample"]
    elif int(stream.get("bits_per_raw_sample", 0)) and stream["codec_name"] != "dts":
        facts["bits"] = int(stream["bits_per_raw_sample"])
    if stream["codec_name"] == "aac":
        facts["profile"] = stream["profile"]
    return facts


def our_audio_facts(case: Case) -> dict[str, object]:
    described = case.described
    return {
        "channels": described.channels,
        "rate": described.sample_rate_hz,
        "bits": described.bit_depth,
        "profile": {"AAC-LC": "LC", "HE-AAC": "HE-AAC", "HE-AAC v2": "HE-AACv2"}.get(described.name),
    }


def differences(case: Case, stream: dict[str, Any]) -> dict[str, tuple[object, object]]:
    """Figure ─▶ (ours, ffprobe's), where ffprobe has one and it is another."""
    is_video = case.described.kind == "video"
    ours = our_video_facts(case) if is_video else our_audio_facts(case)
    theirs = video_facts(stream) if is_video else audio_facts(stream)
    return {
        figure: (ours[figure], value)
        for figure, value in theirs.items()
        if ours[figure] != value and f"{case.name}: {figure}" not in KNOWN_TO_DIFFER
    }


def all_differences(ffprobe: str, cases: list[Case]) -> dict[str, dict[str, tuple[object, object]]]:
    found = {}
    streams: dict[Path, dict[int, dict[str, Any]]] = {}
    for case in cases:
        if case.path not in streams:
            streams[case.path] = probed(ffprobe, case.path)
        found[case.name] = differences(case, streams[case.path][case.source.track_id])
    return {name: each for name, each in found.items() if each}


@pytest.mark.requires_tool("ffmpeg", "ffprobe")
def test_encodes(encodes: list[Case], tool: Callable[[str], str]) -> None:
    assert all_differences(tool("ffprobe"), encodes) == {}


@pytest.mark.corpus
@pytest.mark.requires_tool("ffprobe")
def test_corpus(corpus_cases: list[Case], tool: Callable[[str], str]) -> None:
    assert len(corpus_cases) > 80
    assert all_differences(tool("ffprobe"), corpus_cases) == {}
