"""Which players can be expected to play a stream: stated, conservative, for people who read `show`.

From the players' own documentation and from what Chromium's `MediaSource.isTypeSupported` answers on
Linux. "Hardware" means: on machines whose graphics chip decodes it. Absence says "do not count on it",
never "cannot".
"""

from __future__ import annotations

SAFARI, CHROMIUM, FIREFOX = "Safari", "Chromium", "Firefox"
SAFARI_HARDWARE, CHROMIUM_HARDWARE = "Safari (hardware)", "Chromium (hardware)"
EVERYWHERE = (SAFARI, CHROMIUM, FIREFOX)

_BY_FAMILY = {
    "hevc": (SAFARI, CHROMIUM_HARDWARE),
    "dolby vision": (SAFARI,),
    "av1": (CHROMIUM, FIREFOX, SAFARI_HARDWARE),
    "vp9": (CHROMIUM, FIREFOX),
    "vvc": (),
    "mp3": (FIREFOX,),
    "mp2": (),
    "ac3": (SAFARI,),
    "opus": (CHROMIUM, FIREFOX),
    "flac": EVERYWHERE,
    "alac": (SAFARI,),
    "dts": (),
    "pcm": (),
}
_EVERYWHERE_AAC = frozenset({"mp4a.40.2", "mp4a.40.5", "mp4a.40.29"})
_SAFARI_AAC = frozenset({"mp4a.40.23", "mp4a.40.39", "mp4a.40.42"})


def of_video(family: str, bit_depth: int, chroma: str) -> tuple[str, ...]:
    if family == "h264":
        return EVERYWHERE if (bit_depth, chroma) == (8, "4:2:0") else ()
    if family == "hevc" and (bit_depth > 10 or chroma != "4:2:0"):
        return ()
    return _BY_FAMILY[family]


def of_audio(family: str, codecs: str) -> tuple[str, ...]:
    if family == "aac":
        return EVERYWHERE if codecs in _EVERYWHERE_AAC else (SAFARI,) if codecs in _SAFARI_AAC else ()
    return _BY_FAMILY[family]
