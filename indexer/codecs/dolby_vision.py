"""Dolby Vision: `dvcC`, `dvvC`, `dvwC` and what they make of the base layer's names.

Dolby Vision Streams Within the ISO Base Media File Format 2.x; … Within the HTTP Live Streaming Format 2.x.
A stream whose base layer plays by itself keeps the base layer's entry and says the rest in
SUPPLEMENTAL-CODECS; one that does not (profile 5) is named as Dolby Vision alone.
"""

from __future__ import annotations

from typing import NamedTuple

from indexer.codecs.bits import REMEDY, Bits
from indexer.codecs.media_format import VideoRange
from indexer.codecs.sample_entry import VisualEntry
from indexer.codecs.video import VideoCodec
from indexer.errors import Malformed

FAMILY = "dolby vision"
BRAND = "dby1"
BOXES = ("dvcC", "dvvC", "dvwC")
ENTRIES = frozenset({"dvh1", "dvhe", "dav1"})
"""Sample entries that need a Dolby Vision record."""
NAMES = {"hvc1": "dvh1", "hev1": "dvhe", "av01": "dav1", "avc1": "dva1", "avc3": "dvav"}
"""The entry of the codec beneath, as served ─▶ Dolby Vision's own name for it."""

SELF_CONTAINED_PROFILES = frozenset({8, 9, 10})
"""Profiles whose base layer SUPPLEMENTAL-CODECS can enhance; older ones carry a second layer."""
SDR_TRANSFER_OF_HLG = 14
"""transfer_characteristics of a BT.2020 base layer that an SEI message turns into HLG."""


class DolbyVision(NamedTuple):
    """`DOVIDecoderConfigurationRecord`; `compatibility` is dv_bl_signal_compatibility_id."""

    profile: int
    level: int
    compatibility: int


def read(entry: VisualEntry) -> DolbyVision | None:
    """`DOVIDecoderConfigurationRecord`."""
    for name in BOXES:
        if (payload := entry.children.find(name)) is not None:
            bits = Bits(payload, f"{entry.fourcc}/{name}")
            bits.skip(16)  # dv_version_major, dv_version_minor
            profile, level = bits.u(7), bits.u(6)
            bits.skip(3)  # rpu, el, bl present
            # The field is younger than profile 5, whose base layer never plays by itself.
            return DolbyVision(profile, level, compatibility=bits.u(4) if profile != 5 else 0)
    if entry.fourcc in ENTRIES:
        raise Malformed("has no dvcC or dvvC, so its profile is unknown", remedy=REMEDY, where=entry.fourcc)
    return None


def rename(codec: VideoCodec, dolby: DolbyVision) -> VideoCodec:
    """The codec under the names that a player needs to see."""
    codec = codec._replace(name=f"{codec.name}, Dolby Vision {dolby.profile}.{dolby.compatibility}")
    if dolby.compatibility or codec.fourcc not in NAMES:
        return codec
    codecs = _own_codecs(codec.fourcc, dolby)
    return codec._replace(family=FAMILY, fourcc=NAMES[codec.fourcc], codecs=codecs)


def supplemental_codecs(base_fourcc: str, dolby: DolbyVision, transfer: int) -> str:
    """`dvh1.08.07/db4h`: with the brand of the way in which the base layer plays without Dolby Vision."""
    hlg_brand = "db4g" if transfer == SDR_TRANSFER_OF_HLG else "db4h"
    brand = {1: "db1p", 2: "db2g", 4: hlg_brand}.get(dolby.compatibility)
    if brand is None or dolby.profile not in SELF_CONTAINED_PROFILES or base_fourcc not in NAMES:
        return ""
    return f"{_own_codecs(base_fourcc, dolby)}/{brand}"


def video_range(dolby: DolbyVision) -> VideoRange:
    """What the record settles: Dolby's own signal is PQ, an HLG base may be named so by an SEI alone."""
    ranges: dict[int, VideoRange] = {0: "PQ", 4: "HLG"}
    return ranges.get(dolby.compatibility, "")


def _own_codecs(base_fourcc: str, dolby: DolbyVision) -> str:
    """`dvh1.05.06`: entry, profile, level."""
    return f"{NAMES[base_fourcc]}.{dolby.profile:02d}.{dolby.level:02d}"
