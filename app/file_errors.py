"""An `OSError` of a file that a request needs ─▶ its answer: absent, too much at once, or unreadable."""

from __future__ import annotations

import errno
import logging

from app.errors import NotFound, OriginError, Overloaded, Unreadable

LOG = logging.getLogger("vodsplice.files")

OUT_OF_FILES = "This host is out of open files or memory. Try again soon."
UNREADABLE = "This archive, or its index, cannot be read at present. The log of the origin says why."

_ABSENT = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP)
_EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
_REMEDY = "lower --max-open-archives and --max-inflight-segments, or raise the limit"


def refusal(path: str, error: OSError, absent: str) -> OriginError:
    """`absent` is what a client is told where there is no such file. That is no event; all else is logged."""
    if error.errno in _ABSENT:
        return NotFound(absent)
    if error.errno in _EXHAUSTED:
        LOG.error("%s: %s; %s", path, error.strerror, _REMEDY)
        return Overloaded(OUT_OF_FILES)
    LOG.error("%s: %s; mend it, or its permissions", path, error.strerror)
    return Unreadable(UNREADABLE)
