"""What the origin needs to know of a track's coding: one `MediaFormat` a sample entry.

Facts only, in the terms of the playlists and manifests that state them. Sizes are luma pixels, rates
Hz; zero or empty means "the archive does not say".
"""

from __future__ import annotations

from fractions import Fraction
from typing import Literal, NamedTuple

Kind = Literal["video", "audio"]
VideoRange = Literal["", "SDR", "HLG", "PQ"]


class Colour(NamedTuple):
    """Code points of ISO/IEC 23091-2 (H.273); 2 is "unspecified"."""

    primaries: int = 2
    transfer: int = 2
    matrix: int = 2
    full_range: bool = False

    @property
    def video_range(self) -> VideoRange:
        """`VIDEO-RANGE` of EXT-X-STREAM-INF (RFC 8216bis §4.4.6.2)."""
        return {16: "PQ", 18: "HLG"}.get(self.transfer, "SDR")  # type: ignore[return-value]

    @property
    def is_default(self) -> bool:
        """What AV1 and VP9 take for granted in a codecs string: BT.709 or unspecified, limited range."""
        points = (self.primaries, self.transfer, self.matrix)
        return points in {(1, 1, 1), (2, 2, 2)} and not self.full_range


class MediaFormat(NamedTuple):
    """One sample entry, described and made ready to serve.

    `entry` is the ISO sample entry for the init segment. `width`, `height` are the decoded picture
    after the codec's own cropping; `display_width`, `display_height` what a viewer sees before the
    track's matrix turns it: clean aperture cut out, pixels made square by widening.
    """

    kind: Kind
    fourcc: str
    codecs: str
    name: str
    entry: bytes
    players: tuple[str, ...] = ()
    width: int = 0
    height: int = 0
    display_width: int = 0
    display_height: int = 0
    pixel_aspect: Fraction = Fraction(1)
    bit_depth: int = 0
    chroma: str = ""  # "4:2:0", …
    colour: Colour | None = None
    video_range: VideoRange = ""
    supplemental_codecs: str = ""
    channels: int = 0
    hls_channels: str = ""  # CHANNELS of EXT-X-MEDIA: "2", "6", "16/JOC"
    sample_rate_hz: int = 0
    brands: tuple[str, ...] = ()  # of `ftyp`
