"""Audio other than AAC: each by its own configuration box, QuickTime's names for it included."""

from __future__ import annotations

import struct

import pytest

from indexer.codecs import mpeg4_audio
from indexer.codecs.describe import describe_entry
from indexer.errors import Malformed, Unsupported
from tests.indexer.codecs.entries import box, esds, packed, sound, sound_v1, sound_v2, wave

STREAMINFO = packed(f"{4096:016b} {4096:016b} {0:024b} {0:024b} {96_000:020b} 101 10111").ljust(34, b"\0")
COOKIE = struct.pack(">4xIBBBBBBHIII", 4096, 0, 24, 40, 10, 14, 2, 255, 0, 0, 192_000)


@pytest.mark.parametrize(
    ("dac3", "channels", "rate_hz"),
    [
        ("00 01000 000 111 1 01111 00000", 6, 48_000),
        ("01 01000 000 010 0 01010 00000", 2, 44_100),
        ("10 01000 000 001 0 00010 00000", 1, 32_000),
    ],
)
def test_ac3(dac3: str, channels: int, rate_hz: int) -> None:
    described = describe_entry(sound("ac-3", box("dac3", packed(dac3))))
    assert (described.codecs, described.name) == ("ac-3", "AC-3")
    assert (described.channels, described.hls_channels, described.sample_rate_hz) == (
        channels, str(channels), rate_hz
    )  # fmt: skip


HEAD = "0001100000000 000"
FIVE_ONE = "00 10000 0 0 000 111 1 000"


@pytest.mark.parametrize(
    ("dec3", "channels", "hls_channels", "name"),
    [
        pytest.param(f"{HEAD} {FIVE_ONE} 0000 0", 6, "6", "E-AC-3", id="5.1"),
        pytest.param(f"{HEAD} {FIVE_ONE} 0001 000000010", 8, "8", "E-AC-3", id="7.1 by Lrs/Rrs"),
        pytest.param(
            f"{HEAD} {FIVE_ONE} 0000 0 0000000 1 00010000", 6, "16/JOC", "E-AC-3 with Atmos (JOC)", id="Atmos"
        ),
        pytest.param(f"{HEAD} {FIVE_ONE} 0000 0 0000000 0 00000000", 6, "6", "E-AC-3", id="no extension"),
        pytest.param(
            f"0001100000000 001 {FIVE_ONE} 0000 0 00 10000 0 0 000 001 0 000 0000 0", 6, "6", "E-AC-3",
            id="two programmes",
        ),
    ],
)  # fmt: skip
def test_eac3(dec3: str, channels: int, hls_channels: str, name: str) -> None:
    described = describe_entry(sound("ec-3", box("dec3", packed(dec3))))
    assert (described.codecs, described.name) == ("ec-3", name)
    assert (described.channels, described.hls_channels) == (channels, hls_channels)


@pytest.mark.parametrize(
    ("byte_order", "input_rate_hz"), [(">", 44_100), ("<", 24_000)], ids=["ISO", "copied from Ogg"]
)
def test_opus(byte_order: str, input_rate_hz: int) -> None:
    """Served with the one rate that Opus decodes at, in both places that name it."""
    dops = struct.pack(byte_order + "BBHIhB", 0, 2, 312, input_rate_hz, -256, 0)
    described = describe_entry(sound("Opus", box("dOps", dops), rate_hz=48_000))
    assert (described.codecs, described.channels, described.sample_rate_hz) == ("Opus", 2, 48_000)
    assert described.entry == sound("Opus", box("dOps", struct.pack(">BBHIhB", 0, 2, 312, 48_000, -256, 0)))


def test_opus_with_a_channel_mapping_keeps_it() -> None:
    dops = struct.pack(">BBHIhB", 0, 6, 312, 48_000, 0, 1) + bytes([4, 2, 0, 4, 1, 2, 3, 5])
    described = describe_entry(sound("Opus", box("dOps", dops), channels=6))
    assert described.channels == 6
    assert described.entry.endswith(dops)


def test_flac() -> None:
    """The entry holds half of a rate beyond 16 bits, and the sample size of STREAMINFO."""
    dfla = box("dfLa", bytes(4), b"\x80\0\0\x22", STREAMINFO)
    described = describe_entry(sound("fLaC", dfla, channels=6, bits=16, rate_hz=0))
    assert (described.codecs, described.name) == ("fLaC", "FLAC 24-bit")
    assert (described.channels, described.sample_rate_hz, described.bit_depth) == (6, 96_000, 24)
    assert described.entry == sound("fLaC", dfla, channels=6, bits=24, rate_hz=48_000)


