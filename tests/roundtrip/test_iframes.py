"""Playlists of I-frames: each entry is a keyframe of the archive, at its time, and decodes by itself."""

from __future__ import annotations

from fractions import Fraction
from io import BytesIO
from itertools import accumulate, pairwise
from pathlib import Path

import av
import pytest

from app.idx.view import open_idx
from tests.app.running_origin import Origin
from tests.roundtrip.expected import SERVED
from tests.roundtrip.measured import Cost
from tests.roundtrip.packets import IGNORE_EDITS, Stream, read_streams
from tests.roundtrip.played import playlist_url
from tests.roundtrip.playlist import Playlist, fetch

pytestmark = pytest.mark.corpus

LEAST_APART_S = Fraction(3, 4)
NO_DECODER = {"vvc"}
MOST_DECODED = 8


def test_entries_are_the_archives_keyframes(
    corpus: Path, index_dir: Path, costs: dict[str, Cost], corpus_origin: Origin
) -> None:
    seen = 0
    for file in sorted(SERVED):
        idx = open_idx(f"{index_dir / file.rpartition('.')[0]}.idx")
        if idx.iframes is None:
            continue
        seen += 1
        url = playlist_url(corpus_origin.base, file, "video").replace("playlist.m3u8", "iframes.m3u8")
        playlist = fetch(url)
        streams = read_streams(str(corpus / file), IGNORE_EDITS)
        whole = next(each for each in streams if each.track_id == idx.tracks[0].facts.source_track_id)
        check(file, playlist, whole, sum(idx.durations_us()))
    assert seen >= 15


def check(file: str, playlist: Playlist, whole: Stream, duration_us: int) -> None:
    """Entries against the packets of the archive, which were read without its edit list."""
    assert sum(playlist.durations_s) * 1_000_000 == duration_us, file
    keys = [packet for packet in whole.packets if packet.is_key]
    at = [(packet.pts or 0) * whole.time_base for packet in keys]
    served: list[Fraction] = []
    shown: list[Fraction] = []
    for number, (init, entry) in enumerate(zip(playlist.inits, playlist.segments, strict=True)):
        (stream,) = read_streams(BytesIO(init + entry))
        (packet,) = stream.packets
        assert packet.is_key, (file, number)
        served.append((packet.pts or 0) * stream.time_base)
        same = [time_s for key, time_s in zip(keys, at, strict=True) if key.payload == packet.payload]
        assert same, (file, number)
        wanted = served[-1] - served[0] + shown[0] if shown else served[0]
        shown.append(min(same, key=lambda time_s: abs(time_s - wanted)))  # one of several alike
        if number < MOST_DECODED and whole.codec not in NO_DECODER:
            assert decoded(init + entry) == 1, (file, number)
    assert served == sorted(set(served)), file
    shifts = [one - other for one, other in zip(served, shown, strict=True)]
    assert max(shifts) - min(shifts) <= whole.time_base, file
    check_rule(file, shown, at, whole.time_base)
    begins = list(accumulate(playlist.durations_s))[:-1]
    for begin, begun in zip(begins, served[1:], strict=True):
        assert abs((begun - begin) - (served[1] - begins[0])) < Fraction(1, 500_000) + whole.time_base, file


def check_rule(file: str, shown: list[Fraction], keys: list[Fraction], time_base: Fraction) -> None:
    """No two are nearer than allowed; between two there is no other keyframe that could have been taken."""
    assert all(after - before >= LEAST_APART_S - time_base for before, after in pairwise(shown[1:])), file
    for before, after in pairwise(shown[1:]):
        taken_too_late = [each for each in keys if before + LEAST_APART_S + time_base <= each < after]
        assert taken_too_late == [], file


def decoded(content: bytes) -> int:
    """How many pictures an init segment and a fragment decode to."""
    with av.open(BytesIO(content), "r") as container:
        return sum(1 for _ in container.decode(video=0))
