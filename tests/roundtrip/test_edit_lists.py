"""Edit lists of several edits, in ffmpeg's reading of the archive and of what is served."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from tests.app.running_origin import Origin
from tests.fuzz.forest import Forest, Node, planted
from tests.indexer.demux.made_mp4 import elst
from tests.media.clips import Clip, clip_file
from tests.roundtrip.made import differences_of, serving

NORMAL, EMPTY = 0x1_0000, -1
RATE_HZ = 64_000
LISTS: dict[str, list[tuple[int, int]]] = {
    "cut": [(2000, 0), (2000, 4)],
    "swapped": [(2000, 4), (2000, 2)],
    "late and cut": [(700, EMPTY), (2000, 0), (2000, 4)],
    "repeated": [(2000, 2), (2000, 2)],
    "one": [(4000, 2)],
}
"""Name -> for each edit its duration in ms and the media time in s at which it begins.

Every other second a frame of sound begins with a picture. Where an edit begins within a frame, ffmpeg shows
the next one at once, earlier than its edit list has it by part of a frame; and where it pauses, it reads on.
"""


def edited(content: Forest, rows: Sequence[tuple[int, int]]) -> Forest:
    """The archive with that list in every track; `moov` is its last box, so that no offset moves."""
    *others, moov = content
    assert moov.kind == b"moov"
    return (*others, Node(b"moov", b"", tuple(with_list(box, rows) for box in moov.children)))


def with_list(trak: Node, rows: Sequence[tuple[int, int]]) -> Node:
    if trak.kind != b"trak":
        return trak
    mdhd = next(box for mdia in trak.children for box in mdia.children if box.kind == b"mdhd")
    timescale = int.from_bytes(mdhd.fields[12:16])
    (begins,) = (box for edts in trak.children if edts.kind == b"edts" for box in edts.children)
    first = int.from_bytes(begins.fields[12:16])
    entries = [
        (lasts, EMPTY if start == EMPTY else first + start * timescale, NORMAL) for lasts, start in rows
    ]
    kept = tuple(box for box in trak.children if box.kind != b"edts")
    return Node(b"trak", b"", (kept[0], Node(b"edts", elst(*entries)), *kept[1:]))


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Origin]:
    folder = tmp_path_factory.mktemp("edited")
    clip = planted(clip_file(Clip(seconds=8, rate_hz=RATE_HZ), folder).read_bytes())
    archives = {name: edited(clip, rows) for name, rows in LISTS.items()}
    with serving(folder, archives, segment_duration_ms=2000) as running:
        yield running


@pytest.mark.parametrize("name", LISTS)
def test_what_the_edits_show_is_served_on_time(name: str, origin: Origin) -> None:
    # The whole archive, by which EXTINF are judged, is longer than what is shown of it.
    assert [line for line in differences_of(origin, name) if not line.startswith("EXTINF")] == []
