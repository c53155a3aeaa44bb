"""Damaged and hostile sample entries: a description, or a SourceError of one line; never anything else."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.codecs.describe import describe_entry, effect
from indexer.codecs.media_format import MediaFormat
from indexer.errors import SourceError
from indexer.init_segment import InitTrack, build_init
from tests.indexer.codecs.entries import box, esds, packed, sound, sound_v1, sound_v2, visual, wave
from tests.indexer.codecs.test_audio import COOKIE, FIVE_ONE, HEAD, STREAMINFO
from tests.indexer.codecs.test_av1 import PQ
from tests.indexer.codecs.test_dolby_vision import HVCC, record
from tests.indexer.codecs.test_h264 import HIGH_1080
from tests.indexer.codecs.test_hevc import TWO_SUB_LAYERS

AVCC = box("avcC", bytes.fromhex(HIGH_1080))
COLR = box("colr", b"nclx", struct.pack(">HHHB", 9, 16, 9, 0))
PASP, CLAP = (
    box("pasp", struct.pack(">II", 4, 3)),
    box("clap", struct.pack(">8I", 640, 1, 360, 1, 0, 1, 0, 1)),
)
VVCC = packed(
    f"{0:032b} 11111 11 1 000000000 001 00 01 010 11111 00 000001 0000001 0 00110011 {128:08b}{0:056b}"
)

ENTRIES = {
    "H.264": visual("avc1", AVCC, COLR, PASP, CLAP),
    "HEVC": visual("hev1", box("hvcC", bytes.fromhex(TWO_SUB_LAYERS))),
    "Dolby Vision": visual("dvh1", HVCC, record(8, 7, 1)),
    "AV1": visual("av01", box("av1C", bytes.fromhex(PQ))),
    "VP9": visual("vp09", box("vpcC", bytes.fromhex("01000000 02 0a a2 091009 0000"))),
    "VVC": visual("vvc1", box("vvcC", VVCC)),
    "AAC": sound("mp4a", esds(0x40, packed("00010 0110 0001 000 01010110111 00101 1 0011 10101001000 1"))),
    "AAC in QuickTime": sound_v1("mp4a", wave(box("frma", b"mp4a"), esds(0x40, b"\x11\x90"))),
    "E-AC-3": sound("ec-3", box("dec3", packed(f"{HEAD} {FIVE_ONE} 0001 000000010 0000000 1 00010000"))),
    "Opus": sound("Opus", box("dOps", struct.pack(">BBHIhB", 0, 2, 312, 48_000, 0, 0))),
    "FLAC": sound("fLaC", box("dfLa", bytes(4), b"\x80\0\0\x22", STREAMINFO)),
    "ALAC": sound("alac", box("alac", COOKIE)),
    "DTS": sound("dtsh", box("ddts", bytes(20))),
    "PCM": sound("ipcm", box("pcmC", bytes.fromhex("00000000 01 18"))),
    "PCM in QuickTime": sound_v2("lpcm", channels=2, bits=16, rate_hz=192e3, flags=0xC, frame_bytes=4),
    "encrypted": visual("encv", AVCC, box("sinf", box("schm", bytes(4), b"cenc", bytes(4)))),
}


def holds(entry: bytes, track_size: tuple[int, int] = (0, 0)) -> None:
    """Describes `entry`; what comes of it can be written, told and described again."""
    refusal = ""
    try:
        described = describe_entry(entry, track_size=track_size)
        effect(described.entry)
    except SourceError as error:
        refusal = str(error)
    else:
        is_usable(described)
    assert refusal.isprintable()


def is_usable(described: MediaFormat) -> None:
    assert all(0 <= figure < 1 << 64 for figure in described if isinstance(figure, int))
    assert described.codecs.isascii()
    assert describe_entry(described.entry).codecs == described.codecs
    build_init([InitTrack(1, "vide", 1, described.entry)])


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)
def test_seed_holds(entry: bytes) -> None:
    holds(entry)


def resized(entry: bytes) -> bytes:
    return len(entry).to_bytes(4, "big") + entry[4:]


def damaged(entry: bytes) -> Iterator[bytes]:
    """`entry` cut at every byte, with and without its size corrected; every byte spoilt."""
    for at in range(len(entry)):
        yield entry[:at]
        if at >= 8:
            yield resized(entry[:at])
        for value in (entry[at] ^ 0xFF, entry[at] ^ 0x80, 0):
            yield entry[:at] + bytes([value]) + entry[at + 1 :]


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)
def test_damaged_anywhere(entry: bytes) -> None:
    for case in damaged(entry):
        holds(case)


def test_cut_configuration_is_never_described_as_whole() -> None:
    """A cut inside the box that sets up the decoder shows; the box's own size is corrected too."""
    for at in range(8, len(AVCC) - 4):
        with pytest.raises(SourceError):
            describe_entry(visual("avc1", resized(AVCC[:at])))


@given(
    entry=st.sampled_from(tuple(ENTRIES.values())),
    edits=st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=6)), max_size=6),
    track_size=st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)),
)
def test_edited(entry: bytes, edits: list[tuple[int, bytes]], track_size: tuple[int, int]) -> None:
    for place, patch in edits:
        at = place % len(entry)
        entry = entry[:at] + patch + entry[at + len(patch) :]
    holds(resized(entry), track_size)


@given(
    fourcc=st.sampled_from(["avcC", "hvcC", "av1C", "vpcC", "vvcC", "pasp", "clap", "colr", "dvcC"]),
    payload=st.binary(max_size=120),
    codec=st.sampled_from(["avc1", "hvc1", "av01", "vp09", "vvc1", "dvh1"]),
)
def test_any_video_configuration(fourcc: str, payload: bytes, codec: str) -> None:
    holds(visual(codec, box(fourcc, payload), AVCC))


@given(
    fourcc=st.sampled_from(["esds", "dac3", "dec3", "dOps", "dfLa", "alac", "ddts", "pcmC", "wave"]),
    payload=st.binary(max_size=120),
    codec=st.sampled_from(["mp4a", "ac-3", "ec-3", "Opus", "fLaC", "alac", "dtsc", "ipcm", "in24"]),
)
def test_any_audio_configuration(fourcc: str, payload: bytes, codec: str) -> None:
    holds(sound(codec, box(fourcc, payload)))


@given(nal=st.binary(max_size=200))
def test_any_parameter_set(nal: bytes) -> None:
    size = len(nal).to_bytes(2, "big")
    holds(visual("avc1", box("avcC", bytes.fromhex("01640028ffe1"), size, nal, b"\0")))
    head = bytes.fromhex("01016000000090000000000078f000fcfdf8f800000f01210001")
    holds(visual("hvc1", box("hvcC", head, size, nal)))
