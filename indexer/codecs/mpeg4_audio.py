"""`mp4a`: whatever audio an `esds` names by objectTypeIndication (ISO/IEC 14496-1 table 5, RFC 6381 §3.3)."""

from __future__ import annotations

from indexer.codecs import aac, esds
from indexer.codecs.audio import TO_AAC, AudioCodec
from indexer.codecs.bits import REMEDY
from indexer.codecs.sample_entry import AudioEntry
from indexer.errors import Malformed, Unsupported

MPEG4 = 0x40
MPEG2_AAC = {0x66: "MPEG-2 AAC Main", 0x67: "MPEG-2 AAC-LC", 0x68: "MPEG-2 AAC SSR"}
MPEG1_AUDIO, MPEG2_AUDIO = 0x6B, 0x69
MPEG_AUDIO = {MPEG1_AUDIO: "MP3", MPEG2_AUDIO: "MP3 (MPEG-2)"}
QUICKTIME_MPEG_AUDIO = (".mp3", ".mp2", "ms\0\x55")
LAYERS = {3: "MP1", 2: "MP2"}
"""`layer` of a frame's header, for those that are not MP3."""
FRAME_HEADER_BYTES, FRAME_SYNC = 4, 0xFFE0
LOWEST_MPEG1_RATE_HZ = 32_000
DTS_VARIANTS = {0xA9: "DTS", 0xAA: "DTS-HD High Resolution", 0xAB: "DTS-HD Master Audio", 0xAC: "DTS Express"}
UNSERVED = {0xDD: "Vorbis", 0xE1: "QCELP"}


def describe(entry: AudioEntry) -> AudioCodec:
    payload = entry.children.find("esds") or entry.wave.find("esds")
    if payload is None:
        raise Malformed("mp4a without esds: the codec is not named", remedy=REMEDY, where=entry.fourcc)
    config = esds.read(payload)
    if config.object_type == MPEG4 or (config.object_type in MPEG2_AAC and config.specific_info):
        return _describe_aac(config)
    known = {**MPEG2_AAC, **MPEG_AUDIO, **DTS_VARIANTS}
    if config.object_type not in known:
        name = UNSERVED.get(config.object_type, "unknown audio")
        raise Unsupported(
            f"mp4a with objectTypeIndication 0x{config.object_type:02X} ({name})",
            remedy=TO_AAC,
            where=entry.fourcc,
        )
    family = "dts" if config.object_type in DTS_VARIANTS else "mp3"
    return AudioCodec(
        family="aac" if config.object_type in MPEG2_AAC else family,
        fourcc="mp4a",
        codecs=f"mp4a.{config.object_type:02X}",
        name=known[config.object_type],
        channels=entry.channels,
        sample_rate_hz=entry.sample_rate_hz,
    )


def _describe_aac(config: esds.DecoderConfig) -> AudioCodec:
    specific = aac.read(config.specific_info)
    name = aac.NAMES.get(specific.object_type)
    if name is None:
        raise Unsupported(
            f"MPEG-4 audio object type {specific.object_type}",
            remedy=TO_AAC,
            where="mp4a",
        )
    mpeg4 = config.object_type == MPEG4
    return AudioCodec(
        family="mp3" if specific.object_type == aac.LAYER_3 else "aac",
        fourcc="mp4a",
        codecs=f"mp4a.40.{specific.object_type}" if mpeg4 else f"mp4a.{config.object_type:02X}",
        name=name if mpeg4 else MPEG2_AAC[config.object_type],
        channels=specific.channels,
        sample_rate_hz=specific.sample_rate_hz,
    )


def may_be_mpeg_audio(entry: bytes) -> bool:
    """Whether `named_by_layer` may need a frame; said of some AAC as well."""
    fourcc = entry[4:8].decode("latin-1")
    return fourcc in QUICKTIME_MPEG_AUDIO or (fourcc == "mp4a" and any(each in entry for each in MPEG_AUDIO))


def named_by_layer(codec: AudioCodec, frame: bytes) -> AudioCodec:
    """MPEG audio under the name of its layer, which no box tells: the header of a frame does (ISO/IEC 11172-3
    §2.4.2.3). `frame` is how the first one begins.
    """
    if codec.family != "mp3" or len(frame) < 2 or int.from_bytes(frame[:2]) < FRAME_SYNC:
        return codec
    name = LAYERS.get(frame[1] >> 1 & 3)
    return codec._replace(family="mp2", name=codec.name.replace("MP3", name)) if name else codec


def describe_mp3(entry: AudioEntry) -> AudioCodec:
    """QuickTime's entries for MPEG audio, one a Microsoft tag: ISO files say the same with an `esds`."""
    object_type = MPEG1_AUDIO if entry.sample_rate_hz >= LOWEST_MPEG1_RATE_HZ else MPEG2_AUDIO
    return AudioCodec(
        family="mp3",
        fourcc="mp4a",
        codecs=f"mp4a.{object_type:02X}",
        name=MPEG_AUDIO[object_type],
        channels=entry.channels,
        sample_rate_hz=entry.sample_rate_hz,
        boxes=(esds.write(object_type),),
    )
