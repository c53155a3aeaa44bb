"""How values of settings are read, be they texts or TOML's own: each function raises `ValueError` with what a
value may be.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from app.addresses import MAX_PORT, UNIX, parse

AUTO = "auto"
OFF = "off"
FILE = "file:"
_ON = ("on", "true", "yes", "1")
_OFF = (OFF, "false", "no", "0")
_ORIGIN = re.compile(
    r"(?!http:.*:80$|https:.*:443$)[a-z][a-z0-9+.-]*://([a-z0-9._-]+|\[[0-9a-f:.]+\])"
    r"(?::(?P<port>[1-9][0-9]{0,4}))?"
)


def text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("a text")
    return value


def folder(value: Any) -> str:
    return os.path.expanduser(text(value))


def addresses(value: Any) -> tuple[str, ...]:
    parts = value.split(",") if isinstance(value, str) else value
    found = tuple(text(part).strip() for part in parts) if isinstance(parts, list) else ()
    if not found or not all(found):
        raise ValueError("one or more of host:port and unix:/path, with commas between")
    for address in found:
        if address == UNIX:
            raise ValueError(f"host:port or {UNIX}/path")
        if not address.startswith(UNIX):
            parse(address)
    return found


def switch(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if str(value).lower() not in (*_ON, *_OFF):
        raise ValueError("on or off")
    return str(value).lower() in _ON


def auto_or_count(most: int) -> Callable[[Any], int | None]:
    def read(value: Any) -> int | None:
        if value == AUTO:
            return None
        if isinstance(value, bool) or not str(value).isdecimal() or not 1 <= int(value) <= most:
            raise ValueError(f"a whole number from 1 to {most}, or auto")
        return int(value)

    return read


def seconds(value: Any) -> float:
    try:
        found_s = float(value)
    except (TypeError, ValueError):
        found_s = -1.0
    if isinstance(value, bool) or not 0 <= found_s <= 86_400:
        raise ValueError("a number of seconds up to 86400")
    return found_s


def one_of(*words: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in words:
            raise ValueError(" or ".join(words))
        return str(value)

    return read


def origin_or_off(value: Any) -> str:
    """What a browser compares with its page's origin to the letter (Fetch, CORS check): one in other letters
    allows nobody. Hosts are in lower case there, and a scheme's own port is left out (RFC 6454 §6.2).
    """
    origin = text_or_off(value)
    found = _ORIGIN.fullmatch(origin)
    if origin not in ("", "*", "null") and not (found and int(found["port"] or 0) <= MAX_PORT):
        raise ValueError("an origin as browsers send it (https://films.example.org), or *, null or off")
    return origin


def script_or_off(value: Any) -> str:
    script = text_or_off(value)
    path = script.removeprefix(FILE)
    is_known = os.path.isfile(path) and os.access(path, os.R_OK) if path != script else _is_url(script)
    if script and not is_known:
        raise ValueError("a URL (https://… or /…), file: and the path of a file that can be read, or off")
    return script


def _is_url(script: str) -> bool:
    """Whether a browser could fetch something from it: a path of this origin, whatever serves that there,
    counts from `/`.
    """
    try:
        url = urlsplit(script)
        return script.startswith("/") or (url.scheme in ("http", "https") and bool(url.hostname))
    except ValueError:
        return False


def port_or_off(value: Any) -> str:
    address = text_or_off(value)
    if address.startswith(UNIX):
        raise ValueError("host:port, or off")
    if address:
        parse(address)
    return address


def text_or_off(value: Any) -> str:
    return "" if value is False or str(value).lower() in ("", OFF) else text(value)
