"""The planner: microseconds of Python a segment, and that they do not grow with the archive."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from app.cmaf.segments import plan_segment
from app.idx.view import Idx, open_idx
from indexer.archives import find_archives
from indexer.pipeline import Options, index_archive
from tests.bench.archive import write_archive
from tests.bench.figure import Figure

TABLE = "plan a segment of 6 s (361 runs)"
ROUNDS, SEGMENTS = 40, range(20, 40)


def figures(folder: Path) -> Iterator[Figure]:
    indexes = {minutes: _idx(folder, minutes) for minutes in (10, 120)}
    times_us = {minutes: _plan_us(idx, 0) for minutes, idx in indexes.items()}
    yield Figure(TABLE, "muxed, of 10 minutes", times_us[10], "µs", "≤ 150")
    ratio = times_us[120] / times_us[10]
    yield Figure(TABLE, "muxed, of 2 hours", times_us[120], "µs", "within 10 % of 10 minutes", ratio)
    for number, view in enumerate(indexes[120].header.views[1:], start=1):
        yield Figure(TABLE, f"{view.name} alone, of 2 hours", _plan_us(indexes[120], number), "µs")


def _idx(folder: Path, minutes: int) -> Idx:
    media = folder / f"plan-{minutes}"
    media.mkdir()
    write_archive(media / "film.mp4", minutes, sparse=True)
    (found,) = find_archives([str(media)], str(media), str(media))
    outcome = index_archive(found, Options())
    if outcome.status != "indexed":
        raise RuntimeError(outcome.text)
    return open_idx(found.index_path)


def _plan_us(idx: Idx, view: int) -> float:
    best_s = float("inf")
    for _ in range(ROUNDS):
        started_s = time.perf_counter()
        for segment in SEGMENTS:
            plan_segment(idx, view, segment, idx.identity)
        best_s = min(best_s, time.perf_counter() - started_s)
    return 1e6 * best_s / len(SEGMENTS)
