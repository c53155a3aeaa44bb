"""Attribute lists of playlists (RFC 8216 §4.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def listed(attributes: Mapping[str, str]) -> str:
    return ",".join(f"{name}={value}" for name, value in attributes.items())


def quoted(value: str) -> str:
    """A quoted-string, which can hold no quote; a playlist holds no control character, and what some readers
    take for the end of a line is none of a title.
    """
    return '"' + _CONTROL.sub(" ", value).replace('"', "'") + '"'
