"""VP9 by its `vpcC` and VVC by its `vvcC`."""

from __future__ import annotations

import pytest

from indexer.codecs.describe import describe_entry
from indexer.errors import Malformed, Unsupported
from tests.indexer.codecs.entries import box, packed, visual


@pytest.mark.parametrize(
    ("vpcc", "codecs", "name", "chroma"),
    [
        ("01000000 00 0a 82 020202 0000", "vp09.00.10.08", "VP9 Profile 0@1.0", "4:2:0"),
        ("01000000 00 15 80 010101 0000", "vp09.00.21.08", "VP9 Profile 0@2.1", "4:2:0"),
        ("01000000 02 0a a2 091009 0000", "vp09.02.10.10.01.09.16.09.00", "VP9 Profile 2@1.0", "4:2:0"),
        ("01000000 01 0a 86 020202 0000", "vp09.01.10.08.03.02.02.02.00", "VP9 Profile 1@1.0", "4:4:4"),
        ("01000000 00 1f 83 010101 0000", "vp09.00.31.08.01.01.01.01.01", "VP9 Profile 0@3.1", "4:2:0"),
    ],
)
def test_vp9(vpcc: str, codecs: str, name: str, chroma: str) -> None:
    described = describe_entry(visual("vp09", box("vpcC", bytes.fromhex(vpcc))))
    assert (described.codecs, described.name, described.chroma) == (codecs, name, chroma)


def test_vp9_of_an_early_muxer() -> None:
    with pytest.raises(Unsupported, match="version before 1"):
        describe_entry(visual("vp09", box("vpcC", bytes.fromhex("00000000 80 10 08 00 0000"))))


@pytest.mark.parametrize(
    ("constraints", "sub_layers", "sub_profiles", "codecs"),
    [
        pytest.param("10000000", ("001", ""), "00000000", "vvc1.1.L51.CQA", id="frame-only"),
        pytest.param("00000000", ("001", ""), "00000000", "vvc1.1.L51", id="no constraints"),
        pytest.param(
            "10000000", ("011", "10 000000 00010000"), "00000000", "vvc1.1.L51.CQA", id="sub-layers"
        ),
        pytest.param(
            "00000000", ("001", ""), f"00000001 {0xBEEF:032b}", "vvc1.1.L51.SBEEF", id="sub-profile"
        ),
    ],
)
def test_vvc(constraints: str, sub_layers: tuple[str, str], sub_profiles: str, codecs: str) -> None:
    """`VvcDecoderConfigurationRecord`: Main 10, 4:2:0, 10 bits, level 3.1, sub-layers and their levels."""
    count, levels = sub_layers
    record = f"11111 11 1 000000000 {count} 00 01 010 11111 00 000001 0000001 0 00110011 {constraints}"
    record += levels + sub_profiles + f"{640:016b} {368:016b} {0:016b} {0:08b}"
    described = describe_entry(visual("vvc1", box("vvcC", bytes(4), packed(record))))
    assert described.codecs == codecs
    assert described.name == "VVC Main 10@3.1"
    assert (described.width, described.height) == (640, 360)
    assert (described.chroma, described.bit_depth) == ("4:2:0", 10)


def test_vvc_without_profile() -> None:
    with pytest.raises(Malformed, match="ptl_present_flag"):
        describe_entry(visual("vvi1", box("vvcC", bytes(4), b"\xfe")))
