"""The whole origin under load, against nginx serving the same bytes from a file cut beforehand.

Every case is run once a round, rounds follow one another, and the median counts, so that what else the
machine does hits all alike.
"""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import cycle, islice
from pathlib import Path
from statistics import median

from app.idx.view import open_idx
from app.manifest.urls import segment_name
from deploy.stack import Wanted, running
from indexer.archives import find_archives
from indexer.pipeline import Options, index_archive
from tests.app.running_origin import running_origin
from tests.bench.archive import link, write_archive
from tests.bench.figure import Figure
from tests.bench.load import Load, apply_load
from tests.nginx.static_nginx import running_static

ROUNDS, SECONDS = 5, 2
COPIES = 40
"""Ids of one archive, so that a round finds plans that nobody has asked for before."""
WANTED = {
    ("muxed", "spliced, plan cached"): "≤ 1.05 ×",
    ("muxed", "spliced, plan computed"): "≤ 1.25 ×",
    ("video", "spliced, plan cached"): "≤ 1.15 ×",
    ("audio", "spliced, plan cached"): "≤ 12 ×",
}


def figures(folder: Path) -> Iterator[Figure]:
    media, indexes, cut = folder / "media", folder / "indexes", folder / "cut"
    for each in (media, indexes, cut):
        each.mkdir()
    ids = [f"film-{number}" for number in range(COPIES)]
    write_archive(media / "film-0.mp4", 10, sparse=False)
    link(media / "film-0.mp4", [f"{each}.mp4" for each in ids[1:]])
    for found in find_archives([str(media)], str(media), str(indexes)):
        index_archive(found, Options())
    segments = open_idx(str(indexes / "film-0.idx")).segment_count
    with ExitStack() as stack:
        silence = stack.enter_context((folder / "log").open("wb"))
        spliced = stack.enter_context(
            running(Wanted(media, indexes, serve_flags=("--access-log", "off")), silence)
        )
        embedded = stack.enter_context(
            running_origin(media, indexes, folder / "embedded.log", "--access-log", "off")
        )
        static = stack.enter_context(running_static(cut, folder / "static", workers=2))
        for view in ("muxed", "video", "audio"):
            part = "" if view == "muxed" else f"{view}/"
            hot = f"/v/film-0/{part}{segment_name(50)}?v={open_idx(str(indexes / 'film-0.idx')).version}"
            (cut / f"{view}.m4s").write_bytes(_fetch(spliced.base + hot))
            # Every id's every segment once before any comes again: a plan is computed each time.
            cold = cycle(
                f"/v/{each}/{part}{segment_name(number)}" for each in ids for number in range(segments)
            )
            cases = {
                "cut beforehand": (f"http://127.0.0.1:{static}", [f"/{view}.m4s"]),
                "spliced, plan cached": (spliced.base, [hot]),
                "spliced, plan computed": (spliced.base, None),
                "embedded (gunicorn alone)": (f"http://127.0.0.1:{embedded.port}", [hot]),
            }
            yield from _compared(view, cases, cold, folder / "load.lua")


def _compared(
    view: str, cases: dict[str, tuple[str, list[str] | None]], cold: Iterator[str], script: Path
) -> Iterator[Figure]:
    loads: dict[str, list[Load]] = {name: [] for name in cases}
    for _ in range(ROUNDS):
        for name, (base, targets) in cases.items():
            asked = targets or list(islice(cold, 4000))
            loads[name].append(apply_load(base, asked, script, seconds=SECONDS))
    baseline_us = median(load.busy_us for load in loads["cut beforehand"])
    for name, runs in loads.items():
        busy_us = median(load.busy_us for load in runs)
        table = f"{view} segment of 6 s, busy time of the machine a request"
        yield Figure(table, name, busy_us, "µs", WANTED.get((view, name), ""), busy_us / baseline_us)
        rate = median(load.requests_per_s for load in runs)
        yield Figure(f"{view} segment of 6 s, requests a second", name, rate, "/s")


def _fetch(url: str) -> bytes:
    with urllib.request.urlopen(url) as answer:
        body: bytes = answer.read()
        return body
