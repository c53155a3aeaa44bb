"""What is served decodes as the archive does: to the same pictures and sounds, with no error that is new.

Both are decoded without their edit lists, by ffmpeg's own decoders. The served side is decoded from each init
segment and the segments that follow it: ffmpeg's playlists stay with the first one. That nginx sends the same
bytes is for `test_corpus` to say.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import pytest

from tests.app.running_origin import Origin
from tests.roundtrip.expected import FFMPEG_READS_OTHERWISE, SERVED
from tests.roundtrip.measured import Cost
from tests.roundtrip.played import playlist_url
from tests.roundtrip.playlist import fetch

pytestmark = [pytest.mark.corpus, pytest.mark.requires_tool("ffmpeg")]

FEW = (
    "androidx-media/iibbibb_editlist_videoonly.mp4",
    "derived/bear-640x360-stz2_16bit.mp4",
    "fate-suite/h264_extradata-reload-multi-stsd.mp4",
    "fate-suite/mov_ibi_elst_starts_b.mp4",
    "firefox/faces.mov",
    "shaka-packager/bear-640x360-vp9.mp4",
)
"""Open GOP, AAC, a change of parameters, HEVC, QuickTime, VP9; `exam` decodes all."""

FFMPEG_DECODES_OTHERWISE = {
    # ffmpeg 5 takes `ipcm` for 16-bit samples, of which packets cut elsewhere make others.
    "androidx-media/sample_ipcm_24le.mp4",
    # Its `dOps` is little-endian. ffmpeg takes 156 samples of priming for 39,936 and leaves these out.
    "firefox/opus-sample.mp4",
    *FFMPEG_READS_OTHERWISE,
}

MOST_FRAMES = 500
"""Decoded of each stream; ffmpeg stops when it has them of one."""

TIMEOUT_S = 280


@dataclass(frozen=True, slots=True)
class Decoded:
    """Hashes of the first decoded frames in order, a list a stream (video first), and all complaints."""

    frames: tuple[tuple[str, ...], ...]
    errors: frozenset[str]


@pytest.mark.parametrize("corpus_origin", ["sendfile"], indirect=True)
@pytest.mark.parametrize(
    "file", [pytest.param(file, marks=[] if file in FEW else pytest.mark.exam) for file in sorted(SERVED)]
)
def test_decodes_as_the_archive_does(
    file: str, corpus: Path, costs: dict[str, Cost], corpus_origin: Origin, tool: Callable[[str], str]
) -> None:
    ids = [f"0:i:{track}" for track in SERVED[file]]
    archive = decode(tool("ffmpeg"), str(corpus / file), ids)
    playlist = fetch(playlist_url(corpus_origin.base, file))
    served = [
        decode(tool("ffmpeg"), "pipe:", ["0:v?", "0:a?"], init + b"".join(segment for _, segment in group))
        for init, group in groupby(zip(playlist.inits, playlist.segments, strict=True), itemgetter(0))
    ]
    if not archive.frames:
        pytest.skip(f"this ffmpeg cannot decode it: {', '.join(archive.errors)}")
    assert frozenset().union(*(part.errors for part in served)) <= archive.errors
    if file not in FFMPEG_DECODES_OTHERWISE and not archive.errors:  # how errors are concealed may vary
        capped = len(archive.frames[0]) == MOST_FRAMES
        for pair in zip(joined(served), archive.frames, strict=True):
            of_playlist, of_archive = in_common(*pair, capped=capped)
            assert of_playlist == of_archive


def decode(ffmpeg: str, place: str, streams: list[str], content: bytes | None = None) -> Decoded:
    maps = [word for stream in streams for word in ("-map", stream)]
    done = subprocess.run(
        [
            ffmpeg, "-v", "error", "-nostdin", "-ignore_editlist", "1", "-i", place, *maps,
            "-fps_mode", "passthrough", "-autoscale", "0", "-af", "asetnsamples=n=1024:p=0",
            "-frames:v", str(MOST_FRAMES), "-frames:a", str(MOST_FRAMES), "-f", "framemd5", "-",
        ],
        input=content, capture_output=True, check=False, timeout=TIMEOUT_S,
    )  # fmt: skip
    rows = [line.split(",") for line in done.stdout.decode().splitlines() if not line.startswith("#")]
    numbers = sorted({row[0] for row in rows})
    frames = tuple(tuple(row[-1].strip() for row in rows if row[0] == number) for number in numbers)
    complaints = done.stderr.decode(errors="replace").splitlines()
    return Decoded(frames, frozenset(line.partition("] ")[2] or line for line in complaints))


def joined(parts: Iterable[Decoded]) -> tuple[tuple[str, ...], ...]:
    """The parts of a presentation as one; the streams are the same throughout."""
    return tuple(sum(streams, ()) for streams in zip(*(part.frames for part in parts), strict=True))


def in_common(
    one: Sequence[str], other: Sequence[str], *, capped: bool
) -> tuple[Sequence[str], Sequence[str]]:
    """Both, and where ffmpeg stopped early at `MOST_FRAMES` of the video, as far as both go."""
    shorter = min(len(one), len(other)) if capped else None
    return one[:shorter], other[:shorter]
