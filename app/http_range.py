"""The `Range` header, read exactly as nginx reads it for its own static files with `max_ranges 1`.

RFC 9110 §14.2 leaves much to the server. Here as there: a second satisfiable range, another unit or an
empty body means the whole answer, and what follows `bytes=` but is no range is 416 rather than ignored.
Byte positions are 0-based and half-open.
"""

from __future__ import annotations

import re

from app.errors import RangeNotSatisfiable

_SPEC = re.compile(r" *(?:(?P<first>\d+) *- *(?P<last>\d+)?|-(?P<suffix>\d+)) *(,|\Z)", re.ASCII)
_UNIT = "bytes="
_MAX = (1 << 63) - 1
"""nginx counts in off_t; a longer number is not a number."""


def asked_for(header: str | None, length: int, etag: str) -> tuple[int, int] | None:
    """`[start, stop)` of a body of `length` bytes, or None for all of it.

    Raises `RangeNotSatisfiable`, which names `etag`.
    """
    if not header or len(header) <= len(_UNIT) or header[: len(_UNIT)].lower() != _UNIT:
        return None
    found = None
    at = len(_UNIT)
    while True:
        spec = _SPEC.match(header, at)
        bounds = spec and _bounds(spec, length)
        if not spec or not bounds:
            raise RangeNotSatisfiable(length, etag)
        start, stop = bounds
        if start < stop:
            if found is not None:
                return None
            found = start, stop
        elif start == 0:
            return None
        if not spec[4]:
            break
        at = spec.end()
    if found is None:
        raise RangeNotSatisfiable(length, etag)
    return found


def _bounds(spec: re.Match[str], length: int) -> tuple[int, int] | None:
    """`[start, stop)` of one range, clipped to the body, perhaps empty; None where a number is too long."""
    numbers = {part: int(digits.lstrip("0")[:20] or 0) for part, digits in spec.groupdict().items() if digits}
    if max(numbers.values()) > _MAX:
        return None
    if "suffix" in numbers:
        return max(length - numbers["suffix"], 0), length
    return numbers["first"], min(numbers.get("last", _MAX) + 1, length)
