"""AC-3 and E-AC-3 in ISO files: `dac3`, `dec3` (ETSI TS 102 366 Annex F), with Dolby Atmos's JOC."""

from __future__ import annotations

from indexer.codecs.audio import AudioCodec
from indexer.codecs.bits import Bits
from indexer.codecs.sample_entry import AudioEntry

SAMPLING_RATES_HZ = (48_000, 44_100, 32_000, 0)
CHANNELS_OF_ACMOD = (2, 1, 2, 3, 3, 4, 4, 5)
CHANNELS_OF_CHAN_LOC = (2, 2, 1, 1, 2, 2, 2, 1, 1)
"""What each bit of chan_loc adds, least significant first (table F.6.1): Lc/Rc, Lrs/Rrs, Cs, Ts, …, LFE2."""


def describe_ac3(entry: AudioEntry) -> AudioCodec:
    bits = Bits(entry.wave.find("dac3") or entry.children.need("dac3"), "ac-3/dac3")
    rate_hz = SAMPLING_RATES_HZ[bits.u(2)]
    bits.skip(5 + 3)  # bsid, bsmod
    channels = CHANNELS_OF_ACMOD[bits.u(3)] + bits.u(1)
    return AudioCodec("ac3", "ac-3", "ac-3", "AC-3", channels, rate_hz)


def describe_eac3(entry: AudioEntry) -> AudioCodec:
    """The first independent substream with its dependent ones; others are further programmes."""
    bits = Bits(entry.wave.find("dec3") or entry.children.need("dec3"), "ec-3/dec3")
    bits.skip(13)
    programmes = [_read_programme(bits) for _ in range(bits.u(3) + 1)]
    rate_hz, channels = programmes[0]
    joc_complexity = 0
    if bits.left >= 16:
        bits.skip(7)
        joc_complexity = bits.u(8) if bits.flag() else 0
    return AudioCodec(
        "ac3",
        "ec-3",
        "ec-3",
        "E-AC-3 with Atmos (JOC)" if joc_complexity else "E-AC-3",
        channels,
        rate_hz,
        hls_channels=f"{joc_complexity}/JOC" if joc_complexity else "",
    )


def _read_programme(bits: Bits) -> tuple[int, int]:
    """Sampling rate and channels of one independent substream."""
    rate_hz = SAMPLING_RATES_HZ[bits.u(2)]
    bits.skip(5 + 1 + 1 + 3)
    channels = CHANNELS_OF_ACMOD[bits.u(3)] + bits.u(1)
    bits.skip(3)
    if bits.u(4) == 0:
        bits.skip(1)
        return rate_hz, channels
    chan_loc = bits.u(9)
    return rate_hz, channels + sum(
        count for bit, count in enumerate(CHANNELS_OF_CHAN_LOC) if chan_loc >> bit & 1
    )
