"""Files that are read by name from folders that others write to."""

from __future__ import annotations

import errno
import os
import stat


def regular(path: str, flags: int = os.O_RDONLY) -> int:
    """A descriptor of a regular file, as an `opener` of `open` gives one. Raises `OSError`, for all else too.

    A FIFO would have its reader wait for a writer, for ever without O_NONBLOCK, which files ignore.
    """
    descriptor = os.open(path, flags | os.O_CLOEXEC | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no regular file", path)
    return descriptor
