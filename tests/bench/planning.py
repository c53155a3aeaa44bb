"""What a segment costs before a byte of it is sent: the Python of a plan, by length of the archive."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from app.cmaf.segments import plan_segment
from app.idx.view import Idx, open_idx
from app.manifest.multivariant import plan_multivariant
from app.manifest.presentation import of_archive
from tests.bench.archive import TEN_MINUTES, TWO_HOURS, write_archive
from tests.bench.catalogue import index
from tests.bench.figure import Figure, of_rounds

PLANS = 2000
LENGTHS = {"of 10 min": TEN_MINUTES, "of 2 h": TWO_HOURS}
WANTED_US = 150
WANTED_RATIO = 1.1
MASTERS = 50
MASTER_WANTED_MS = 5


def figures(folder: Path, rounds: int) -> Iterator[Figure]:
    indexes = {}
    for name, shape in LENGTHS.items():
        archive = write_archive(folder / name / "film.mp4", shape)
        indexes[name] = open_idx(str(index(archive, archive.parent)))
    masters = [_master_ms(indexes["of 2 h"].identity.path) for _ in range(rounds)]
    name = "of 2 h, its .idx not open yet"
    yield of_rounds("plan the multivariant playlist", name, "ms", masters, goal=MASTER_WANTED_MS)
    for number, view in enumerate(next(iter(indexes.values())).header.views):
        found: dict[str, list[float]] = {name: [] for name in indexes}
        for _ in range(rounds):  # in turn, so that what disturbs one disturbs the other
            for name, idx in indexes.items():
                found[name].append(_planning_us(idx, number))
        group = f"plan 6 s of {view.name}"
        short, long = (of_rounds(group, name, "µs", each, goal=WANTED_US) for name, each in found.items())
        yield short
        yield long
        ratios = [each / other for other, each in zip(*found.values(), strict=True)]
        yield of_rounds(group, "2 h against 10 min", "×", ratios, goal=WANTED_RATIO)


def _master_ms(index: str) -> float:
    started_s = time.process_time()
    for _ in range(MASTERS):
        idx = open_idx(index)
        plan_multivariant(of_archive(idx, idx.identity))
    return (time.process_time() - started_s) / MASTERS * 1e3


def _planning_us(idx: Idx, view: int) -> float:
    """Of segments from all over the archive, so that no row is in a processor's cache from the last time."""
    started_s = time.process_time()
    for number in range(PLANS):
        plan_segment(idx, view, number * 7919 % idx.segment_count, idx.identity)
    return (time.process_time() - started_s) / PLANS * 1e6
