"""EXT-X-TARGETDURATION, of a playlist and of a title, whose playlists all have the same (RFC 8216 §6.2.4).

Renditions of a title may end a frame apart, which may round to another second. A playlist is then asked for
by `?target=`, the title's target duration, and tells that where its own is shorter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from app.errors import Malformed

_ASKED = re.compile(r"(?:^|&)target=([^&]*)")
_SECONDS = re.compile(r"\d{1,7}", re.ASCII)


def target_duration_s(durations_us: Iterable[int]) -> int:
    """The longest EXTINF to the nearest second, halves up (§4.3.3.1); at least 1."""
    return max(1, (max(durations_us) + 500_000) // 1_000_000)


def target_query(target_s: int) -> str:
    """What asks for it."""
    return f"target={target_s}"


def target_of(query: str) -> int:
    """The target duration that a query asks for, in seconds; 0 for none. Raises `Malformed`."""
    asked = _ASKED.findall(query)
    if not asked:
        return 0
    if len(asked) > 1 or not _SECONDS.fullmatch(asked[0]):
        raise Malformed("target is a target duration in whole seconds, once, as in ?target=9.")
    return int(asked[0])
