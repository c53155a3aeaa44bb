"""Layouts of sample entries: ISO's, QuickTime's three, and what lies between boxes."""

from __future__ import annotations

import pytest

from indexer.codecs.describe import describe_entry
from indexer.codecs.sample_entry import read_audio, read_visual
from indexer.errors import Malformed
from tests.indexer.codecs.entries import box, esds, sound, sound_v1, sound_v2, visual, wave
from tests.indexer.codecs.test_h264 import HIGH_1080

AAC = esds(0x40, b"\x11\x90")
AVCC = box("avcC", bytes.fromhex(HIGH_1080))


def test_visual_fields() -> None:
    entry = read_visual(visual("avc1", AVCC, box("pasp", bytes(8)), width=704, height=576, name=b"\4x264"))
    assert (entry.width, entry.height, entry.depth) == (704, 576, 24)
    assert entry.compressor_name == b"\4x264".ljust(32, b"\0")
    assert [child.fourcc for child in entry.children.boxes] == ["avcC", "pasp"]


@pytest.mark.parametrize("tail", [bytes(4), bytes(8), b"\0" * 3])
def test_terminators_and_padding_end_the_boxes(tail: bytes) -> None:
    described = describe_entry(visual("avc1", AVCC, tail))
    assert described.entry == visual("avc1", AVCC)


def test_quicktime_visual_entry_is_served_as_iso() -> None:
    quicktime = bytearray(visual("avc1", AVCC, box("fiel", b"\1\0"), box("gama", bytes(4)), bytes(4)))
    quicktime[16:32] = b"\0\1\0\1appl\0\0\2\0\0\0\2\0"  # version, revision, vendor, qualities
    quicktime[32:34] = b"\2\x80"
    assert describe_entry(bytes(quicktime)).entry == visual("avc1", AVCC)


@pytest.mark.parametrize(
    ("entry", "version"),
    [
        pytest.param(sound("mp4a", AAC), 0, id="ISO"),
        pytest.param(sound_v1("mp4a", AAC), 1, id="QuickTime 1"),
        pytest.param(sound_v1("mp4a", wave(box("frma", b"mp4a"), AAC)), 1, id="QuickTime 1 with wave"),
        pytest.param(sound("mp4a", wave(AAC)), 0, id="QuickTime 0 with wave"),
        pytest.param(
            sound_v2("mp4a", AAC, channels=2, bits=0, rate_hz=48e3, flags=0, frame_bytes=0),
            2,
            id="QuickTime 2",
        ),
    ],
)
def test_sound_descriptions_become_one_iso_entry(entry: bytes, version: int) -> None:
    assert read_audio(entry).version == version
    described = describe_entry(entry)
    assert (described.channels, described.sample_rate_hz) == (2, 48_000)
    assert described.entry == sound("mp4a", AAC)


def test_iso_version_1_is_not_taken_for_quicktimes() -> None:
    """Both have version 1; only in ISO's do whole boxes begin at once."""
    srat = box("srat", bytes(4), (96_000).to_bytes(4, "big"))
    pcmc = box("pcmC", bytes.fromhex("00000000 01 10"))
    entry = bytearray(sound("ipcm", srat, pcmc, rate_hz=1))
    entry[17] = 1
    found = read_audio(bytes(entry))
    assert (found.quicktime, found.sample_rate_hz) == (False, 96_000)


def test_data_reference_is_the_fragment_itself() -> None:
    entry = bytearray(sound("mp4a", AAC))
    entry[15] = 3
    assert describe_entry(bytes(entry)).entry == sound("mp4a", AAC)


@pytest.mark.parametrize(
    ("entry", "rule"),
    [
        pytest.param(b"\0\0\0\x08avc1", "less than its own header", id="header alone"),
        pytest.param(b"\0\0\1\0avc1" + bytes(200), "says it has 256", id="size"),
        pytest.param(box("avc1", bytes(40)), "its fixed fields take 86", id="short video"),
        pytest.param(box("mp4a", bytes(20)), "its fixed fields take 36", id="short audio"),
        pytest.param(
            box("mp4a", bytes(8), b"\0\1", bytes(30)), "its fixed fields take 52", id="short version 1"
        ),
        pytest.param(
            box("mp4a", bytes(8), b"\0\2", bytes(30)), "its fixed fields take 72", id="short version 2"
        ),
        pytest.param(visual("avc1", b"\0\0\1\0avcC" + bytes(20)), "child box of 256 bytes", id="child"),
        pytest.param(visual("avc1", *[box("free")] * 65), "more than 64 child boxes", id="many children"),
    ],
)
def test_refused(entry: bytes, rule: str) -> None:
    with pytest.raises(Malformed, match=rule):
        describe_entry(entry)


@pytest.mark.parametrize(("start", "rate_hz"), [(72, float("nan")), (72, -1.0), (72, 1e300), (200, 48e3)])
def test_impossible_version_2(start: int, rate_hz: float) -> None:
    entry = bytearray(sound_v2("lpcm", channels=2, bits=16, rate_hz=rate_hz, flags=0xC, frame_bytes=4))
    entry[36:40] = start.to_bytes(4, "big")
    with pytest.raises(Malformed, match="impossible sizes"):
        describe_entry(bytes(entry))
