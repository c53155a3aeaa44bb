"""VVC in ISO files: `vvcC` (ISO/IEC 14496-15:2022 §11, Annex E.6 for the codecs string)."""

from __future__ import annotations

import base64

from indexer.codecs.bits import Bits
from indexer.codecs.sample_entry import VisualEntry
from indexer.codecs.video import CHROMA_NAMES, Picture, VideoCodec

PROFILE_NAMES = {
    1: "Main 10", 17: "Multilayer Main 10", 33: "Main 10 4:4:4", 49: "Multilayer Main 10 4:4:4",
    65: "Main 10 Still Picture", 97: "Main 10 4:4:4 Still Picture",
}  # fmt: skip


def describe(entry: VisualEntry) -> VideoCodec:
    """`VvcDecoderConfigurationRecord` (§11.2.4.2)."""
    bits = Bits(entry.children.need("vvcC"), f"{entry.fourcc}/vvcC")
    bits.skip(32 + 5 + 2)  # version and flags; reserved; LengthSizeMinusOne
    if not bits.flag():
        raise bits.broken("has no profile, tier and level (ptl_present_flag is 0)")
    bits.skip(9)  # ols_idx
    sub_layers = bits.u(3)
    bits.skip(2)  # constant_frame_rate
    chroma, depth = bits.u(2), 8 + bits.u(3)
    bits.skip(5 + 2)
    constraint_bytes = bits.u(6)
    profile, high_tier, level = bits.u(7), bits.flag(), bits.u(8)
    constraints = bits.take(constraint_bytes)
    _skip_sub_layers(bits, sub_layers)
    sub_profiles = [bits.u(32) for _ in range(bits.u(8))]
    bits.skip(16 + 16)  # max_picture_width, max_picture_height: before cropping, unlike the entry's
    tier_and_level = f"{'H' if high_tier else 'L'}{level}"
    return VideoCodec(
        family="vvc",
        fourcc=entry.fourcc,
        codecs=f"{entry.fourcc}.{profile}.{tier_and_level}{_tail(constraints, sub_profiles)}",
        name=f"VVC {PROFILE_NAMES.get(profile, f'profile {profile}')}@{level // 16}.{level % 16 // 3}",
        picture=Picture(entry.width, entry.height, depth, CHROMA_NAMES[chroma]),
    )


def _skip_sub_layers(bits: Bits, sub_layers: int) -> None:
    """Levels of the lower temporal sub-layers, of `VvcPTLRecord`."""
    if sub_layers < 2:
        return
    present = sum(bits.flag() for _ in range(sub_layers - 1))
    bits.skip(9 - sub_layers + 8 * present)


def _tail(constraints: bytes, sub_profiles: list[int]) -> str:
    """`.C`: constraint flags in base32 without their trailing zero bytes; `.S`: sub-profiles in hex."""
    encoded = base64.b32encode(constraints.rstrip(b"\0")).decode().rstrip("=")
    tail = f".C{encoded}" if encoded else ""
    return tail + (".S" + "+".join(f"{idc:X}" for idc in sub_profiles) if sub_profiles else "")
