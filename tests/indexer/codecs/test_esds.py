"""Elementary stream descriptors: the lengths and optional fields that muxers write."""

from __future__ import annotations

import pytest

from indexer.codecs import esds
from indexer.errors import Malformed
from tests.indexer.codecs import entries

CONFIG = "40 15 0000000000000000000000"
AAC = esds.DecoderConfig(0x40, bytes.fromhex("1190"))


@pytest.mark.parametrize(
    "descriptors",
    [
        pytest.param(f"03 16 000000 04 11 {CONFIG} 05 02 1190", id="one-byte lengths"),
        pytest.param(f"03 8080801f 000000 04 80808014 {CONFIG} 05 80808002 1190", id="four-byte lengths"),
        pytest.param(f"03 19 000080 0007 04 11 {CONFIG} 05 02 1190", id="depends on a stream"),
        pytest.param(f"03 1a 000040 03 616263 04 11 {CONFIG} 05 02 1190", id="URL"),
        pytest.param(f"03 18 000020 0009 04 11 {CONFIG} 05 02 1190", id="clock reference"),
        pytest.param(f"03 7f 000000 04 7f {CONFIG} 05 02 1190", id="lengths too large"),
        pytest.param(f"0f 01 aa 03 16 000000 04 11 {CONFIG} 05 02 1190", id="another one first"),
    ],
)
def test_read(descriptors: str) -> None:
    assert esds.read(bytes(4) + bytes.fromhex(descriptors)) == AAC


def test_written_is_what_is_read() -> None:
    assert esds.read(esds.write(0x40, bytes.fromhex("1190"))[8:]) == AAC
    assert esds.read(esds.write(0x6B)[8:]) == esds.DecoderConfig(0x6B, b"")


@pytest.mark.parametrize("descriptors", ["", "03", "06 01 02", "03 03 000000", "03 05 000000 04 01"])
def test_refused(descriptors: str) -> None:
    with pytest.raises(Malformed):
        esds.read(bytes(4) + bytes.fromhex(descriptors))


def test_builder_of_the_other_cases() -> None:
    assert esds.read(entries.esds(0x40, bytes.fromhex("1190"))[8:]) == AAC
