"""Dolby Vision over HEVC and AV1: what is named in CODECS and what in SUPPLEMENTAL-CODECS."""

from __future__ import annotations

import pytest

from indexer.codecs.describe import describe_entry
from indexer.errors import Malformed
from tests.indexer.codecs.entries import box, packed, visual
from tests.indexer.codecs.test_hevc import MAIN_10_PQ

HVCC = box("hvcC", bytes.fromhex(MAIN_10_PQ))
AV1C = box("av1C", bytes.fromhex("810dcc00"))
MAIN_10 = "hvc1.2.4.L60.90"
HLG = box("colr", b"nclx", bytes.fromhex("0009 0012 0009 00"))
SDR = box("colr", b"nclx", bytes.fromhex("0009 000e 0009 00"))


def record(profile: int, level: int, compatibility: int, name: str = "dvvC") -> bytes:
    fields = packed(f"{1:08b} {0:08b} {profile:07b} {level:06b} 101 {compatibility:04b}")
    return box(name, fields.ljust(24, b"\0"))


@pytest.mark.parametrize(
    ("fourcc", "boxes", "codecs", "supplemental", "video_range"),
    [
        pytest.param("hvc1", (HVCC, record(8, 7, 1)), MAIN_10, "dvh1.08.07/db1p", "PQ", id="8.1"),
        pytest.param("hev1", (HVCC, record(8, 4, 4), HLG), MAIN_10, "dvh1.08.04/db4h", "HLG", id="8.4"),
        pytest.param(
            "hvc1", (HVCC, record(8, 4, 4), SDR), MAIN_10, "dvh1.08.04/db4g", "HLG", id="8.4 by SEI"
        ),
        pytest.param("dvh1", (HVCC, record(8, 5, 2)), MAIN_10, "dvh1.08.05/db2g", "PQ", id="8.2 as dvh1"),
        pytest.param("dvhe", (HVCC, record(5, 6, 0, "dvcC")), "dvh1.05.06", "", "PQ", id="5 as dvhe"),
        pytest.param("hvc1", (HVCC, record(5, 9, 0, "dvcC")), "dvh1.05.09", "", "PQ", id="5 as hvc1"),
        pytest.param("hvc1", (HVCC, record(7, 6, 6, "dvcC")), MAIN_10, "", "PQ", id="7, base layer"),
        pytest.param("av01", (AV1C, record(10, 9, 1)), "av01.0.13H.10", "dav1.10.09/db1p", "SDR", id="10.1"),
        pytest.param("dav1", (AV1C, record(10, 9, 0)), "dav1.10.09", "", "PQ", id="10.0"),
    ],
)
def test_names(
    fourcc: str, boxes: tuple[bytes, ...], codecs: str, supplemental: str, video_range: str
) -> None:
    described = describe_entry(visual(fourcc, *boxes))
    assert (described.codecs, described.supplemental_codecs) == (codecs, supplemental)
    assert described.video_range == video_range
    assert described.fourcc == codecs[:4] == described.entry[4:8].decode()


def test_facts() -> None:
    described = describe_entry(visual("hvc1", HVCC, record(8, 7, 1)))
    assert described.name == "HEVC Main 10@2.0, Dolby Vision 8.1"
    assert described.brands == ("dby1", "db1p")
    assert b"dvvC" in described.entry


def test_profile_5_plays_where_dolby_vision_plays() -> None:
    described = describe_entry(visual("dvh1", HVCC, record(5, 6, 0, "dvcC")))
    assert described.players == ("Safari",)
    assert described.brands == ("dby1",)


@pytest.mark.parametrize(
    ("boxes", "rule"), [((HVCC,), "no dvcC or dvvC"), ((HVCC, box("dvcC", b"\1\0\x10")), "middle of a field")]
)
def test_refused(boxes: tuple[bytes, ...], rule: str) -> None:
    with pytest.raises(Malformed, match=rule):
        describe_entry(visual("dvh1", *boxes))
