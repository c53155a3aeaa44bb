"""One worker of gunicorn: what a plan costs it beside a route that does nothing, and its memory.

And the production stack where the plan is all the work: bodies under 100 KB, and ten thousand archives.
"""

from __future__ import annotations

import random
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

from deploy.stack import Stack, Wanted, running
from tests.bench import bare_server
from tests.bench.archive import SOUND_ALONE, SOUND_OF_A_FILM, TEN_MINUTES, TWO_HOURS
from tests.bench.catalogue import Catalogue, make_catalogue
from tests.bench.figure import Figure, of_rounds
from tests.bench.gunicorn_alone import running_gunicorn
from tests.bench.load import Load, apply_load
from tests.bench.machine import own_bytes, resident_bytes
from tests.nginx.static_nginx import running_static
from tests.processes import children_of

SECONDS = 2
ACCEPT_PLANS = "X-Splice-Format: 2"
"""How nginx asks for instructions in place of a body."""

VIEWERS = 128
"""Each watches a film on, so that one request in 1,200 is for what nobody could have had planned ahead."""

ARCHIVES = 10_000
HOT, AGAIN = "plans kept, of one archive", "plans kept, at random"
OPEN, FIRST = "plans computed, of archives that are open", "plans computed, at random"
BUSY_CONNECTIONS, CALM_CONNECTIONS = 8, VIEWERS


def figures(folder: Path, rounds: int) -> Iterator[Figure]:
    yield from _against_bare_route(folder, rounds)
    yield from _memory(folder)
    yield from _small_bodies(folder, rounds)
    yield from _large_catalogue(folder, rounds)


def _against_bare_route(folder: Path, rounds: int) -> Iterator[Figure]:
    """The machine's time a request, the load generator's included, with one worker."""
    made = make_catalogue(folder / "long", TEN_MINUTES, 1)
    targets = [made.target(0, segment) for segment in range(made.idx.segment_count)]
    alone, in_tens = targets[99:100], targets[9:99]  # seg_0100, which has no neighbour; 0010 to 0099
    one = ("--workers", "1", "--splice", "on")
    bare: list[float] = []
    plans: list[float] = []
    each_of_ten: list[float] = []
    with (
        running_gunicorn(folder / "bare.log", *one, module=bare_server.__name__) as nothing,
        running_gunicorn(folder / "plans.log", *one, *_folders(made)) as origin,
    ):
        for _ in range(rounds):
            bare.append(_load(nothing.base, [bare_server.ROUTE], folder, headers=[ACCEPT_PLANS]).busy_us)
            plans.append(_load(origin.base, alone, folder, headers=[ACCEPT_PLANS]).busy_us)
            ten = _load(origin.base, in_tens, folder, headers=[ACCEPT_PLANS])
            each_of_ten.append(ten.busy_us / 10)
    group = "one worker of gunicorn, busy time of the machine a request"
    yield of_rounds(group, "a bare Flask route", "µs", bare, baseline=median(bare))
    yield of_rounds(group, "a plan of 6 s, muxed, alone", "µs", plans, baseline=median(bare), goal=1.7)
    name = "ten neighbours, for each"
    yield of_rounds(group, name, "µs", each_of_ten, baseline=median(bare), goal=1.7)


def _memory(folder: Path) -> Iterator[Figure]:
    made = make_catalogue(folder / "memory", TWO_HOURS, 1)
    group = "memory of a worker"
    with running_gunicorn(
        folder / "memory.log", "--workers", "1", "--splice", "on", *_folders(made)
    ) as origin:
        urllib.request.urlopen(origin.base + "/healthz").close()  # by a worker, so there is one
        (worker,) = children_of(origin.pid)
        yield Figure(group, "started", resident_bytes(worker) / 1e6, "MB", goal=60)
        targets = [made.target(0, segment) for segment in range(made.idx.segment_count)]
        _load(origin.base, targets, folder, headers=[ACCEPT_PLANS])
        yield Figure(group, "after plans of a 2-hour archive", resident_bytes(worker) / 1e6, "MB", goal=60)
        yield Figure(group, "of that its own", own_bytes(worker) / 1e6, "MB")


