"""The whole origin under load, against nginx serving the same bytes from files that were cut beforehand.

Each case is run once a round and rounds follow one another, so that what else the machine does hits all
alike; all ask for the same segments in turn. A cold case asks for plans that nobody has asked for before: as
many viewers as `VIEWERS` watch the same segments of an archive each, which has an id of its own, then others.
"""

from __future__ import annotations

import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from deploy.stack import Wanted, running
from tests.bench.archive import TEN_MINUTES
from tests.bench.catalogue import Catalogue, make_catalogue
from tests.bench.figure import Figure, of_rounds
from tests.bench.gunicorn_alone import running_gunicorn
from tests.bench.load import Load, apply_load
from tests.nginx.static_nginx import running_static

ARCHIVES = 1000
VIEWERS = 16
SEGMENTS = 40
SECONDS = 2
CONNECTIONS = 8
CUT, EMBEDDED = "nginx, cut beforehand", "gunicorn alone"
HOT, COLD = "spliced, plan cached", "spliced, plan computed"
SIDECAR = "spliced from the sidecar, plan cached"
GOALS = {
    ("muxed", HOT): 1.05,
    ("muxed", COLD): 1.25,
    ("video", HOT): 1.15,
    ("audio", HOT): 12,
    ("audio", SIDECAR): 3,
}

Ask = Callable[[], Load]


def figures(folder: Path, rounds: int) -> Iterator[Figure]:
    catalogue = make_catalogue(folder / "served", TEN_MINUTES, ARCHIVES)
    cut = folder / "cut"
    cut.mkdir()
    with ExitStack() as stack:
        log = stack.enter_context((folder / "stack.log").open("wb"))
        spliced = stack.enter_context(running(Wanted(catalogue.media_dir, catalogue.index_dir), log))
        static = stack.enter_context(running_static(cut, folder / "static", workers=2))
        folders = ("--media-dir", str(catalogue.media_dir), "--index-dir", str(catalogue.index_dir))
        embedded = stack.enter_context(running_gunicorn(folder / "embedded.log", *folders))
        costs_us = {}
        for view in catalogue.idx.header.views:
            cases = _cases(catalogue, view.name, cut, folder, spliced.base, static, embedded.base)
            loads = [{name: ask() for name, ask in cases.items()} for _ in range(rounds)]
            costs_us[view.name] = {name: [load[name].busy_us for load in loads] for name in cases}
            yield from _of_view(catalogue, view.name, costs_us[view.name])
        yield from _unit_costs(catalogue, costs_us)


def _cases(
    catalogue: Catalogue, view: str, cut: Path, folder: Path, spliced: str, static: int, embedded: str
) -> dict[str, Ask]:
    """What to ask of whom, a call a round. Cuts the segments of the view."""
    hot = [catalogue.target(0, segment, view) for segment in range(SEGMENTS)]
    for segment, target in enumerate(hot):
        with urllib.request.urlopen(spliced + target) as answer:
            (cut / f"{view}-{segment}.m4s").write_bytes(answer.read())
    files = [f"/{view}-{segment}.m4s" for segment in range(SEGMENTS)]
    cold = catalogue.watched(VIEWERS, SEGMENTS, view)
    sung = [catalogue.sung_target(segment) for segment in range(SEGMENTS)]
    done = 0

    def ask_cold() -> Load:
        nonlocal done
        load = ask(spliced, cold[done:])
        done += load.requests + CONNECTIONS
        if done > len(cold):
            raise RuntimeError(f"{len(cold)} cold plans were too few: the last were not cold")
        return load

    def ask(base: str, targets: list[str]) -> Load:
        return apply_load(base, targets, folder, seconds=SECONDS, connections=CONNECTIONS)

    return {
        CUT: lambda: ask(f"http://127.0.0.1:{static}", files),
        HOT: lambda: ask(spliced, hot),
        COLD: ask_cold,
        EMBEDDED: lambda: ask(embedded, hot),
        **({SIDECAR: lambda: ask(spliced, sung)} if view == "audio" else {}),
    }


def _of_view(catalogue: Catalogue, view: str, costs_us: dict[str, list[float]]) -> Iterator[Figure]:
    ranges, megabytes = _ranges(catalogue, view), _segment_bytes(catalogue, view) / 1e6
    sent = f"{megabytes:.2f} MB in {ranges:.3g} ranges"
    group = f"send 6 s of {view}, {sent}; busy time of the machine a request"
    baseline = median(costs_us[CUT])
    for name, found in costs_us.items():
        yield of_rounds(group, name, "µs", found, baseline=baseline, goal=GOALS.get((view, name)))


def _unit_costs(catalogue: Catalogue, costs_us: dict[str, dict[str, list[float]]]) -> Iterator[Figure]:
    """What decides how large a hole is sent along rather than skipped by another range."""
    group = "what a range and a byte cost, from the medians above"
    middle = {view: {name: median(found) for name, found in each.items()} for view, each in costs_us.items()}
    more_bytes = _segment_bytes(catalogue, "muxed") - _segment_bytes(catalogue, "audio")
    byte_us = (middle["muxed"][CUT] - middle["audio"][CUT]) / more_bytes
    more_ranges = _ranges(catalogue, "audio") - _ranges(catalogue, "muxed")
    extra = {view: each[HOT] - each[CUT] for view, each in middle.items()}
    range_us = (extra["audio"] - extra["muxed"]) / more_ranges
    yield Figure(group, "a range more", range_us, "µs")
    yield Figure(group, "100,000 bytes more", byte_us * 1e5, "µs")
    yield Figure(group, "a hole that costs as much as a range", range_us / byte_us, "bytes")


def _ranges(catalogue: Catalogue, view: str) -> float:
    idx = catalogue.idx
    return idx.view(idx.view_number(view)).range_count / idx.segment_count


def _segment_bytes(catalogue: Catalogue, view: str) -> float:
    sizes = catalogue.idx.view_bytes[catalogue.idx.view_number(view)]
    return sum(sizes[segment] for segment in range(SEGMENTS)) / SEGMENTS
