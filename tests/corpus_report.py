"""`python -m tests.corpus_report`: the table of the media corpus in `tests/corpus.md`, made anew.

Indexes every file, serves it, compares it packet by packet (`tests.roundtrip`), prints the table and puts it
there. Where the corpus is absent there is nothing to say, and it says that.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.app.running_origin import Origin, running_origin
from tests.conftest import CORPUS
from tests.readme import write_block
from tests.roundtrip.conftest import index_corpus
from tests.roundtrip.expected import FFMPEG_READS_OTHERWISE, SERVED
from tests.roundtrip.measured import Cost
from tests.roundtrip.played import differences, playlist_url

PAGE = Path(__file__).with_name("corpus.md")
BLOCK = "corpus-report"
HEAD = ("| file | | what, or why not | round trip |", "| --- | --- | --- | --- |")


def main() -> int:
    if not CORPUS.is_dir():
        print(f"no corpus at {CORPUS.parent.name}/{CORPUS.name} beside the checkout", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        costs = index_corpus(CORPUS, folder)
        with running_origin(CORPUS, folder / "index", folder / "origin.log") as origin:
            trips = {file: round_trip(origin, file) for file, cost in costs.items() if is_served(cost)}
    lines = table(costs, trips)
    print("\n".join(lines))
    write_block(BLOCK, lines, PAGE)
    return 0


def is_served(cost: Cost) -> bool:
    return cost.status == "indexed"


def round_trip(origin: Origin, file: str) -> str:
    if file not in SERVED:
        return "not in tests/roundtrip/expected.py"
    url = playlist_url(origin.base, file)
    found = tuple(differences(CORPUS / file, url, SERVED[file]))
    if not found:
        return "exact"
    return "exact [^ffmpeg]" if found == FFMPEG_READS_OTHERWISE.get(file) else "; ".join(found)


def table(costs: Mapping[str, Cost], trips: Mapping[str, str]) -> list[str]:
    """Lines of Markdown: a sum, and a row a file."""
    return [_sum(costs, trips), "", *HEAD, *(_row(file, cost, trips) for file, cost in costs.items())]


def _sum(costs: Mapping[str, Cost], trips: Mapping[str, str]) -> str:
    served = sum(map(is_served, costs.values()))
    exact = sum(trip.startswith("exact") for trip in trips.values())
    unfinished = sum(cost.status == "unfinished" for cost in costs.values())
    refused = len(costs) - served - unfinished
    return (
        f"{len(costs)} files: {served} served ({exact} of them exactly), {refused} refused, "
        f"{unfinished} not finished yet."
    )


def _row(file: str, cost: Cost, trips: Mapping[str, str]) -> str:
    what = "; ".join(_told(cost)).replace("|", "\\|")
    status = "served" if is_served(cost) else "not finished" if cost.status == "unfinished" else "refused"
    return f"| `{file}` | {status} | {what} | {trips.get(file, '')} |"


def _told(cost: Cost) -> Iterator[str]:
    """Codecs and notes of what is served; the rule that refused the rest, without file positions."""
    if is_served(cost):
        first, *rest = cost.text.split("; ")
        yield first
        yield from (part.removeprefix("note: ") for part in rest if part.startswith("note: "))
        return
    text = cost.text.partition(": ")[2].partition("; ")[0]
    yield re.sub(r"^(?:(\S+) )?at byte \d+: ", lambda found: f"{found[1]}: " if found[1] else "", text)


if __name__ == "__main__":
    sys.exit(main())
