"""H.264 by its `avcC`, as x264 and others wrote them."""

from __future__ import annotations

from fractions import Fraction

import pytest

from indexer.codecs import h264
from indexer.codecs.describe import describe_entry
from indexer.codecs.media_format import Colour
from indexer.codecs.video import Picture
from indexer.errors import Malformed
from tests.indexer.codecs.entries import box, visual

SQUARE = Fraction(1)
HIGH_1080 = "01640028ffe1001b67640028acd940780227e5c044000003000400000300c83c60c65801000668ebe3cb22c0fdf8f800"


def entry(avcc: str, fourcc: str = "avc1") -> bytes:
    return visual(fourcc, box("avcC", bytes.fromhex(avcc)))


@pytest.mark.parametrize(
    ("avcc", "codecs", "name", "picture"),
    [
        pytest.param(
            HIGH_1080,
            "avc1.640028", "H.264 High@4.0", Picture(1920, 1080, 8, "4:2:0", SQUARE),
            id="cropped to 1080 lines",
        ),
        pytest.param(
            "0164000bffe100206764000bacd942c4effc0040003db808080a000003000200000300641e28532c01000668ebe3cb22c0fdf8f800",
            "avc1.64000b", "H.264 High@1.1",
            Picture(176, 144, 8, "4:2:0", Fraction(16, 15), Colour(1, 1, 1, full_range=True)),
            id="extended aspect, colour",
        ),
        pytest.param(
            "0164001effe1001d6764001eacd940b47b7fe001000122000003000200000300643e28532c01000668fba3cb22c0fdf8f800",
            "avc1.64001e", "H.264 High@3.0", Picture(720, 480, 8, "4:2:0", Fraction(8, 9)),
            id="interlaced",
        ),
        pytest.param(
            "017a000bffe10019677a000bb6cd942c4ec044000003000400000300c83c50a65801000668ebe3cb22c0fefafa00",
            "avc1.7a000b", "H.264 High 4:2:2@1.1", Picture(176, 144, 10, "4:2:2", SQUARE),
            id="10 bits",
        ),
        pytest.param(
            "0142c00bffe100166742c00bd902c4ec0440000003004000000c83c50a9201000568cb83cb20",
            "avc1.42c00b", "H.264 Constrained Baseline@1.1", Picture(176, 144, 8, "4:2:0", SQUARE),
            id="baseline",
        ),
        pytest.param(
            "01f4000bffe1001967f4000b919b28589d80880000030008000003019078a14cb001000668ebe3c44844fff8f800",
            "avc1.f4000b", "H.264 High 4:4:4 Predictive@1.1", Picture(176, 144, 8, "4:4:4", SQUARE),
            id="no subsampling",
        ),
    ],
)  # fmt: skip
def test_parameter_sets(avcc: str, codecs: str, name: str, picture: Picture) -> None:
    described = describe_entry(entry(avcc))
    assert (described.codecs, described.name) == (codecs, name)
    sps_bytes = int.from_bytes(bytes.fromhex(avcc)[6:8], "big")
    assert h264.read_sps(bytes.fromhex(avcc)[8 : 8 + sps_bytes]) == picture
    assert (described.width, described.height) == (picture.width, picture.height)


@pytest.mark.parametrize(
    ("head", "name"),
    [
        ("42000b", "H.264 Baseline@1.1"),
        ("42100b", "H.264 Baseline@1b"),
        ("640009", "H.264 High@1b"),
        ("6e1029", "H.264 High 10 Intra@4.1"),
        ("2c0014", "H.264 CAVLC 4:4:4 Intra@2.0"),
        ("7f001e", "H.264 profile 127@3.0"),
    ],
)
def test_names(head: str, name: str) -> None:
    """A record without parameter sets: they come in-band."""
    described = describe_entry(entry(f"01{head}ffe000", fourcc="avc3"))
    assert (described.fourcc, described.codecs, described.name) == ("avc3", f"avc3.{head}", name)
    assert (described.width, described.height) == (640, 360)


def test_avc3_with_parameter_sets_is_served_as_avc1() -> None:
    described = describe_entry(entry(HIGH_1080, fourcc="avc3"))
    assert (described.fourcc, described.entry[4:8], described.codecs) == ("avc1", b"avc1", "avc1.640028")


def test_vui_cut_short_is_left_out() -> None:
    whole = bytes.fromhex(HIGH_1080)
    sps = whole[8:20]
    cut = whole[:6] + len(sps).to_bytes(2, "big") + sps + whole[8 + 27 :]
    described = describe_entry(visual("avc1", box("avcC", cut)))
    assert (described.width, described.height, described.colour) == (1920, 1080, None)


@pytest.mark.parametrize(
    ("avcc", "rule"),
    [
        pytest.param("00640028ffe100", "configurationVersion", id="version"),
        pytest.param(HIGH_1080[:20], "in the middle of a field", id="cut"),
        pytest.param("01640028ffe1000067640028", "in the middle of a field", id="empty SPS"),
        pytest.param("0142000bffe1000967" + "42000b" + "ff" * 5, "middle of a field", id="SPS of ones"),
    ],
)
def test_refused(avcc: str, rule: str) -> None:
    with pytest.raises(Malformed, match=rule) as refusal:
        describe_entry(entry(avcc))
    assert refusal.value.where.startswith("avcC")
