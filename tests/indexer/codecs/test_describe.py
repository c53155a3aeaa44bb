"""What all codecs share: kept boxes, colour, the shape of pixels, refusals by name, sameness."""

from __future__ import annotations

import struct
from array import array
from fractions import Fraction

import pytest

from indexer.codecs.describe import describe, describe_entry, effect
from indexer.codecs.media_format import Colour
from indexer.errors import Unsupported
from indexer.track import Samples, Track
from tests.indexer.codecs.entries import box, esds, sound, visual
from tests.indexer.codecs.test_h264 import HIGH_1080

AVCC = box("avcC", bytes.fromhex(HIGH_1080))
"""High@4.0, 1920 × 1080."""
BARE = box("avcC", bytes.fromhex("01640028ffe000"))
"""No parameter sets: sizes are the entry's, and it is served as avc3."""
PASP = box("pasp", struct.pack(">II", 4, 3))
NCLX = box("colr", b"nclx", struct.pack(">HHHB", 9, 16, 9, 0x80))
UNSPECIFIED = box("colr", b"nclx", struct.pack(">HHHB", 2, 2, 2, 0))
MDCV, CLLI = box("mdcv", bytes(24)), box("clli", bytes(4))


def clap(width: int, height: int) -> bytes:
    return box("clap", struct.pack(">8I", width, 1, height, 1, 0, 1, 0, 1))


def test_what_players_need_is_kept_in_order() -> None:
    kept = (AVCC, PASP, clap(1900, 1080), NCLX, MDCV, CLLI, box("btrt", bytes(12)))
    described = describe_entry(visual("avc1", *kept, box("uuid", bytes(20)), width=1920, height=1080))
    assert described.entry == visual("avc1", *kept, width=1920, height=1080)


@pytest.mark.parametrize(
    ("colr", "colour", "video_range", "served"),
    [
        (NCLX, Colour(9, 16, 9, full_range=True), "PQ", NCLX),
        (
            box("colr", b"nclc", struct.pack(">HHH", 9, 18, 9)), Colour(9, 18, 9), "HLG",
            box("colr", b"nclx", struct.pack(">HHHB", 9, 18, 9, 0)),
        ),
        (box("colr", b"prof", bytes(40)), None, "SDR", box("colr", b"prof", bytes(40))),
        (UNSPECIFIED, None, "SDR", UNSPECIFIED),
    ],
    ids=["nclx", "QuickTime's nclc", "ICC profile", "unspecified"],
)  # fmt: skip
def test_colour(colr: bytes, colour: Colour | None, video_range: str, served: bytes) -> None:
    described = describe_entry(visual("avc1", BARE, colr))
    assert (described.colour, described.video_range) == (colour, video_range)
    assert described.entry == visual("avc3", BARE, served)


@pytest.mark.parametrize(
    ("boxes", "size", "track_size", "aspect", "display"),
    [
        pytest.param((), (720, 576), (0, 0), Fraction(1), (720, 576), id="nothing said"),
        pytest.param((PASP,), (720, 576), (720, 576), Fraction(4, 3), (960, 576), id="pasp"),
        pytest.param((), (720, 576), (1024, 576), Fraction(64, 45), (1024, 576), id="tkhd"),
        pytest.param((), (720, 576), (728, 576), Fraction(1), (720, 576), id="tkhd nearly square"),
        pytest.param((PASP,), (720, 576), (1024, 576), Fraction(4, 3), (960, 576), id="pasp before tkhd"),
        pytest.param((clap(704, 560),), (720, 576), (0, 0), Fraction(1), (704, 560), id="clap"),
        pytest.param((clap(704, 576), PASP), (720, 576), (0, 0), Fraction(4, 3), (939, 576), id="both"),
        pytest.param((box("pasp", bytes(8)),), (720, 576), (0, 0), Fraction(1), (720, 576), id="pasp of 0"),
    ],
)
def test_display_size(
    boxes: tuple[bytes, ...],
    size: tuple[int, int],
    track_size: tuple[int, int],
    aspect: Fraction,
    display: tuple[int, int],
) -> None:
    entry = visual("avc1", BARE, *boxes, width=size[0], height=size[1])
    described = describe_entry(entry, track_size=(track_size[0] << 16, track_size[1] << 16))
    assert described.pixel_aspect == aspect
    assert (described.display_width, described.display_height) == display


