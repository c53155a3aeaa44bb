"""A sample entry ─▶ a `MediaFormat`: which codec, its exact names, the ISO entry to serve, who plays it.

The one door to this package. Each codec's module knows its own configuration; here are only the table that
finds it and what all codecs share: colour, shape of the pixels, Dolby Vision, the rewriting of QuickTime's
layouts. ISO/IEC 14496-12 §8.5.2, 14496-15, RFC 6381.
"""

from __future__ import annotations

from collections.abc import Hashable
from operator import itemgetter

from indexer.codecs import (
    ac3,
    alac,
    av1,
    colour,
    dolby_vision,
    dts,
    esds,
    flac,
    h264,
    hevc,
    mpeg4_audio,
    opus,
    pcm,
    players,
    shape,
    unserved,
    vp9,
    vvc,
)
from indexer.codecs.audio import AudioCodec
from indexer.codecs.bits import REMEDY
from indexer.codecs.media_format import Colour, MediaFormat
from indexer.codecs.sample_entry import (
    AudioEntry,
    VisualEntry,
    fourcc_of,
    read_audio,
    read_visual,
    write_audio,
    write_audio_v1,
    write_visual,
)
from indexer.errors import Unsupported
from indexer.track import Track

VIDEO = {
    "avc1": h264.describe, "avc3": h264.describe, "hvc1": hevc.describe, "hev1": hevc.describe,
    "dvh1": hevc.describe, "dvhe": hevc.describe, "av01": av1.describe, "dav1": av1.describe,
    "vp09": vp9.describe, "vvc1": vvc.describe, "vvi1": vvc.describe,
}  # fmt: skip
AUDIO = {
    "mp4a": mpeg4_audio.describe, **dict.fromkeys(mpeg4_audio.QUICKTIME_MPEG_AUDIO, mpeg4_audio.describe_mp3),
    "ac-3": ac3.describe_ac3, "ec-3": ac3.describe_eac3, "Opus": opus.describe, "fLaC": flac.describe,
    "alac": alac.describe, "ipcm": pcm.describe, "fpcm": pcm.describe, "lpcm": pcm.describe_lpcm,
    **dict.fromkeys(dts.NAMES, dts.describe), **dict.fromkeys(pcm.QUICKTIME_ENTRIES, pcm.describe_quicktime),
}  # fmt: skip

KEPT_IN_VIDEO = frozenset({
    "avcC", "hvcC", "lhvC", "av1C", "vpcC", "vvcC", "dvcC", "dvvC", "dvwC", "avcE", "hvcE", "colr", "pasp",
    "clap", "mdcv", "clli", "cclv", "amve", "SmDm", "CoLL", "btrt", "ccst", "vexu", "hfov", "st3d", "sv3d",
})  # fmt: skip
KEPT_IN_AUDIO = frozenset({"esds", "dac3", "dec3", "dOps", "dfLa", "alac", "ddts", "pcmC", "chnl", "btrt"})
"""What an ISO entry may hold; the rest is QuickTime's (`gama`, `fiel`, `chan`) or private."""

KIND_OF_HANDLER = {"vide": "video", "soun": "audio"}
BRANDS: dict[str, tuple[str, ...]] = {"av1": ("av01",)}
"""Brands that a codec's binding asks for (AV1's §2.1)."""
MAX_RATE_OF_VERSION_0_HZ = 0xFFFF


def describe(track: Track, number: int = 0) -> MediaFormat:
    """Entry `number` of a track. Raises `Malformed`, or `Unsupported` with the entry's name."""
    size = track.width_16_16, track.height_16_16
    described = describe_entry(track.sample_entries[number], track_size=size, frame=track.frame)
    if KIND_OF_HANDLER.get(track.handler) != described.kind:
        raise Unsupported(
            f"a sample entry of {described.kind} in a track whose handler is {track.handler!r}",
            remedy=REMEDY,
            where=described.fourcc,
        )
    return described


def describe_entry(
    entry: bytes, *, track_size: tuple[int, int] = (0, 0), frame: bytes = b""
) -> MediaFormat:
    """`entry` is a whole box of `stsd`; `track_size` comes from `tkhd` in any one unit, and tells the pixels'
    shape where nothing else does; `frame`, how sound begins, tells MP2 from MP3. Box paths in errors start at
    the entry, offsets are relative to the box.
    """
    fourcc = fourcc_of(entry)
    if fourcc in VIDEO:
        return _describe_video(read_visual(entry), track_size)
    if fourcc in AUDIO:
        return _describe_audio(read_audio(entry), frame)
    raise unserved.refusal(entry)


