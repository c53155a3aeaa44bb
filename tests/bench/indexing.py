"""What indexing costs: a long archive, and very many short ones. Page cache warm, fast digest."""

from __future__ import annotations

import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from app.idx.view import open_idx
from tests.bench.archive import TWO_HOURS, Shape, link, write_archive
from tests.bench.figure import Figure, of_rounds

LONG = "index 2 h of 5 Mb/s"
SMALL = Shape(30)
SMALL_ARCHIVES = 1000
MANY = f"index {SMALL_ARCHIVES} archives of {SMALL.seconds} s, one process"
OPENINGS = 50
PROGRAM = """\
import atexit
from indexer.cli import main
atexit.register(lambda: print(open("/proc/self/status").read()))
main()
"""
"""Tells its own peak: what `wait4` tells of memory begins with that of the process that spawned it."""


def figures(folder: Path, rounds: int) -> Iterator[Figure]:
    yield from _long(folder, rounds)
    yield from _many(folder)


def _long(folder: Path, rounds: int) -> Iterator[Figure]:
    archive = write_archive(folder / "long" / "film.mp4", TWO_HOURS)
    index_dir = folder / "long-index"
    runs = [_command(archive.parent, index_dir, "--force", str(archive)) for _ in range(rounds)]
    idle = [_command(archive.parent, index_dir, "--help") for _ in range(rounds)]
    seconds, cpu_s, peak_bytes = zip(*runs, strict=True)
    own_s = [run - start for run, (_, start, _) in zip(cpu_s, idle, strict=True)]
    yield of_rounds(LONG, "the command, start to end", "s", seconds, goal=1)
    yield of_rounds(LONG, "processor time but for the interpreter's start", "s", own_s, goal=1)
    yield of_rounds(LONG, "peak memory", "MB", [each / 1e6 for each in peak_bytes], goal=150)
    index = index_dir / "film.idx"
    yield Figure(LONG, ".idx", index.stat().st_size / 1e6, "MB", goal=2.5)
    opened = [_opening_ms(index) for _ in range(rounds)]
    yield of_rounds(LONG, "opening the .idx, checksum included", "ms", opened, goal=2)


def _many(folder: Path) -> Iterator[Figure]:
    first = write_archive(folder / "many" / "0000.mp4", SMALL)
    link(first, (f"{number:04d}.mp4" for number in range(1, SMALL_ARCHIVES)))
    arguments = (first.parent, folder / "many-index", "--jobs", "1", str(first.parent))
    seconds, cpu_s, _ = _command(*arguments)
    yield Figure(MANY, "indexed", SMALL_ARCHIVES / seconds, "a second", goal=100, at_least=True)
    yield Figure(MANY, "processor time", 1000 * cpu_s / SMALL_ARCHIVES, "ms each")
    seconds, _, _ = _command(*arguments)
    yield Figure(MANY, "found up to date", SMALL_ARCHIVES / seconds, "a second")


def _command(media_dir: Path, index_dir: Path, *arguments: str) -> tuple[float, float, int]:
    """Seconds, seconds of processor time and peak memory of `vodsplice-index`."""
    folders = ("--media-dir", str(media_dir), "--index-dir", str(index_dir))
    command = [sys.executable, "-c", PROGRAM, *folders, *arguments]
    with tempfile.TemporaryFile() as output:
        to_output = [(os.POSIX_SPAWN_DUP2, output.fileno(), stream) for stream in (1, 2)]
        started_s = time.perf_counter()
        pid = os.posix_spawn(sys.executable, command, os.environ, file_actions=to_output)
        _, status, usage = os.wait4(pid, 0)
        seconds = time.perf_counter() - started_s
        output.seek(0)
        peak = re.search(rb"VmHWM:\s+(\d+) kB", output.read())
    if status or not peak:
        raise RuntimeError(f"vodsplice-index ended with status {os.waitstatus_to_exitcode(status)}")
    return seconds, usage.ru_utime + usage.ru_stime, int(peak[1]) * 1024


def _opening_ms(index: Path) -> float:
    started_s = time.process_time()
    for _ in range(OPENINGS):
        open_idx(str(index))
    return (time.process_time() - started_s) / OPENINGS * 1000
