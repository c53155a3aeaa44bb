"""MPEG-4 audio: what an AudioSpecificConfig says (ISO/IEC 14496-3 §1.6.2.1).

SBR and PS (HE-AAC) may be told by the object type itself, after the core's configuration (both explicit),
or not at all (implicit): the last cannot be known without decoding, and is described as its core alone.
"""

from __future__ import annotations

from typing import NamedTuple

from indexer.codecs.bits import Bits

SBR, ER_BSAC, PS, LAYER_3, ELD, USAC = 5, 22, 29, 34, 39, 42
GA_TYPES = frozenset({1, 2, 3, 4, 6, 7, 17, 19, 20, 21, 22, 23})
"""Object types whose configuration is a GASpecificConfig (table 1.15)."""
EP_CONFIG_TYPES = frozenset({17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 39})
SYNC_SBR, SYNC_PS = 0x2B7, 0x548

SAMPLING_RATES_HZ = (
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
)  # fmt: skip
EXPLICIT_RATE = 15
CHANNELS = (0, 1, 2, 3, 4, 5, 6, 8, 0, 0, 0, 7, 8, 24, 8)
"""Channels of channelConfiguration (table 1.19); 0: stated elsewhere, or reserved."""

NAMES = {
    1: "AAC Main", 2: "AAC-LC", 3: "AAC SSR", 4: "AAC LTP", SBR: "HE-AAC", 6: "AAC scalable", 17: "ER AAC-LC",
    20: "ER AAC scalable", 23: "AAC-LD", PS: "HE-AAC v2", LAYER_3: "MP3", ELD: "AAC-ELD", USAC: "xHE-AAC",
}  # fmt: skip


class AudioSpecificConfig(NamedTuple):
    """`object_type` is what the codecs string names: 5 or 29 wherever SBR or PS is signalled explicitly."""

    object_type: int
    channels: int
    sample_rate_hz: int


def read(config: bytes, what: str = "esds/AudioSpecificConfig") -> AudioSpecificConfig:
    bits = Bits(config, what)
    object_type, rate_hz, channel_configuration = _object_type(bits), _rate(bits), bits.u(4)
    core_type = signalled = object_type
    if object_type in {SBR, PS}:
        rate_hz, core_type = _rate(bits), _object_type(bits)
        if core_type == ER_BSAC:
            bits.skip(4)
    channels = CHANNELS[channel_configuration] if channel_configuration < len(CHANNELS) else 0
    if core_type in GA_TYPES:
        in_stream_channels = _read_ga_config(bits, core_type, channel_configuration)
        channels = channels or in_stream_channels
        if core_type in EP_CONFIG_TYPES:
            bits.skip(2)
        if signalled == core_type:
            signalled, rate_hz = _read_sync_extension(bits, core_type, rate_hz)
    if signalled == PS:
        channels = 2
    return AudioSpecificConfig(signalled, channels, rate_hz)


def _object_type(bits: Bits) -> int:
    object_type = bits.u(5)
    return 32 + bits.u(6) if object_type == 31 else object_type


def _rate(bits: Bits) -> int:
    index = bits.u(4)
    if index == EXPLICIT_RATE:
        return bits.u(24)
    if index >= len(SAMPLING_RATES_HZ):
        raise bits.broken(f"samplingFrequencyIndex {index} is reserved")
    return SAMPLING_RATES_HZ[index]


def _read_ga_config(bits: Bits, core_type: int, channel_configuration: int) -> int:
    """`GASpecificConfig()` (§4.4.1); the channels of its program config element, 0 without one."""
    bits.skip(1)
    if bits.flag():
        bits.skip(14)
    extended = bits.flag()
    channels = 0 if channel_configuration else _read_program_config(bits)
    if core_type in {6, 20}:
        bits.skip(3)
    if extended:
        bits.skip({22: 5 + 11, 17: 3, 19: 3, 20: 3, 23: 3}.get(core_type, 0) + 1)
    return channels


def _read_program_config(bits: Bits) -> int:
    """`program_config_element()` (§4.5.1): channels of its front, side, back and LFE elements."""
    bits.skip(4 + 2 + 4)
    front, side, back, lfe, associated, coupling = (bits.u(width) for width in (4, 4, 4, 2, 3, 4))
    for width in (4, 4, 3):  # mono, stereo and matrix mixdown
        if bits.flag():
            bits.skip(width)
    channels = lfe
    for _ in range(front + side + back):
        channels += 1 + bits.u(1)
        bits.skip(4)
    bits.skip(4 * lfe + 4 * associated + 5 * coupling)
    bits.skip(-bits.position % 8)
    bits.take(bits.u(8))
    return channels


def _read_sync_extension(bits: Bits, core_type: int, rate_hz: int) -> tuple[int, int]:
    """SBR and PS told after the core's configuration, for decoders that stop reading there (§1.6.6)."""
    if bits.left < 16 or bits.u(11) != SYNC_SBR or _object_type(bits) != SBR or not bits.flag():
        return core_type, rate_hz
    rate_hz = _rate(bits)
    if bits.left >= 12 and bits.u(11) == SYNC_PS and bits.flag():
        return PS, rate_hz
    return SBR, rate_hz
