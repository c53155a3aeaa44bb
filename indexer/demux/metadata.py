"""Titles and roles: what `udta`, `meta` and `hdlr` say about a movie or a track (ISO/IEC 14496-12 §8.10,
§8.4.3, §8.11; QTFF "User data atoms" and "Metadata"; 3GPP TS 26.244 §8.2).

Metadata never breaks an archive: what cannot be read says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress

from indexer import boxes
from indexer.box_tree import Box, children, first, first_of_each
from indexer.demux.tables import FULL_BOX_BYTES
from indexer.errors import SourceError
from indexer.limits import MAX_TITLE_CHARACTERS

_WRITERS_NAME = re.compile(r"handle|^core media|@gpac|google|mainconcept", re.IGNORECASE)
"""Names of `hdlr` that name the program that wrote it, not the track."""

_TITLE_KEY = b"mdtacom.apple.quicktime.title"


def title_of(holder: dict[str, Box]) -> str:
    """The title that the children of a `moov` or `trak` give it, or ""."""
    for kind, find in (("udta", _title_of_udta), ("meta", _title_of_meta)):
        with suppress(SourceError):
            if kind in holder and (title := find(holder[kind])):
                return title
    return ""


def handler_title(hdlr: Box | None) -> str:
    """The `name` of a `hdlr` where it was written for people, else ""."""
    if hdlr is None:
        return ""
    name = boxes.read(boxes.HDLR, hdlr).name
    if name and name[0] == len(name.rstrip(b"\0")) - 1:  # QuickTime counts characters, ISO ends with NUL
        name = name[1:]
    title = clean_text(name)
    return "" if _WRITERS_NAME.search(title) else title


def roles_of(holder: dict[str, Box]) -> tuple[str, ...]:
    """Values of the `kind` boxes of a track (§8.10.4); the scheme where a `kind` has no value."""
    roles = []
    with suppress(SourceError):
        for box in children(holder["udta"]) if "udta" in holder else ():
            if box.type == "kind":
                scheme, value, *_ = *bytes(box.body[FULL_BOX_BYTES:]).split(b"\0"), b""
                roles.append(clean_text(value) or clean_text(scheme))
    return tuple(filter(None, roles))


def clean_text(text: bytes) -> str:
    """UTF-8, or UTF-16 with its mark, as one line without control characters; cut where it is too long."""
    encoding = "utf-16" if text[:2] in {b"\xfe\xff", b"\xff\xfe"} else "utf-8"
    decoded = text[:8 * MAX_TITLE_CHARACTERS].decode(encoding, "replace").split("\0")[0]
    return " ".join("".join(c if c.isprintable() else " " for c in decoded).split())[:MAX_TITLE_CHARACTERS]


def _title_of_udta(udta: Box) -> str:
    found = first_of_each(udta)
    readers: tuple[tuple[str, Callable[[Box], str]], ...] = (
        ("name", lambda box: clean_text(bytes(box.body))),
        ("titl", lambda box: clean_text(bytes(box.body[FULL_BOX_BYTES + 2:]))),  # after a language
        ("\xa9nam", lambda box: clean_text(bytes(box.body[4:4 + int.from_bytes(box.body[:2])]))),
        ("meta", _title_of_meta),
    )
    return next(filter(None, (read(found[kind]) for kind, read in readers if kind in found)), "")


def _title_of_meta(meta: Box) -> str:
    """From an iTunes list (items by name) or QuickTime metadata (items by their number in `keys`)."""
    quicktime = bytes(meta.body[4:8]) == b"hdlr"  # there `meta` is not a full box
    found = first_of_each(meta, 0 if quicktime else FULL_BOX_BYTES)
    wanted = {"\xa9nam"}
    if "keys" in found:
        wanted |= {
            number.to_bytes(4).decode("latin-1")
            for number, key in enumerate(_keys(bytes(found["keys"].body)), start=1)
            if key == _TITLE_KEY
        }
    for item in children(found["ilst"]) if "ilst" in found else ():
        if item.type in wanted and (data := first(item, "data")):
            return clean_text(bytes(data.body[8:]))  # after type and locale
    return ""


def _keys(body: bytes) -> list[bytes]:
    """Namespace and key of each row of `keys`, joined."""
    keys, at = [], 8
    while len(body) - at >= 8 and (size := int.from_bytes(body[at:at + 4])) >= 8:
        keys.append(body[at + 4:at + size])
        at += size
    return keys