def _small_bodies(folder: Path, rounds: int) -> Iterator[Figure]:
    """Plans computed, of audio: what the origin can do where sending is nothing.

    Half load is half of what either does at full load; cut files are asked for at the origin's, too.
    """
    made = make_catalogue(folder / "sound", SOUND_OF_A_FILM, 3 * VIEWERS)
    cold = made.watched(VIEWERS, made.idx.segment_count)
    cut = folder / "sound-cut"
    cut.mkdir()
    (cut / "cut.m4s").write_bytes(bytes(made.idx.view_bytes[0][0]))
    group = f"audio alone, bodies of {made.idx.view_bytes[0][0] / 1000:.0f} KB, plans computed"
    with ExitStack() as stack:
        spliced = stack.enter_context(_stack(made, folder / "sound.log"))
        port = stack.enter_context(running_static(cut, folder / "sound-static", workers=2))
        static, cut_file = f"http://127.0.0.1:{port}", ["/cut.m4s"]
        rates, p99, p99_cut, p99_as_slow = [], [], [], []
        done = 0
        for _ in range(rounds):
            full = _load(spliced.base, cold[done:], folder)
            done += full.requests + BUSY_CONNECTIONS
            rates.append(full.requests_a_second)
            half = _at_half(full, spliced.base, cold[done:], folder)
            done += half.requests + CALM_CONNECTIONS
            p99.append(half.p99_ms)
            p99_as_slow.append(_at_half(full, static, cut_file, folder).p99_ms)
            p99_cut.append(_at_half(_load(static, cut_file, folder), static, cut_file, folder).p99_ms)
        if done > len(cold):
            raise RuntimeError(f"{len(cold)} cold plans were too few")
    yield Figure(group, "at full load", median(rates), "a second", tuple(rates), goal=1500, at_least=True)
    yield of_rounds(group, "99th percentile at half of it", "ms", p99, baseline=median(p99_cut), goal=3)
    yield of_rounds(group, "nginx with cut files, at half of its own", "ms", p99_cut)
    yield of_rounds(group, "nginx with cut files, as slow as the origin", "ms", p99_as_slow)


def _large_catalogue(folder: Path, rounds: int) -> Iterator[Figure]:
    """Every request is for another archive than the last. Who comes first has plans made, and as a rule an
    index opened for them, since few can be open; who comes later finds a plan that is kept. None comes for a
    neighbour.
    """
    made = make_catalogue(folder / "large", SOUND_ALONE, ARCHIVES)
    chance = random.Random(1)
    segments = made.idx.segment_count
    hot = [made.target(0, number) for number in range(segments)]
    strangers = [(segment, view) for segment in range(9, segments, 10) for view in ("muxed", "audio")]
    opened = [made.target(number, *each) for each in strangers for number in range(1, 250)]
    every = [made.target(number, 0) for number in range(made.count)]
    again = chance.choices(every, k=20_000)
    rates: dict[str, list[float]] = {HOT: [], AGAIN: [], OPEN: [], FIRST: []}
    with _stack(made, folder / "large.log") as stack:
        done = 0
        while done < len(every):
            done += _load(stack.base, every[done:], folder).requests
        done = 0
        for _ in range(rounds):
            rates[HOT].append(_load(stack.base, hot, folder).requests_a_second)
            rates[AGAIN].append(_load(stack.base, again, folder).requests_a_second)
            load = _load(stack.base, opened[done:], folder, seconds=1)
            done += load.requests + BUSY_CONNECTIONS
            rates[OPEN].append(load.requests_a_second)
            first = [made.target(chance.randrange(250, made.count), *chance.choice(strangers)) for _ in again]
            rates[FIRST].append(_load(stack.base, first, folder, seconds=1).requests_a_second)
        time.sleep(1)
        largest = max(map(resident_bytes, children_of(stack.gunicorn.pid)))
    if done > len(opened):
        raise RuntimeError(f"{len(opened)} plans of few archives were too few")
    group = f"{ARCHIVES:,} archives at random"
    for name, base in ((HOT, None), (AGAIN, HOT), (OPEN, None), (FIRST, OPEN)):
        value, rounds_of = median(rates[name]), tuple(rates[name])
        ratio, goal = (value / median(rates[base]), 0.5) if base else (None, None)
        yield Figure(group, name, value, "a second", rounds_of, ratio, goal, at_least=True)
    yield Figure(group, "the largest worker then", largest / 1e6, "MB", goal=80)


@contextmanager
def _stack(made: Catalogue, log: Path) -> Iterator[Stack]:
    with log.open("wb") as output, running(Wanted(made.media_dir, made.index_dir), output) as stack:
        yield stack


def _folders(made: Catalogue) -> tuple[str, ...]:
    return ("--media-dir", str(made.media_dir), "--index-dir", str(made.index_dir))


def _load(
    base: str, targets: list[str], folder: Path, headers: list[str] | None = None, seconds: int = SECONDS
) -> Load:
    return apply_load(
        base, targets, folder, seconds=seconds, connections=BUSY_CONNECTIONS, headers=headers or []
    )


def _at_half(full: Load, base: str, targets: list[str], folder: Path) -> Load:
    """Half the rate of `full`, from more connections that each wait between requests."""
    pause_ms = round(1000 * CALM_CONNECTIONS / (full.requests_a_second / 2))
    return apply_load(base, targets, folder, seconds=SECONDS, connections=CALM_CONNECTIONS, pause_ms=pause_ms)