@pytest.mark.parametrize(
    "entry",
    [
        sound("alac", box("alac", COOKIE), rate_hz=48_000),
        sound_v1("alac", wave(box("frma", b"alac"), box("alac", COOKIE)), rate_hz=48_000),
        sound_v1("alac", box("alac", COOKIE), box("chan", bytes(16)), rate_hz=48_000),
    ],
    ids=["ISO", "QuickTime with wave", "QuickTime without"],
)
def test_alac(entry: bytes) -> None:
    described = describe_entry(entry)
    assert (described.codecs, described.name) == ("alac", "ALAC 24-bit")
    assert (described.channels, described.sample_rate_hz, described.bit_depth) == (2, 192_000, 24)
    assert described.entry == sound("alac", box("alac", COOKIE), bits=24, rate_hz=48_000)


def test_dts() -> None:
    """ChannelLayout 0x840F: centre, left and right, surrounds, LFE, and two pairs more."""
    fields = (
        f"{48_000:032b} {0:032b} {0:032b} 00011000 01 00000 0 000000 {0:014b} 0 000 {0x844F:016b} {0:08b}"
    )
    described = describe_entry(sound("dtsh", box("ddts", packed(fields)), channels=2))
    assert (described.codecs, described.name, described.bit_depth) == ("dtsh", "DTS-HD", 24)
    assert described.channels == 12
    assert describe_entry(sound("dtsc", channels=6)).channels == 6


@pytest.mark.parametrize(
    ("entry", "codecs", "name", "players"),
    [
        (sound("mp4a", esds(0x6B)), "mp4a.6B", "MP3", ("Firefox",)),
        (sound("mp4a", esds(0x69)), "mp4a.69", "MP3 (MPEG-2)", ("Firefox",)),
        (sound("mp4a", esds(0xA9)), "mp4a.A9", "DTS", ()),
        (sound("mp4a", esds(0x67, b"\x11\x90")), "mp4a.67", "MPEG-2 AAC-LC", ()),
        (sound("mp4a", esds(0x67)), "mp4a.67", "MPEG-2 AAC-LC", ()),
        (sound("mp4a", esds(0x40, packed("11111 000010 0100 0010"))), "mp4a.40.34", "MP3", ("Firefox",)),
        (sound("mp4a", esds(0x40, b"\x11\x90")), "mp4a.40.2", "AAC-LC", ("Safari", "Chromium", "Firefox")),
        (sound_v1(".mp3"), "mp4a.6B", "MP3", ("Firefox",)),
        (sound_v1(".mp2"), "mp4a.6B", "MP3", ("Firefox",)),
        (sound_v1("ms\0\x55", rate_hz=24_000), "mp4a.69", "MP3 (MPEG-2)", ("Firefox",)),
    ],
)
def test_mpeg_object_types(entry: bytes, codecs: str, name: str, players: tuple[str, ...]) -> None:
    described = describe_entry(entry)
    assert (described.codecs, described.name, described.players) == (codecs, name, players)
    assert described.entry[4:8] == b"mp4a"
    assert describe_entry(described.entry).codecs == codecs


@pytest.mark.parametrize(
    ("object_type", "frame", "name"),
    [
        (0x6B, "fffb9064", "MP3"),
        (0x6B, "fffda404", "MP2"),
        (0x69, "fff58400", "MP2 (MPEG-2)"),
        (0x6B, "ffff1000", "MP1"),
        (0x6B, "fffd", "MP2"),
        (0x6B, "00fda404", "MP3"),
        (0x6B, "ff", "MP3"),
    ],
)
def test_the_layer_of_mpeg_audio(object_type: int, frame: str, name: str) -> None:
    """Told by the header of a frame alone; players that take MP3 take no other."""
    entry = sound("mp4a", esds(object_type))
    assert mpeg4_audio.may_be_mpeg_audio(entry)
    described = describe_entry(entry, frame=bytes.fromhex(frame))
    assert (described.name, described.codecs) == (name, f"mp4a.{object_type:02X}")
    assert described.players == (("Firefox",) if name == "MP3" else ())


def test_aac_is_what_its_entry_says() -> None:
    entry = sound("mp4a", esds(0x40, b"\x11\x90"))
    assert describe_entry(entry, frame=b"\xff\xfd\xa4\x04").name == "AAC-LC"


