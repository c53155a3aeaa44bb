"""AudioSpecificConfig: each signalling of SBR and PS, and what older and odder encoders write.

Configurations are written field by field: object type, rate index, channels, GASpecificConfig, extensions.
"""

from __future__ import annotations

import pytest

from indexer.codecs import aac
from indexer.errors import Malformed
from tests.indexer.codecs.entries import packed

LC_48K = "00010 0011 0010 000"
LC_24K = "00010 0110 0010 000"
LC_24K_MONO = "00010 0110 0001 000"
SBR_48K = "01010110111 00101 1 0011"
PS = "10101001000 1"


@pytest.mark.parametrize(
    ("config", "object_type", "channels", "rate_hz"),
    [
        pytest.param(LC_48K, 2, 2, 48_000, id="LC"),
        pytest.param("00010 0100 0110 000", 2, 6, 44_100, id="LC 5.1"),
        pytest.param("00010 0011 0111 000", 2, 8, 48_000, id="LC 7.1"),
        pytest.param("00010 0011 1100 000", 2, 8, 48_000, id="LC 7.1 in configuration 12"),
        pytest.param("00010 1111 000000000010011001011000 0010 000", 2, 2, 9_816, id="explicit rate"),
        pytest.param(LC_24K, 2, 2, 24_000, id="SBR told by nobody"),
        pytest.param(LC_24K + SBR_48K, 5, 2, 48_000, id="SBR told after the core"),
        pytest.param(LC_24K + "01010110111 00101 0", 2, 2, 24_000, id="SBR told to be absent"),
        pytest.param(LC_24K_MONO + SBR_48K + PS, 29, 2, 48_000, id="PS told after the core"),
        pytest.param(LC_24K_MONO + SBR_48K + "10101001000 0", 5, 1, 48_000, id="PS told to be absent"),
        pytest.param("00101 0110 0010 0011 00010 000", 5, 2, 48_000, id="SBR told first"),
        pytest.param("11101 0110 0001 0011 00010 000", 29, 2, 48_000, id="PS told first"),
        pytest.param("00001 0011 0010 000", 1, 2, 48_000, id="Main"),
        pytest.param("11111 001010 0011 0010", 42, 2, 48_000, id="xHE-AAC"),
        pytest.param("11111 000111 0100 0010 0", 39, 2, 44_100, id="ELD"),
        pytest.param("10111 0011 0010 000 00", 23, 2, 48_000, id="LD"),
        pytest.param("11111 000010 0100 0010", 34, 2, 44_100, id="MP3 in MPEG-4"),
    ],
)
def test_configuration(config: str, object_type: int, channels: int, rate_hz: int) -> None:
    found = aac.read(packed(config))
    assert (found.object_type, found.channels, found.sample_rate_hz) == (object_type, channels, rate_hz)


def test_channels_of_a_program_config_element() -> None:
    """Configuration 0: a front single and pair, a back pair, one LFE; no comment."""
    element = "0000 01 0011 0010 0000 0001 01 000 0000 0 0 0" + "0 0000 1 0001 1 0010 0011"
    found = aac.read(packed("00010 0011 0000 000" + element).ljust(12, b"\0"))
    assert found.channels == 6


@pytest.mark.parametrize(
    "config",
    [
        pytest.param("", id="empty"),
        pytest.param("00010 001", id="cut"),
        pytest.param("00010 1101 0010 000", id="reserved rate"),
        pytest.param("00101 0110 0010", id="cut before the core's type"),
        pytest.param("00010 0011 0000 000 0000 01 0011", id="cut in the program config element"),
    ],
)
def test_refused(config: str) -> None:
    with pytest.raises(Malformed):
        aac.read(packed(config) if config else b"")
