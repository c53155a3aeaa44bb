"""Archives that no encoder here makes, by a box or two altered in one that one does; ffmpeg is the judge."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pytest

from tests.app.running_origin import Origin
from tests.fuzz.forest import Node, altered, at, paths, planted
from tests.indexer.demux.made_mp4 import elst, u32
from tests.media.clips import Clip, clip_file
from tests.roundtrip.made import differences_of, serving


def without_bytes(stsz: Node) -> Sequence[Node]:
    """Every fifth sample of a table of sizes, but for the first, has no bytes."""
    sizes = [int.from_bytes(stsz.fields[place : place + 4]) for place in range(12, len(stsz.fields), 4)]
    left = [0 if number % 5 == 3 else size for number, size in enumerate(sizes)]
    return (Node(b"stsz", stsz.fields[:12] + u32(*left)),)


def after_an_edit_of_no_duration(edts: Node) -> Sequence[Node]:
    (whole,) = edts.children
    lasts, start, rate = (int.from_bytes(whole.fields[place : place + 4]) for place in (8, 12, 16))
    return (Node(b"edts", elst((0, start, rate), (lasts, start, rate))),)


ALTERED: dict[str, tuple[bytes, Callable[[Node], Sequence[Node]]]] = {
    "samples of no bytes": (b"stsz", without_bytes),
    "an edit of no duration": (b"edts", after_an_edit_of_no_duration),
}
"""Name -> the boxes that are altered, in every track, and how. `moov` is the last box, so no offset moves."""


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Origin]:
    folder = tmp_path_factory.mktemp("altered")
    clip = planted(clip_file(Clip(seconds=4), folder).read_bytes())
    archives = {}
    for name, (kind, change) in ALTERED.items():
        archives[name] = clip
        for path in [path for path in paths(clip) if at(clip, path).kind == kind]:
            archives[name] = altered(archives[name], path, change)
    with serving(folder, archives, segment_duration_ms=1000) as running:
        yield running


@pytest.mark.parametrize("name", ALTERED)
def test_what_ffmpeg_reads_is_served(name: str, origin: Origin) -> None:
    assert differences_of(origin, name) == []