@pytest.mark.parametrize(
    ("entry", "fourcc", "pcmc", "bits"),
    [
        (sound("ipcm", box("pcmC", bytes.fromhex("00000000 01 18"))), "ipcm", "0118", 24),
        (sound("fpcm", box("pcmC", bytes.fromhex("00000000 00 40"))), "fpcm", "0040", 64),
        (sound("sowt"), "ipcm", "0110", 16),
        (sound("twos"), "ipcm", "0010", 16),
        (sound_v1("in24"), "ipcm", "0018", 24),
        (sound_v1("in24", wave(box("enda", b"\0\1"))), "ipcm", "0118", 24),
        (sound_v1("in32"), "ipcm", "0020", 32),
        (sound_v1("fl32", wave(box("enda", b"\0\1"))), "fpcm", "0120", 32),
        (sound_v1("fl64"), "fpcm", "0040", 64),
        (sound_v2("lpcm", channels=2, bits=16, rate_hz=48e3, flags=0xC, frame_bytes=4), "ipcm", "0110", 16),
        (sound_v2("lpcm", channels=1, bits=24, rate_hz=48e3, flags=0xE, frame_bytes=3), "ipcm", "0018", 24),
        (sound_v2("lpcm", channels=2, bits=32, rate_hz=48e3, flags=0xB, frame_bytes=8), "fpcm", "0020", 32),
    ],
)
def test_pcm(entry: bytes, fourcc: str, pcmc: str, bits: int) -> None:
    described = describe_entry(entry)
    assert (described.fourcc, described.codecs, described.bit_depth) == (fourcc, fourcc, bits)
    channels = described.channels
    configuration = box("pcmC", bytes(4), bytes.fromhex(pcmc))
    assert described.entry == sound(fourcc, configuration, channels=channels, bits=bits)


def test_pcm_beyond_16_bits_of_rate() -> None:
    """AudioSampleEntryV1 with `srat`: nothing else would tell a decoder 192 kHz."""
    described = describe_entry(sound_v2("lpcm", channels=2, bits=16, rate_hz=192e3, flags=0xC, frame_bytes=4))
    assert described.sample_rate_hz == 192_000
    assert described.entry[16:18] == b"\0\1"
    assert described.entry[32:36] == bytes(4)  # no rate that is not the true one
    assert box("srat", bytes(4), (192_000).to_bytes(4, "big")) in described.entry
    assert describe_entry(described.entry) == described


@pytest.mark.parametrize(
    ("entry", "rule"),
    [
        (sound("twos", bits=8), "samples of 8 bits"),
        (sound("ipcm", box("pcmC", bytes.fromhex("00000000 00 14"))), "samples of 20 bits"),
        (sound_v2("lpcm", channels=2, bits=24, rate_hz=48e3, flags=0x4, frame_bytes=8), "wider word"),
        (sound_v2("lpcm", channels=2, bits=16, rate_hz=48e3, flags=0x8, frame_bytes=4), "unsigned"),
        (sound("mp4a", esds(0xDD)), "0xDD \\(Vorbis\\)"),
        (sound("mp4a", esds(0x20)), "0x20 \\(unknown audio\\)"),
        (sound("mp4a", esds(0x40, packed("01000 0011 0010 000"))), "object type 8"),
    ],
)
def test_unsupported(entry: bytes, rule: str) -> None:
    with pytest.raises(Unsupported, match=rule):
        describe_entry(entry)


@pytest.mark.parametrize("fourcc", ["mp4a", "ac-3", "ec-3", "Opus", "fLaC", "alac", "ipcm"])
def test_without_configuration(fourcc: str) -> None:
    with pytest.raises(Malformed, match=r"no decoder can be set up|esds"):
        describe_entry(sound(fourcc))


@pytest.mark.parametrize(
    ("entry", "where"),
    [
        (sound("Opus", box("dOps", b"\1" + bytes(10))), "Opus/dOps"),
        (sound("fLaC", box("dfLa", bytes(4), b"\x84\0\0\x22", STREAMINFO)), "fLaC/dfLa"),
        (sound("mp4a", esds(0x40)), "esds/AudioSpecificConfig"),
    ],
)
def test_malformed(entry: bytes, where: str) -> None:
    with pytest.raises(Malformed) as refusal:
        describe_entry(entry)
    assert refusal.value.where == where
