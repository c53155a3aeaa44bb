"""Each track alone: what its own playlist serves is that track of the archive, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.idx.view import open_idx
from tests.app.running_origin import Origin
from tests.roundtrip.expected import FFMPEG_READS_OTHERWISE, SERVED
from tests.roundtrip.measured import Cost
from tests.roundtrip.played import packet_differences, playlist_url

pytestmark = pytest.mark.corpus


@pytest.mark.parametrize("file", sorted(SERVED.keys() - FFMPEG_READS_OTHERWISE.keys()))
def test_tracks_apart_are_served_exactly(
    file: str, corpus: Path, index_dir: Path, costs: dict[str, Cost], corpus_origin: Origin
) -> None:
    header = open_idx(f"{index_dir / file.rpartition('.')[0]}.idx").header
    apart = {view.name: header.tracks[view.tracks[0]].source_track_id for view in header.views[1:]}
    assert set(SERVED[file]) <= set(apart.values())
    for name, track_id in apart.items():
        url = playlist_url(corpus_origin.base, file, name)
        assert list(packet_differences(corpus / file, url, [track_id])) == [], name
