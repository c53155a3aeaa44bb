"""An index ─▶ its storyboard: which I-frames become tiles, and the process that makes sheets of them.

Tiles are I-frames of the index, at least `interval` apart: some hundred of a short film, one every 10 s of a
long one. What decodes them may crash or hang on a damaged picture: it gets the time and memory stated here,
and a note takes the place of what it could not make. Times are ticks of the header's timescale.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from typing import NamedTuple

import msgpack

from app.cmaf.iframes import VIDEO, iframe_parts
from app.idx.header import StoryboardFacts
from app.idx.layout import ELEMENT_BYTES, STORYBOARD_SUFFIX
from app.idx.view import Idx, IFrames, read_idx
from app.plan import FileIdentity
from indexer.iframes import spaced
from indexer.sidecar import Sink
from indexer.write import is_as_written, pack_idx

SHORTEST_S, LONGEST_S = 1, 10
WANTED_TILES = 100
MOST_TILES = 5000
COLUMNS = ROWS = 10
LONGER_SIDE = 160
TIMEOUT_S = 900
_NO_FILE = FileIdentity("", 0, 0, 0, 0)


class Storyboard(NamedTuple):
    """`tiles`: the I-frame that each shows. Where nothing was made `facts` is None and `refusal` says why."""

    facts: StoryboardFacts | None
    tiles: list[int]
    refusal: str = ""


def make_storyboard(content: bytes, archive: str, sink: Sink) -> Storyboard:
    """Sheets of the archive at a path, whose `.idx` is `content`, written to `sink`.

    Raises `OSError` where that fails.
    """
    import subprocess  # noqa: PLC0415 - few want storyboards, and it takes 5 ms to load

    idx = read_idx(_NO_FILE, memoryview(content))
    if idx.iframes is None:
        return Storyboard(None, [], "there are no two keyframes to show")
    width, height = tile_size(idx.tracks[VIDEO].facts.width, idx.tracks[VIDEO].facts.height)
    job = {
        "archive": archive, "width": width, "height": height, "columns": COLUMNS, "rows": ROWS,
        "streams": list(_streams(idx, chosen(idx, idx.iframes))),
    }  # fmt: skip
    command = [sys.executable, "-P", "-m", "indexer.storyboard.sheets"]  # -P: nothing of this folder
    try:
        done = subprocess.run(
            command, input=msgpack.packb(job), capture_output=True, check=False, timeout=TIMEOUT_S
        )
    except subprocess.TimeoutExpired:
        return Storyboard(None, [], f"its pictures took more than {TIMEOUT_S} s to decode")
    if done.returncode:
        return Storyboard(None, [], _reason(done.returncode, done.stderr))
    tiles, sheets = msgpack.unpackb(done.stdout)
    if not tiles:
        return Storyboard(None, [], "none of its keyframes could be decoded")
    for sheet in sheets:
        sink.write(sheet)
    lengths = tuple(map(len, sheets))
    facts = StoryboardFacts(sum(lengths), sink.mtime_ns, COLUMNS, ROWS, width, height, lengths)
    return Storyboard(facts, tiles)


def chosen(idx: Idx, iframes: IFrames) -> list[int]:
    """The I-frames to show."""
    start, end = idx.segment_time[0], idx.segment_time[-1]
    timescale, length = idx.header.timescale, end - start
    wanted = min(max(SHORTEST_S * timescale, length // WANTED_TILES), LONGEST_S * timescale)
    interval = max(wanted, length // MOST_TILES)
    shown = zip(iframes.time, range(len(iframes.sample)), strict=False)
    return [number for _, number in spaced(shown, start, interval)]


def tile_size(width: int, height: int) -> tuple[int, int]:
    """The picture's shape, its longer side as long as a tile's; both even, as 4:2:0 wants."""
    longer = max(width, height, 1)
    return _even(width * LONGER_SIDE / longer), _even(height * LONGER_SIDE / longer)


def _even(length: float) -> int:
    return max(2, 2 * round(length / 2))


def _streams(idx: Idx, numbers: list[int]) -> Iterator[dict[str, object]]:
    """What is decoded one after another: an init segment, and fragments as (number, head, offset, length)."""
    view_number = idx.view_number(idx.tracks[VIDEO].facts.name)

    def init_of(number: int) -> int:
        segment = idx.tracks[VIDEO].segment_of(idx.iframes.sample[number]) if idx.iframes else 0
        return idx.segment_init[segment] if idx.segment_init else 0

    for init, members in groupby(numbers, init_of):
        parts = ((number, *iframe_parts(idx, view_number, number)) for number in members)
        fragments = [(number, head, offset, length) for number, head, (offset, length) in parts]
        yield {"init": idx.view(view_number).inits[init], "fragments": fragments}


def _reason(returncode: int, stderr: bytes) -> str:
    if b"No module named 'av'" in stderr:
        return "PyAV is not installed: pip install 'vodsplice[storyboard]'"
    last = stderr.decode(errors="replace").strip().splitlines()[-1:]
    return f"its pictures ended the decoder ({returncode}) {''.join(last)}".strip()


def with_storyboard(content: bytes, storyboard: Storyboard) -> bytes:
    """An `.idx` with what there is to say of its storyboard."""
    header = read_idx(_NO_FILE, memoryview(content)).header
    columns = {
        name: array(typecode, content[offset : offset + ELEMENT_BYTES[typecode] * count])
        for name, (offset, typecode, count) in header.columns.items()
    }
    if storyboard.facts:
        columns["storyboard.iframe"] = array("I", storyboard.tiles)
    notes = header.notes
    if storyboard.refusal:
        notes = (*notes, f"storyboard passed over: {storyboard.refusal}")
    told = replace(header, storyboard=storyboard.facts, storyboard_refusal=storyboard.refusal, notes=notes)
    return pack_idx(told, columns)


def storyboard_of(idx: Idx) -> Storyboard:
    """What an index says of its storyboard."""
    return Storyboard(idx.header.storyboard, list(idx.storyboard or ()), idx.header.storyboard_refusal)


def is_wanted_by(idx: Idx) -> bool:
    """Whether the index was made with a storyboard, or would have been if that had been possible."""
    return idx.header.storyboard is not None or bool(idx.header.storyboard_refusal)


def has_current_storyboard(idx: Idx, *, wanted: bool) -> bool:
    """Whether the index has a storyboard if it should: as it was written, or with the reason why not."""
    facts = idx.header.storyboard
    if facts is None or not wanted:
        return facts is None and wanted == bool(idx.header.storyboard_refusal)
    return is_as_written(idx.identity.path + STORYBOARD_SUFFIX, facts)
