"""AV1 by its `av1C`, with the sequence headers of SVT-AV1 and libaom."""

from __future__ import annotations

import pytest

from indexer.codecs.describe import describe_entry
from indexer.codecs.media_format import Colour
from indexer.errors import Malformed
from tests.indexer.codecs.entries import box, visual

PLAIN = "81000c000a0b00000003bd7c7805f00080"
PQ = "81004c000a0e00000003bd7c7805f0a122012080"
NO_SUBSAMPLING = "812000000a0a20000002afff9b5f2040"
MONOCHROME = "81001c000a0a00000002afff9b5f2440"


def entry(av1c: str, *boxes: bytes) -> bytes:
    return visual("av01", box("av1C", bytes.fromhex(av1c)), *boxes, width=32, height=32)


@pytest.mark.parametrize(
    ("av1c", "codecs", "size", "chroma", "bit_depth", "video_range"),
    [
        (PLAIN, "av01.0.00M.08", (176, 144), "4:2:0", 8, "SDR"),
        (PQ, "av01.0.00M.10.0.110.09.16.09.0", (176, 144), "4:2:0", 10, "PQ"),
        (NO_SUBSAMPLING, "av01.1.00M.08.0.000.02.02.02.0", (64, 64), "4:4:4", 8, "SDR"),
        (MONOCHROME, "av01.0.00M.08.1.110.02.02.02.0", (64, 64), "4:0:0", 8, "SDR"),
    ],
    ids=["plain", "PQ", "4:4:4", "monochrome"],
)
def test_configurations(
    av1c: str, codecs: str, size: tuple[int, int], chroma: str, bit_depth: int, video_range: str
) -> None:
    described = describe_entry(entry(av1c))
    assert described.codecs == codecs
    assert (described.width, described.height, described.chroma, described.bit_depth) == (
        *size, chroma, bit_depth
    )  # fmt: skip
    assert described.video_range == video_range
    assert described.brands == ("av01",)


@pytest.mark.parametrize(
    ("av1c", "codecs", "name"),
    [
        ("81040c00", "av01.0.04M.08", "AV1 Main@3.0"),
        ("810dcc00", "av01.0.13H.10", "AV1 Main@5.1 High tier"),
        ("814f6000", "av01.2.15M.12.0.000.02.02.02.0", "AV1 Professional@5.3"),
        ("81040e00", "av01.0.04M.08.0.112.02.02.02.0", "AV1 Main@3.0"),
    ],
)
def test_without_a_sequence_header(av1c: str, codecs: str, name: str) -> None:
    described = describe_entry(entry(av1c))
    assert (described.codecs, described.name, described.width) == (codecs, name, 32)


def test_container_colour_comes_first() -> None:
    colr = box("colr", b"nclx", bytes.fromhex("0009 0012 0009 00"))
    described = describe_entry(entry(PQ, colr))
    assert described.codecs == "av01.0.00M.10.0.110.09.18.09.0"
    assert (described.colour, described.video_range) == (Colour(9, 18, 9), "HLG")


@pytest.mark.parametrize(
    ("av1c", "where"),
    [
        pytest.param("01000c00", "av1C", id="marker"),
        pytest.param("81600c00", "av1C", id="reserved profile"),
        pytest.param("8100", "av1C", id="cut"),
        pytest.param("81000c000a0b0000", "av1C/configOBUs", id="cut OBU"),
        pytest.param("81000c000a020000", "av1C/sequence header", id="cut sequence header"),
    ],
)
def test_refused(av1c: str, where: str) -> None:
    with pytest.raises(Malformed) as refusal:
        describe_entry(entry(av1c))
    assert refusal.value.where == where