@pytest.mark.parametrize(
    ("entry_size", "display"), [((1914, 1080), (1914, 1080)), ((1280, 720), (1920, 1080))]
)
def test_entry_that_crops_a_macroblock(entry_size: tuple[int, int], display: tuple[int, int]) -> None:
    """Encoders forget to crop the last macroblock in the bitstream; a size far off is a mistake instead."""
    described = describe_entry(visual("avc1", AVCC, width=entry_size[0], height=entry_size[1]))
    assert (described.width, described.height) == (1920, 1080)
    assert (described.display_width, described.display_height) == display


def protected(fourcc: str, head: bytes, scheme: bytes) -> bytes:
    return head + box(
        "sinf", box("frma", fourcc.encode()), box("schm", bytes(4), scheme, b"\0\1\0\0"), box("schi")
    )


@pytest.mark.parametrize(
    ("entry", "rule", "remedy"),
    [
        (visual("encv", protected("avc1", b"", b"cenc")), r"is encrypted \(cenc\)", "made from"),
        (sound("enca", protected("mp4a", b"", b"cbcs")), r"is encrypted \(cbcs\)", "made from"),
        (visual("encv"), r"is encrypted \(encv, scheme not stated\)", "made from"),
        (visual("mp4v"), "MPEG-4 Visual or MPEG-2 \\(mp4v\\)", "libx264"),
        (visual("s263"), "H.263 \\(s263\\)", "libx264"),
        (visual("apch"), "ProRes", "libx264"),
        (visual("vp08"), "VP8", "libx264"),
        (sound("samr"), "AMR narrow band", "aac"),
        (sound("raw "), "unsigned 8-bit audio", "AAC"),
        (box("mp4s", bytes(30)), "bitmap subtitles", ".srt"),
        (box("\xff\0ab", bytes(30)), r"sample entry \\xff\\x00ab, unknown here", "leave it out"),
    ],
)
def test_refused_by_name(entry: bytes, rule: str, remedy: str) -> None:
    with pytest.raises(Unsupported, match=rule) as refusal:
        describe_entry(entry)
    assert remedy in refusal.value.remedy


ENTRY = visual("avc1", BARE, PASP)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        pytest.param(visual("avc1", BARE, PASP, box("btrt", bytes(12))), True, id="bit rate"),
        pytest.param(visual("avc1", BARE, PASP, name=b"\4x264"), True, id="compressor name"),
        pytest.param(visual("avc1", PASP, BARE), True, id="order"),
        pytest.param(
            visual("avc1", BARE, PASP, box("fiel", b"\1\0"), bytes(4)), True, id="QuickTime's extras"
        ),
        pytest.param(visual("avc1", AVCC, PASP), False, id="parameter sets"),
        pytest.param(visual("avc1", BARE), False, id="pixel aspect"),
        pytest.param(visual("avc1", BARE, PASP, NCLX), False, id="colour"),
        pytest.param(visual("avc1", BARE, PASP, width=320), False, id="size"),
        pytest.param(visual("avc3", BARE, PASP), True, id="avc3 without parameter sets"),
    ],
)
def test_same_in_effect(other: bytes, same: bool) -> None:
    assert (effect(ENTRY) == effect(other)) is same
    assert len({effect(ENTRY), effect(other)}) == 1 + (not same)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (esds(0x40, b"\x11\x90").replace(bytes(11), bytes(3) + b"\0\1\xf4\0" * 2), True),
        (esds(0x40, b"\x12\x10"), False),
        (esds(0x67, b"\x11\x90"), False),
    ],
    ids=["bit rate", "configuration", "object type"],
)
def test_same_in_effect_by_esds(other: bytes, same: bool) -> None:
    assert (effect(sound("mp4a", esds(0x40, b"\x11\x90"))) == effect(sound("mp4a", other))) is same


def track(handler: str, entry: bytes) -> Track:
    nothing = Samples(0, 0, 0, 0, 0, array("Q"), array("I"), 0, 0)
    return Track(1, handler, 90_000, "und", "", True, (), (0,) * 9, 1024 << 16, 576 << 16, (entry,), nothing)


def test_entry_of_a_track_is_shaped_by_its_size() -> None:
    described = describe(track("vide", visual("avc1", BARE, width=720, height=576)))
    assert (described.display_width, described.display_height) == (1024, 576)


AAC = sound("mp4a", esds(0x40, b"\x11\x90"))


@pytest.mark.parametrize(("handler", "entry"), [("soun", ENTRY), ("vide", AAC), ("text", ENTRY)])
def test_entry_of_another_kind_than_its_track(handler: str, entry: bytes) -> None:
    with pytest.raises(Unsupported, match=f"sample entry of .* in a track whose handler is '{handler}'"):
        describe(track(handler, entry))
