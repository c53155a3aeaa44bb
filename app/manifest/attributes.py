"""Attribute lists of playlists (RFC 8216 §4.2)."""

from __future__ import annotations

from collections.abc import Mapping


def listed(attributes: Mapping[str, str]) -> str:
    return ",".join(f"{name}={value}" for name, value in attributes.items())


def quoted(value: str) -> str:
    """A quoted-string, which can hold no quote and no line break."""
    return '"' + "".join("'" if each == '"' else max(each, " ") for each in value) + '"'
