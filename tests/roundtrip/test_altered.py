"""Archives that no encoder here makes, by a box or two altered in one that one does; ffmpeg is the judge."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from app.idx.view import open_idx
from indexer.archives import find_archives
from indexer.pipeline import Options, index_archive
from tests.app.running_origin import Origin, running_origin
from tests.fuzz.forest import Node, altered, at, paths, planted, written
from tests.indexer.demux.made_mp4 import elst, u32
from tests.media.clips import Clip, clip_file
from tests.roundtrip.played import differences, playlist_url


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
    media_dir, index_dir = folder / "media", folder / "index"
    media_dir.mkdir()
    clip = planted(clip_file(Clip(seconds=4), folder).read_bytes())
    for name, (kind, change) in ALTERED.items():
        archive = clip
        for path in [path for path in paths(clip) if at(clip, path).kind == kind]:
            archive = altered(archive, path, change)
        (media_dir / f"{name}.mp4").write_bytes(written(archive))
    for found in find_archives([str(media_dir)], str(media_dir), str(index_dir)):
        outcome = index_archive(found, Options(segment_duration_ms=1000))
        assert outcome.status == "indexed", outcome.text
    with running_origin(media_dir, index_dir, folder / "log", "--workers", "1") as running:
        yield running


@pytest.mark.parametrize("name", ALTERED)
def test_what_ffmpeg_reads_is_served(name: str, origin: Origin) -> None:
    source = origin.media_dir / f"{name}.mp4"
    header = open_idx(str(origin.index_dir / f"{name}.idx")).header
    track_ids = [header.tracks[number].source_track_id for number in header.views[0].tracks]
    found = differences(Path(source), playlist_url(origin.base, source.name), track_ids)
    assert list(found) == []
