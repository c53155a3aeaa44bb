"""The init segment: against a golden text, and as ffmpeg reads it with a fragment made by hand."""

from __future__ import annotations

import io
import struct
import textwrap
from array import array
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import av
import pytest
from av.container import InputContainer

from indexer.codecs.describe import describe_entry
from indexer.init_segment import InitTrack, build_init, segment_type_box
from indexer.track import Samples, Track
from tests.indexer.codecs.entries import box, esds, sound, sound_v2, visual
from tests.indexer.codecs.test_h264 import HIGH_1080
from tests.oracle.boxes import CONTAINERS, Box, walk

AVC = visual("avc1", box("avcC", bytes.fromhex(HIGH_1080)), width=1920, height=1080)
AAC = sound("mp4a", esds(0x40, b"\x11\x90"))
TURNED_RIGHT = (0, 0x10000, 0, -0x10000, 0, 0, 1080 << 16, 0, 0x40000000)

VIDEO = InitTrack(
    1,
    "vide",
    90_000,
    AVC,
    "und",
    "Camera 1",
    TURNED_RIGHT,
    1920 << 16,
    1080 << 16,
    edit_media_time_ticks=6000,
)
AUDIO = InitTrack(2, "soun", 48_000, AAC, "deu", alternate_group=1, roles=("main",))

GOLDEN = """\
ftyp 69736f36 00000000 69736f36 6d703431
moov
  mvhd 00000000 00000000 00000000 00015f90 00000000 00010000 01000000 00000000 00000000 00010000
      00000000 00000000 00000000 00010000 00000000 00000000 00000000 40000000 00000000 00000000
      00000000 00000000 00000000 00000000 00000003
  trak
    tkhd 00000003 00000000 00000000 00000001 00000000 00000000 00000000 00000000 00000000 00000000
        00000000 00010000 00000000 ffff0000 00000000 00000000 04380000 00000000 40000000 07800000
        04380000
    edts
      elst 01000000 00000001 00000000 00000000 00000000 00001770 00010000
    mdia
      mdhd 00000000 00000000 00000000 00015f90 00000000 55c40000
      hdlr 00000000 00000000 76696465 00000000 00000000 00000000 43616d65 72612031 00
      minf
        vmhd 00000001 00000000 00000000
        dinf
          dref 00000000 00000001 0000000c 75726c20 00000001
        stbl
          stsd version 0: avc1
          stts 00000000 00000000
          stsc 00000000 00000000
          stsz 00000000 00000000 00000000
          stco 00000000 00000000
  trak
    tkhd 00000003 00000000 00000000 00000002 00000000 00000000 00000000 00000000 00000001 01000000
        00010000 00000000 00000000 00000000 00010000 00000000 00000000 00000000 40000000 00000000
        00000000
    mdia
      mdhd 00000000 00000000 00000000 0000bb80 00000000 10b50000
      hdlr 00000000 00000000 736f756e 00000000 00000000 00000000 00
      minf
        smhd 00000000 00000000
        dinf
          dref 00000000 00000001 0000000c 75726c20 00000001
        stbl
          stsd version 0: mp4a
          stts 00000000 00000000
          stsc 00000000 00000000
          stsz 00000000 00000000 00000000
          stco 00000000 00000000
    udta 00000029 6b696e64 00000000 75726e3a 6d706567 3a646173 683a726f 6c653a32 30313100 6d61696e
        00
  mvex
    mehd 01000000 00000000 000dbba0
    trex 00000000 00000001 00000001 00000000 00000000 00000000
    trex 00000000 00000002 00000001 00000000 00000000 00000000
"""


def text_of(boxes: Iterator[Box], indent: str = "") -> Iterator[str]:
    """A line a box: its words in hex, or what it holds."""
    for each in boxes:
        if each.fourcc in CONTAINERS:
            yield f"{indent}{each.fourcc}"
            yield from text_of(iter(each.children()), indent + "  ")
        elif each.fourcc == "stsd":
            version, _, body = each.full()
            yield f"{indent}stsd version {version}: {body[8:12].decode()}"
        else:
            words = f"{indent}{each.fourcc} {each.payload.hex(' ', -4)}"
            yield textwrap.fill(words, 100, subsequent_indent=indent + " " * 4)


def test_golden() -> None:
    init = build_init([VIDEO, AUDIO], timescale=90_000, duration_ticks=900_000)
    assert "\n".join(text_of(walk(init))) + "\n" == GOLDEN


def moov_of(init: bytes) -> Box:
    return next(each for each in walk(init) if each.fourcc == "moov")


def brands_of(data: bytes) -> list[str]:
    payload = next(walk(data)).payload.decode("latin-1")
    return [payload[at : at + 4] for at in range(0, len(payload), 4) if at != 4]


@pytest.mark.parametrize(
    ("tracks", "brands"),
    [
        ([VIDEO, AUDIO], ["iso6", "iso6", "mp41"]),
        ([AUDIO], ["cmfc", "cmfc", "iso6", "mp41"]),
        ([replace(VIDEO, brands=("dby1", "db1p"))], ["cmfc", "cmfc", "iso6", "mp41", "dby1", "db1p"]),
        ([replace(VIDEO, brands=("av01",)), AUDIO], ["iso6", "iso6", "mp41", "av01"]),
    ],
)
def test_brands(tracks: list[InitTrack], brands: list[str]) -> None:
    """CMAF's brand only where one track stands alone."""
    assert brands_of(build_init(tracks)) == brands


@pytest.mark.parametrize(
    ("count", "brands"), [(1, ["msdh", "msdh", "iso6", "cmfs", "cmff"]), (2, ["msdh", "msdh", "iso6"])]
)
def test_segment_type(count: int, brands: list[str]) -> None:
    assert brands_of(segment_type_box(count)) == brands


