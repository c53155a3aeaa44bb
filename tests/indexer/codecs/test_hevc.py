"""HEVC by its `hvcC`, as x265 wrote them."""

from __future__ import annotations

from fractions import Fraction

import pytest

from indexer.codecs.describe import describe_entry
from indexer.codecs.media_format import Colour
from indexer.errors import Malformed
from tests.indexer.codecs.entries import box, visual

MAIN = (
    "01016000000090000000000078f000fcfdf8f800000f03200001001840010c01ffff0160000003009000000300000300789598092100"
    "01002a420101016000000300900000030000030078a003c08010e596566924caf0168080000003008000000c8422000100074401c172"
    "b46240"
)
MAIN_10_PQ = (
    "0102200000009000000000003cf000fcfdfafa00000f03a00001001840010c01ffff02200000030090000003000003003c959809a100"
    "01002c42010102200000030090000003000003003ca01620244d96566924caf016a122012080000003008000000c84a2000100074401"
    "c172b46240"
)
SCALING_LISTS = (
    "0101600000009000000000003cf000fcfdf8f800000f03200001001840010c01ffff01600000030090000003000003003c9598092100"
    "01002a42010101600000030090000003000003003ca0162024596566924e57813404000003000400000300642022000100074401c172"
    "b46240"
)
REXT_422 = (
    "0104080000009d08000000003cf000fcfefafa00000f03200001001740010c01ffff0408000003009d0800000300003c959809210001"
    "00284201010408000003009d0800000300003cb01620244d96566924caf0168080000003008000000c8422000100074401c172b46240"
)
TWO_SUB_LAYERS = (
    "01216000000090000000000099f000fcfdf8f800001303200001001c40010c02ffff21600000030090000003000003009900009598ac"
    "c048210001002c4201022160000003009000000300000300990000a01620245965662b349265780b4040000003004000000642220001"
    "00074401c172b46240"
)


def entry(hvcc: str, fourcc: str = "hvc1") -> bytes:
    return visual(fourcc, box("hvcC", bytes.fromhex(hvcc)), width=176, height=144)


@pytest.mark.parametrize(
    ("hvcc", "codecs", "name", "size", "chroma", "bit_depth"),
    [
        (MAIN, "hvc1.1.6.L120.90", "HEVC Main@4.0", (1920, 1080), "4:2:0", 8),
        (MAIN_10_PQ, "hvc1.2.4.L60.90", "HEVC Main 10@2.0", (176, 144), "4:2:0", 10),
        (SCALING_LISTS, "hvc1.1.6.L60.90", "HEVC Main@2.0", (176, 144), "4:2:0", 8),
        (REXT_422, "hvc1.4.10.L60.9D.8", "HEVC Rext@2.0", (176, 144), "4:2:2", 10),
        (TWO_SUB_LAYERS, "hvc1.1.6.H153.90", "HEVC Main@5.1 High tier", (176, 144), "4:2:0", 8),
    ],
    ids=["Main", "Main 10", "scaling lists", "Rext", "sub-layers"],
)
def test_parameter_sets(
    hvcc: str, codecs: str, name: str, size: tuple[int, int], chroma: str, bit_depth: int
) -> None:
    described = describe_entry(entry(hvcc))
    assert (described.codecs, described.name) == (codecs, name)
    assert (described.width, described.height, described.chroma, described.bit_depth) == (
        *size, chroma, bit_depth
    )  # fmt: skip


def test_colour_of_the_vui() -> None:
    described = describe_entry(entry(MAIN_10_PQ))
    assert described.colour == Colour(9, 16, 9, full_range=False)
    assert described.video_range == "PQ"


def test_aspect_of_the_vui() -> None:
    described = describe_entry(entry(SCALING_LISTS))
    assert described.pixel_aspect == Fraction(12, 11)
    assert (described.display_width, described.display_height) == (192, 144)


def test_hev1_with_parameter_sets_is_served_as_hvc1() -> None:
    described = describe_entry(entry(MAIN, fourcc="hev1"))
    assert (described.fourcc, described.entry[4:8]) == ("hvc1", b"hvc1")
    assert described.codecs == "hvc1.1.6.L120.90"


def test_hev1_without_them_stays() -> None:
    header = "01016000000090000000000078f000fcfdf8f800000f"
    described = describe_entry(entry(header + "00", fourcc="hev1"))
    assert (described.fourcc, described.codecs) == ("hev1", "hev1.1.6.L120.90")
    assert (described.width, described.height, described.bit_depth) == (176, 144, 8)


@pytest.mark.parametrize(
    ("general", "codecs"),
    [
        # The examples of ISO/IEC 14496-15 §E.3 and of players' documentation.
        ("01 60000000 B00000000000 5D", "hev1.1.6.L93.B0"),
        ("21 60000000 B00000000000 99", "hev1.1.6.H153.B0"),
        ("42 20000000 000000000000 96", "hev1.A2.4.L150"),
        ("04 08000000 9D0800000000 78", "hev1.4.10.L120.9D.8"),
        ("02 20000000 900000000001 78", "hev1.2.4.L120.90.0.0.0.0.1"),
    ],
)
def test_codecs_string(general: str, codecs: str) -> None:
    record = f"01 {general} f000 fc fd f8 f8 0000 0f 00"
    assert describe_entry(entry(record, fourcc="hev1")).codecs == codecs


def test_refused_where_the_picture_is_cut_off() -> None:
    with pytest.raises(Malformed, match="middle of a field") as refusal:
        describe_entry(entry("01016000000090000000000078f000fcfdf8f800000f01210001000a42010101600000030090"))
    assert refusal.value.where == "hvcC/SPS"
