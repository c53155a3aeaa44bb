"""The init segment of 3GPP timed text (3GPP TS 26.245 §5.16), as which downloads have what is WebVTT else."""

from __future__ import annotations

import struct

from app.cmaf.box import box
from app.timed_text import FONT, style_record
from indexer.init_segment import InitTrack, build_init
from indexer.subtitles.cue import Text
from indexer.subtitles.tx3g import ALL_FORCED

SOME_FORCED = 0x4000_0000
"""Goes with `ALL_FORCED` (QTFF "Subtitle sample description")."""
CENTRE, BOTTOM = 1, -1
ALTERNATE_GROUP = 3
"""Of which a player shows one at most; pictures and sounds have others."""


def timed_text_init(text: Text) -> bytes:
    """Samples are in ms."""
    served = InitTrack(
        track_id=1,
        handler="sbtl",
        timescale=1000,
        entry=_entry(forced=text.forced),
        language=text.language,
        title=text.title,
        alternate_group=ALTERNATE_GROUP,
        roles=text.roles,
    )
    return build_init([served])


def _entry(*, forced: bool) -> bytes:
    """White words without a background, where the player puts them: their box has no size."""
    flags = ALL_FORCED | SOME_FORCED if forced else 0
    head = struct.pack(">6xHIbb4x8x", 1, flags, CENTRE, BOTTOM)
    fonts = box("ftab", struct.pack(">HHB", 1, FONT, 5), b"Arial")
    return box("tx3g", head, style_record(0, 0, 0), fonts)
