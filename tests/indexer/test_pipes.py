"""Pipes whose other end nobody opens, in every place where `vodsplice-index` looks for a file."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from app.idx.view import open_idx
from tests.indexer.conftest import Put
from tests.indexer.test_cli_process import COMMAND


def test_none_keeps_a_run_from_its_end(put: Put, media_dir: Path, index_dir: Path) -> None:
    """Nor does a list that nests too deep. In a process of its own, so that one that waits can be ended."""
    put("film.mp4")
    put("gone.mp4").unlink()
    for name in ("film.toml", "film.deu.srt", "pipe.mp4"):
        os.mkfifo(media_dir / name)
    (media_dir / "deep.toml").write_text("a = " + "[" * 20_000)
    for name in ("film.idx", "gone.idx", "film.title", ".vodsplice-x.tmp"):
        os.mkfifo(index_dir / name)
    command = [*COMMAND, "--media-dir", str(media_dir), "--index-dir", str(index_dir), "--prune"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 1
    words = [
        ": indexed: ",
        "pipe.mp4: unsupported: ",
        "deep: refused as a title: deep.toml: cannot be read as TOML",
        "film: refused as a title: film.toml: is not a regular file; ",
    ]
    lines = done.stderr.splitlines()
    assert [sum(word in line for line in lines) for word in words] == [1] * len(lines)
    assert "1 indexed, 0 up to date, 1 refused, 2 titles refused in " in done.stdout
    assert open_idx(str(index_dir / "film.idx")).header.notes == (
        "film.deu.srt passed over: is not a regular file",
    )
