"""The indexer: time and memory of the real command, sizes of what it writes."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from app.idx.view import open_idx
from tests.bench.archive import link, write_archive
from tests.bench.figure import Figure

TABLE = "index 2 hours at 5 Mb/s"
SMALL = "index 1,000 small archives"
ROUNDS = 5


def figures(folder: Path) -> Iterator[Figure]:
    media, indexes = folder / "long", folder / "long-index"
    media.mkdir()
    write_archive(media / "film.mp4", 120, sparse=True)
    runs = [_index(media, indexes, "--force", "--jobs", "1") for _ in range(ROUNDS)]
    yield Figure(TABLE, "time, warm cache", min(seconds for seconds, _ in runs), "s", "≤ 2, then ≤ 1")
    yield Figure(TABLE, "peak memory", max(peak for _, peak in runs) / 1024, "MB", "≤ 150")
    idx = indexes / "film.idx"
    yield Figure(TABLE, ".idx", idx.stat().st_size / 1e6, "MB", "≤ 4, then ≤ 2.5")
    yield Figure(TABLE, "open, checksum included", 1000 * min(_open_s(idx) for _ in range(20)), "ms", "≤ 2")
    yield from _small(folder)


def _small(folder: Path) -> Iterator[Figure]:
    media, indexes = folder / "small", folder / "small-index"
    media.mkdir()
    write_archive(media / "0000.mp4", 1, sparse=True)
    link(media / "0000.mp4", [f"{number:04d}.mp4" for number in range(1, 1000)])
    seconds, _ = _index(media, indexes, "--jobs", "1")
    yield Figure(SMALL, "one core", 1000 / seconds, "archives/s", "≥ 100")
    seconds, _ = _index(media, indexes, "--jobs", "1")
    yield Figure(SMALL, "again, all up to date", 1000 / seconds, "archives/s")


def _index(media: Path, indexes: Path, *flags: str) -> tuple[float, int]:
    """Wall seconds of the command, and the peak of its memory in KiB."""
    program = "from indexer.cli import main; main()"
    command = [sys.executable, "-c", program, "--media-dir", str(media), "--index-dir", str(indexes)]
    started_s = time.perf_counter()
    with open(os.devnull, "wb") as silence:
        pid = os.posix_spawn(
            sys.executable,
            [*command, *flags, str(media)],
            os.environ,
            file_actions=[(os.POSIX_SPAWN_DUP2, silence.fileno(), stream) for stream in (1, 2)],
        )
        _, status, usage = os.wait4(pid, 0)
    if status:
        raise RuntimeError(f"vodsplice-index ended with {os.waitstatus_to_exitcode(status)}")
    return time.perf_counter() - started_s, usage.ru_maxrss


def _open_s(path: Path) -> float:
    started_s = time.perf_counter()
    open_idx(str(path))
    return time.perf_counter() - started_s