def test_length_untold() -> None:
    assert [each.fourcc for each in moov_of(build_init([AUDIO])).one("mvex").children()] == ["trex"]


@pytest.mark.parametrize(
    ("language", "packed", "extended"),
    [
        ("und", 0x55C4, None),
        ("deu", 0x10B5, None),
        ("de", 0x10B5, None),
        ("zh-Hant-TW", 0x690F, "zh-Hant-TW"),
        ("x-klingon", 0x55C4, "x-klingon"),
        ("no tag at all", 0x55C4, None),
    ],
)
def test_language(language: str, packed: int, extended: str | None) -> None:
    mdia = moov_of(build_init([replace(AUDIO, language=language)])).one("trak", "mdia")
    assert struct.unpack_from(">H", mdia.one("mdhd").payload, 20) == (packed,)
    assert [each.full()[2] for each in mdia.all("elng")] == ([f"{extended}\0".encode()] if extended else [])


@pytest.mark.parametrize(
    ("handler", "header"), [("vide", "vmhd"), ("soun", "smhd"), ("subt", "sthd"), ("text", "nmhd")]
)
def test_media_header_of_each_handler(handler: str, header: str) -> None:
    minf = moov_of(build_init([replace(AUDIO, handler=handler)])).one("trak", "mdia", "minf")
    assert minf.children()[0].fourcc == header


def test_entry_with_a_long_rate_stands_in_a_version_1_stsd() -> None:
    quicktime = sound_v2("lpcm", channels=2, bits=16, rate_hz=96e3, flags=0xC, frame_bytes=4)
    init = build_init([replace(AUDIO, entry=describe_entry(quicktime).entry)])
    assert moov_of(init).one("trak", "mdia", "minf", "stbl", "stsd").full()[0] == 1


def test_roles_of_other_schemes_are_not_told() -> None:
    init = build_init([replace(AUDIO, roles=("dub", "about:html-kind", "captions"))])
    (udta,) = moov_of(init).one("trak").all("udta")
    assert [each.full()[2] for each in udta.children()] == [b"urn:mpeg:dash:role:2011\0dub\0"]


def test_title_of_any_text() -> None:
    init = build_init([replace(AUDIO, title="a\0ü\ud800")])
    assert moov_of(init).one("trak", "mdia", "hdlr").payload.endswith("aü?\0".encode())


def test_track_of_an_archive() -> None:
    nothing = Samples(0, 0, 0, 0, 0, array("Q"), array("I"), 0, 0)
    described = describe_entry(AVC)
    track = Track(
        7, "vide", 90_000, "fra", "Film", True, (), TURNED_RIGHT, 0, 0, (AVC,), nothing,
        alternate_group=2, kind_roles=("main",),
    )  # fmt: skip
    assert InitTrack.of(track, described, 1, edit_media_time_ticks=5) == InitTrack(
        1, "vide", 90_000, described.entry, "fra", "Film", TURNED_RIGHT, 1920 << 16, 1080 << 16,
        alternate_group=2, edit_media_time_ticks=5, roles=("main",),
    )  # fmt: skip
    sized = InitTrack.of(replace(track, width_16_16=1, height_16_16=2), described, 1)
    assert (sized.width_16_16, sized.height_16_16) == (1, 2)


def fragment(track_id: int, sample: bytes, duration: int) -> bytes:
    """A movie fragment of one sync sample, and its media data."""
    tfhd = box("tfhd", struct.pack(">II", 0x020000, track_id))
    tfdt = box("tfdt", struct.pack(">IQ", 0x01000000, 0))
    trun = box("trun", struct.pack(">IIiIII", 0x000701, 1, 108, duration, len(sample), 0x02000000))
    moof = box("moof", box("mfhd", bytes(4), b"\0\0\0\1"), box("traf", tfhd, tfdt, trun))
    assert len(moof) + 8 == 108
    return moof + box("mdat", sample)


def encoded_frame() -> tuple[bytes, bytes]:
    """The sample entry and the one sample of a picture of 64 × 48 pixels, from PyAV's own MP4 muxer."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        picture = av.VideoFrame(64, 48, "yuv420p")
        container.mux([*stream.encode(picture), *stream.encode(None)])
    data = file.getvalue()
    stsd = moov_of(data).one("trak", "mdia", "minf", "stbl", "stsd")
    sample = next(each for each in walk(data) if each.fourcc == "mdat").payload
    return stsd.payload[8:], sample


def test_a_player_reads_it() -> None:
    """Rotation, pixel aspect, colour, language, title and the picture itself, as ffmpeg takes them."""
    source_entry, sample = encoded_frame()
    pasp = box("pasp", struct.pack(">II", 4, 3))
    colr = box("colr", b"nclx", struct.pack(">HHHB", 9, 16, 9, 0))
    described = describe_entry(box("avc1", source_entry[8:], pasp, colr))
    turned = (*TURNED_RIGHT[:6], 48 << 16, 0, TURNED_RIGHT[8])
    track = InitTrack(3, "vide", 12_800, described.entry, "deu", "Ansicht", turned, 85 << 16, 48 << 16)
    init = build_init([track], timescale=1000, duration_ticks=40)
    with av.open(io.BytesIO(init + fragment(3, sample, 512))) as container:
        assert isinstance(container, InputContainer)
        stream = container.streams.video[0]
        assert (stream.id, stream.width, stream.height) == (3, 64, 48)
        assert (stream.sample_aspect_ratio, stream.metadata["language"]) == (Fraction(4, 3), "deu")
        assert stream.metadata["handler_name"] == "Ansicht"
        (frame,) = container.decode(stream)
    assert (frame.width, frame.height, frame.rotation) == (64, 48, -90)
    assert frame.color_trc == 16
