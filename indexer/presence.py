"""Whether a file of the media folder is there, and whether one that is not seen is gone."""

from __future__ import annotations

import errno
import os

from app.idx.layout import SIDECAR_SUFFIX, STORYBOARD_SUFFIX, SUFFIX, TITLE_SUFFIX

_OURS = (SUFFIX, SUFFIX + SIDECAR_SUFFIX, SUFFIX + STORYBOARD_SUFFIX, TITLE_SUFFIX)
_NOT_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)


def is_there(path: str) -> bool:
    """Whether a name is taken, be it by a link to nowhere. Raises `OSError` where that cannot be told."""
    try:
        os.lstat(path)
    except OSError as error:
        if error.errno not in _NOT_THERE:
            raise
        return False
    return True


def names_in(folder: str) -> list[str]:
    """What a folder holds, in order; nothing where it is not there. Raises `OSError` where that cannot be
    told.
    """
    try:
        return sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return []


def doubt_of(root: str, folder: str) -> str:
    """Why what is not seen in a folder below `root` may be there all the same, or "".

    A folder that is not mounted is an empty one: the nearest that there is has to hold something. Raises
    `OSError` where that cannot be told.
    """
    while folder != root and not is_there(folder):
        folder = os.path.dirname(folder)
    if os.path.islink(folder) and not os.path.isdir(folder):
        return f"{folder} is a link to nowhere"
    held = [name for name in os.listdir(folder) if not name.startswith(".") and not name.endswith(_OURS)]
    return "" if held else f"{folder} is empty"
