"""What stands where a file of ours should be, and is none."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from app.idx.header import read_header
from app.idx.title import open_title
from app.idx.view import open_idx


@pytest.mark.parametrize("read", [open_idx, open_title, read_header])
@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir, lambda path: path.symlink_to("/dev/zero")])
def test_it_is_refused_without_a_wait(
    read: Callable[[str], object], make: Callable[[Path], None], tmp_path: Path
) -> None:
    """Nobody ever writes to the pipe, and the device never ends."""
    make(tmp_path / "film.idx")
    with pytest.raises(OSError, match="it is no regular file"):
        read(str(tmp_path / "film.idx"))
