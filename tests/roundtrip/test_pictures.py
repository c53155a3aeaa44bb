"""What a multivariant playlist states of each picture of the corpus, against what ffprobe sees of it."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.app.running_origin import Origin
from tests.indexer.codecs.test_like_ffprobe import probed
from tests.oracle import hls
from tests.roundtrip.expected import SERVED
from tests.roundtrip.measured import Cost

RANGES = {"smpte2084": "PQ", "arib-std-b67": "HLG"}
TURNED = {"androidx-media/portrait_4k60.mp4", "torchcodec/nasa_13013_rotated.mp4"}
STRETCHED = {"mediabunny/sar_2x1.mp4", "mp4ff/bbb_prog_10s.mp4"}


def size(stream: dict[str, Any]) -> str:
    """As it is shown: in square pixels, upright."""
    aspect = [int(each) for each in stream.get("sample_aspect_ratio", "1:1").split(":")]
    shown = round(stream["width"] * (Fraction(*aspect) if aspect[0] else 1)), stream["height"]
    turns = [each["rotation"] for each in stream.get("side_data_list", ()) if "rotation" in each]
    return "{}x{}".format(*(shown[::-1] if any(each % 180 for each in turns) else shown))


@pytest.mark.corpus
@pytest.mark.requires_tool("ffprobe")
@pytest.mark.parametrize("corpus_origin", ["sendfile"], indirect=True)
def test_size_range_and_rate(
    corpus: Path, costs: dict[str, Cost], corpus_origin: Origin, tool: Callable[[str], str]
) -> None:
    wrong, seen, constant = [], set(), 0
    for file, (track_id, *_) in sorted(SERVED.items()):
        stream = probed(tool("ffprobe"), corpus / file)[track_id]
        if stream["codec_type"] != "video":
            continue
        master = corpus_origin.get(f"/v/{quote(file.rpartition('.')[0])}/master.m3u8").body
        variant = next(line for line in hls.read(master) if line.tag == "EXT-X-STREAM-INF")
        stated = [variant.text(name) for name in ("RESOLUTION", "VIDEO-RANGE")]
        found = [size(stream), RANGES.get(stream.get("color_transfer", ""), "SDR")]
        # ffprobe has the mean and a guess; where they agree it is the rate. HLS wants the highest one.
        mean, guess = (Fraction(stream[name]) for name in ("avg_frame_rate", "r_frame_rate"))
        rate = Fraction(variant.text("FRAME-RATE"))
        is_right = abs(rate - mean) <= Fraction(1, 2000) if mean == guess else rate > mean - Fraction(1, 2000)
        if stated != found or not is_right:
            wrong.append((file, stated, found, rate, mean, guess))
        seen.add(file)
        constant += mean == guess
    assert wrong == []
    assert seen >= TURNED | STRETCHED
    assert constant > 30
