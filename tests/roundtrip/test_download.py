"""Each archive as one MP4: every sample of every served track, shown when ffmpeg shows the archive's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.download.plan import Heads, plan_download
from app.idx.view import open_idx
from app.plan import FileIdentity
from tests.app.download.test_movie import written
from tests.oracle.boxes import walk
from tests.roundtrip import compare
from tests.roundtrip.expected import FFMPEG_READS_OTHERWISE, SERVED
from tests.roundtrip.measured import Cost
from tests.roundtrip.packets import IGNORE_EDITS, Stream, read_streams

pytestmark = pytest.mark.corpus


@pytest.mark.parametrize("file", sorted(SERVED.keys() - FFMPEG_READS_OTHERWISE.keys()))
def test_downloads_are_exact(
    file: str, corpus: Path, index_dir: Path, costs: dict[str, Cost], tmp_path: Path
) -> None:
    source = corpus / file
    idx = open_idx(f"{index_dir / file.rpartition('.')[0]}.idx")
    archive = FileIdentity.of(str(source), os.stat(source))
    download = written(plan_download(Heads(), idx, archive), tmp_path / "download.mp4")
    assert [box.fourcc for box in walk(download.read_bytes())] == ["ftyp", "moov", "mdat"]
    assert list(differences(source, download, [facts.source_track_id for facts in idx.header.tracks])) == []


def differences(source: Path, download: Path, track_ids: list[int]) -> Iterator[str]:
    """A line for each way in which `download` is not those tracks of `source`, one after another."""
    whole, shown = _read(source, IGNORE_EDITS), _read(source)
    media, placed = _read(download, IGNORE_EDITS), _read(download)
    if sorted(media) != list(range(1, len(track_ids) + 1)):
        yield f"tracks {sorted(media)}, not {len(track_ids)} from 1 on"
        return
    for number, track_id in enumerate(track_ids, start=1):
        served = _as_placed(media[number], placed[number])
        for line in compare.differences(whole[track_id], shown[track_id], served):
            yield f"track {track_id}: {line}"


def _read(path: Path, options: dict[str, str] | None = None) -> dict[int, Stream]:
    return {stream.track_id: stream for stream in read_streams(str(path), options)}


def _as_placed(media: Stream, placed: Stream) -> Stream:
    """All packets of `media`, moved to where the edit list has those that it shows."""
    at = {packet.position: packet.pts for packet in media.packets}
    moves = {packet.pts - at[packet.position] for packet in placed.packets if packet.pts is not None}  # type: ignore[operator]
    (move,) = moves
    moved = [
        replace(packet, pts=None if packet.pts is None else packet.pts + move) for packet in media.packets
    ]
    return replace(media, packets=tuple(moved))
