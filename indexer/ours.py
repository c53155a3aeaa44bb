"""Which files of the index folder are ours: that may be a folder of others, too, or the media folder itself.

Ours begin with their magic. One that was emptied, or cut within it, holds nothing of anybody's: it may be
replaced, but it is not removed.
"""

from __future__ import annotations

import errno
import os
import stat

from app.idx.regular_file import regular


class NotOurs(FileExistsError):
    """A file of others that would be overwritten."""


def is_ours(path: str, magic: bytes) -> bool:
    """Whether it is a file with our magic, be it damaged after that. Raises `OSError` where there is none, or
    that cannot be told.
    """
    return stat.S_ISREG(os.stat(path).st_mode) and _head(path, magic) == magic


def check_replaceable(path: str, magic: bytes) -> None:
    """Raises `NotOurs` where a file of others has the name of one that is to be, and `OSError` where that
    cannot be told.
    """
    if os.path.isfile(path) and not magic.startswith(_head(path, magic)):
        raise NotOurs(errno.EEXIST, "a file that is not ours has this name", path)


def _head(path: str, magic: bytes) -> bytes:
    with open(path, "rb", opener=regular) as file:
        return file.read(len(magic))