def _describe_video(entry: VisualEntry, track_size: tuple[int, int]) -> MediaFormat:
    codec = VIDEO[entry.fourcc](entry)
    picture = codec.picture
    points = colour.from_boxes(entry.children) or picture.colour
    dolby = dolby_vision.read(entry)
    video_range = (points or Colour()).video_range
    supplemental, brands = "", BRANDS.get(codec.family, ())
    if dolby:
        supplemental = dolby_vision.supplemental_codecs(codec.fourcc, dolby, (points or Colour()).transfer)
        codec = dolby_vision.rename(codec, dolby)
        video_range = dolby_vision.video_range(dolby) or video_range
        brands += (dolby_vision.BRAND, *filter(None, supplemental.partition("/")[2:]))
    seen_width, seen_height = shape.seen_size(entry, picture)
    aspect = shape.pixel_aspect(entry, picture, track_size)
    return MediaFormat(
        kind="video",
        fourcc=codec.fourcc,
        codecs=codec.codecs,
        name=codec.name,
        entry=write_visual(entry, codec.fourcc, _kept_video(entry)),
        players=players.of_video(codec.family, picture.bit_depth, picture.chroma),
        width=picture.width,
        height=picture.height,
        display_width=max(1, round(seen_width * aspect)),
        display_height=max(1, round(seen_height)),
        pixel_aspect=aspect,
        bit_depth=picture.bit_depth,
        chroma=picture.chroma,
        colour=points,
        video_range=video_range,
        supplemental_codecs=supplemental,
        brands=brands,
    )


def _kept_video(entry: VisualEntry) -> list[bytes]:
    boxes = (child for child in entry.children.boxes if child.fourcc in KEPT_IN_VIDEO)
    return [colour.iso_colr(child) if child.fourcc == "colr" else child.whole() for child in boxes]


def _describe_audio(entry: AudioEntry, frame: bytes) -> MediaFormat:
    codec = mpeg4_audio.named_by_layer(AUDIO[entry.fourcc](entry), frame)
    channels = codec.channels or entry.channels
    return MediaFormat(
        kind="audio",
        fourcc=codec.fourcc,
        codecs=codec.codecs,
        name=codec.name,
        entry=_served_audio(entry, codec),
        players=players.of_audio(codec.family, codec.codecs),
        bit_depth=codec.bit_depth,
        channels=channels,
        hls_channels=codec.hls_channels or str(channels),
        sample_rate_hz=codec.sample_rate_hz or entry.sample_rate_hz,
    )


def _served_audio(entry: AudioEntry, codec: AudioCodec) -> bytes:
    children = (*entry.children.boxes, *entry.wave.boxes)
    anew = {made[4:8].decode("latin-1") for made in codec.boxes}
    kept = [child.whole() for child in children if child.fourcc in KEPT_IN_AUDIO - anew]
    rate_hz = entry.sample_rate_hz or codec.sample_rate_hz
    channels = entry.channels if entry.channels and not entry.quicktime else codec.channels or entry.channels
    # PCM has no configuration that tells a decoder the rate which the field cannot.
    by_version_1 = codec.family == pcm.FAMILY and rate_hz > MAX_RATE_OF_VERSION_0_HZ
    write = write_audio_v1 if by_version_1 else write_audio
    return write(codec.fourcc, channels, codec.bit_depth or 16, rate_hz, [*codec.boxes, *kept])


def effect(entry: bytes) -> Hashable:
    """What a decoder reads of an entry: not bit rates, the compressor's name, the order of boxes, QuickTime's
    extras. Entries of a track that have the same are one. Raises as `describe_entry` does.
    """
    served = describe_entry(entry)
    layout = read_visual(served.entry) if served.kind == "video" else read_audio(served.entry)
    boxes = [
        (child.fourcc, esds.read(child.payload) if child.fourcc == "esds" else child.payload)
        for child in layout.children.boxes
        if child.fourcc != "btrt"
    ]
    return served._replace(entry=b""), tuple(sorted(boxes, key=itemgetter(0)))
