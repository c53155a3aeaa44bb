"""One file of the corpus, as the archive has it and as the origin serves it: what differs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

from tests.roundtrip import compare, playlist
from tests.roundtrip.packets import IGNORE_EDITS, read_streams


def playlist_url(base: str, file: str) -> str:
    return f"{base}/v/{quote(file.rpartition('.')[0])}/playlist.m3u8"


def differences(source: Path, url: str, track_ids: Sequence[int]) -> Iterator[str]:
    """A line for each way in which the playlist is not tracks `track_ids` of the archive `source`."""
    whole = {stream.track_id: stream for stream in read_streams(str(source), IGNORE_EDITS)}
    shown = {stream.track_id: stream for stream in read_streams(str(source))}
    served = {stream.kind: stream for stream in read_streams(url)}
    wanted = [whole[track_id].kind for track_id in track_ids]
    if sorted(served) != sorted(wanted):
        yield f"{' and '.join(served)} served, not {' and '.join(wanted)}"
        return
    for track_id in track_ids:
        kind = whole[track_id].kind
        for line in compare.differences(whole[track_id], shown[track_id], served[kind]):
            yield f"{kind}: {line}"
    in_order = [whole[track_id] for track_id in track_ids]
    yield from playlist.problems(playlist.fetch(url), in_order, [served[each.kind] for each in in_order])
