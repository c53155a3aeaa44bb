"""Real media for the oracles: what ffmpeg's encoders make of its test sources, and the corpus."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from indexer.codecs.describe import describe_entry
from indexer.codecs.media_format import MediaFormat
from indexer.errors import Unsupported
from indexer.init_segment import InitTrack, build_init
from tests.indexer.codecs.entries import FileEntry, of_file

BT2020_PQ = ("-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc")
X265_QUIET = "log-level=none:info=0:pools=none:frame-threads=1"
X265_LAYERS = X265_QUIET + ":temporal-layers=1:scaling-list=default"


def picture(codec: str, *options: str, size: str = "64x48", pixels: str = "yuv420p") -> tuple[str, ...]:
    source = f"testsrc2=s={size}:r=25,format={pixels}"
    return ("-f", "lavfi", "-i", source, "-frames:v", "2", "-c:v", codec, *options)


def tone(codec: str, *options: str, channels: int = 2, rate_hz: int = 48_000) -> tuple[str, ...]:
    source = f"sine=d=0.1:r={rate_hz}"
    return ("-f", "lavfi", "-i", source, "-ac", str(channels), "-c:a", codec, "-strict", "-2", *options)


ENCODES = {
    "h264-baseline.mp4": picture("libx264", "-profile:v", "baseline"),
    "h264-cropped.mp4": picture("libx264", size="250x130"),
    "h264-interlaced.mp4": picture("libx264", "-flags", "+ilme+ildct", "-vf", "setsar=8/9", size="720x480"),
    "h264-high-422.mp4": picture("libx264", "-profile:v", "high422", pixels="yuv422p10le"),
    "h264-high-444.mp4": picture("libx264", "-profile:v", "high444", pixels="yuv444p"),
    "h264-matrices.mp4": picture("libx264", "-x264-params", "cqm=jvt"),
    "h264-pq.mp4": picture("libx264", *BT2020_PQ, "-color_range", "pc"),
    "h264.mov": picture("libx264", *BT2020_PQ, "-movflags", "write_colr", "-vf", "setsar=4/3"),
    "hevc-main.mp4": picture("libx265", "-x265-params", X265_QUIET, size="200x100"),
    "hevc-main10.mp4": picture("libx265", "-x265-params", X265_QUIET, *BT2020_PQ, pixels="yuv420p10le"),
    "hevc-rext.mp4": picture("libx265", "-x265-params", X265_QUIET, pixels="yuv444p12le"),
    "hevc-layers.mp4": picture("libx265", "-x265-params", X265_LAYERS),
    "av1-main.mp4": picture("libsvtav1", size="64x64"),
    "av1-main10.mp4": picture("libsvtav1", *BT2020_PQ, size="64x64", pixels="yuv420p10le"),
    "av1-high.mp4": picture("libaom-av1", "-cpu-used", "8", pixels="yuv444p"),
    "av1-grey.mp4": picture("libaom-av1", "-cpu-used", "8", pixels="gray"),
    "vp9-0.mp4": picture("libvpx-vp9", "-cpu-used", "8"),
    "vp9-2.mp4": picture("libvpx-vp9", "-cpu-used", "8", *BT2020_PQ, pixels="yuv420p10le"),
    "aac-stereo.mp4": tone("aac"),
    "aac-surround.mp4": tone("aac", channels=6, rate_hz=44_100),
    "aac.mov": tone("aac"),
    "mp3.mp4": tone("libmp3lame"),
    "mp3.mov": tone("libmp3lame", rate_hz=22_050),
    "ac3.mp4": tone("ac3", channels=6),
    "eac3.mov": tone("eac3", channels=6),
    "opus.mp4": tone("libopus"),
    "flac.mp4": tone("flac", "-sample_fmt", "s32", rate_hz=96_000),
    "alac.mp4": tone("alac"),
    "alac.mov": tone("alac", "-sample_fmt", "s32p"),
    "dts.mp4": tone("dca", channels=6),
    "pcm-s24.mov": tone("pcm_s24le"),
    "pcm-f32.mov": tone("pcm_f32be"),
    "pcm-96k.mov": tone("pcm_s16le", rate_hz=96_000),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """A track of a file, and what we make of it."""

    path: Path
    source: FileEntry
    described: MediaFormat

    @property
    def name(self) -> str:
        return f"{self.path.name} track {self.source.track_id}"

    @property
    def init(self) -> bytes:
        width, height = self.source.size_16_16
        return build_init([
            InitTrack(
                1, self.source.handler, 48_000, self.described.entry,
                matrix=self.source.matrix, width_16_16=width, height_16_16=height,
            )
        ])  # fmt: skip


def cases_of(path: Path) -> Iterator[Case]:
    """The tracks of a file that are served, by their first sample entry."""
    seen = set()
    for source in of_file(path):
        if source.track_id not in seen:
            seen.add(source.track_id)
            try:
                yield Case(path, source, describe_entry(source.entry, track_size=source.size_16_16))
            except Unsupported:
                continue


@pytest.fixture(scope="session")
def encodes(tool: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    """One track of each of `ENCODES`."""
    folder = tmp_path_factory.mktemp("encodes")
    cases: list[Case] = []
    for name, arguments in ENCODES.items():
        command = [tool("ffmpeg"), "-v", "error", "-nostdin", *arguments, "-threads", "1", str(folder / name)]
        subprocess.run(command, check=True, timeout=60)
        cases += cases_of(folder / name)
    assert len(cases) == len(ENCODES)
    return cases


@pytest.fixture(scope="session")
def corpus_cases(corpus: Path) -> list[Case]:
    """Every track of the corpus that is served."""
    suffixes = {".mp4", ".m4a", ".m4v", ".mov", ".3gp"}
    paths = sorted(
        path for path in corpus.rglob("*") if path.suffix in suffixes and "crashers" not in path.parts
    )
    return [case for path in paths for case in cases_of(path)]
