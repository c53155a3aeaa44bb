"""The id of an archive: its path below the media folder, without extension, as a URL spells it.

An id arrives percent-decoded. What could leave the folder, name something hidden or not name a file at all
is refused here, by form alone; where symbolic links lead is for `app.catalog` to see.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from app.errors import Malformed, NotFound
from app.idx.layout import SUFFIX

MAX_BYTES = 2048
MAX_NAME_BYTES = 255 - len(SUFFIX)
"""A file name has at most 255 bytes on the file systems of Linux."""

EXTENSIONS = (
    ".mp4", ".m4v", ".mov", ".qt", ".f4v", ".3gp", ".3gpp", ".3g2", ".ismv", ".cmfv",
    ".m4a", ".m4b", ".isma", ".cmfa",
)  # fmt: skip
"""What a folder is searched for, the commonest first. A file named outright may have any other."""

_CONTROL_OR_UNDECODABLE = re.compile("[\x00-\x1f\x7f-\x9f\\\\\ufffd\ud800-\udfff]")


def check(archive_id: str) -> None:
    """Raises `Malformed` for what can name no archive, `NotFound` for what is never served."""
    if _CONTROL_OR_UNDECODABLE.search(archive_id):
        raise Malformed("This address holds a backslash, a control character or bytes that are not UTF-8.")
    names = archive_id.split("/")
    if any(name in ("", ".", "..") for name in names):
        raise Malformed(
            "This address has an empty part, or one that is only dots, within the id of an archive."
        )
    encoded = os.fsencode(archive_id)
    if len(encoded) > MAX_BYTES or max(map(len, encoded.split(b"/"))) > MAX_NAME_BYTES:
        raise Malformed("This address is longer than any archive's.")
    if any(name.startswith(".") for name in names):
        raise NotFound("There is no such archive. Hidden files are not served.")


def has_extension(name: str) -> bool:
    """Whether a file is taken for an archive by its name."""
    return os.path.splitext(name)[1].lower() in EXTENSIONS


def archive_named(stem: str, names: Iterable[str]) -> str | None:
    """The archive of a folder with these `names` whose id ends with `stem`, as far as names tell: for where
    its index cannot say.
    """
    return next((name for name in names if os.path.splitext(name)[0] == stem and has_extension(name)), None)


def is_servable(archive_id: str) -> bool:
    """Whether `check` lets it pass."""
    try:
        check(archive_id)
    except (Malformed, NotFound):
        return False
    return True
