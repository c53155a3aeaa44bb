"""One file of the corpus, as the archive has it and as the origin serves it: what differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

from tests.roundtrip import compare, playlist
from tests.roundtrip.packets import IGNORE_EDITS, Stream, read_streams


@dataclass(frozen=True, slots=True)
class Readings:
    """The archive by track id, without its edit list and with it; the playlist by kind of track."""

    whole: Mapping[int, Stream]
    shown: Mapping[int, Stream]
    served: Mapping[str, Stream]


def playlist_url(base: str, file: str, view: str = "") -> str:
    """Of the muxed stream, or of one track by its name."""
    folder = f"{base}/v/{quote(file.rpartition('.')[0])}"
    return f"{folder}/{view}/playlist.m3u8" if view else f"{folder}/playlist.m3u8"


def differences(source: Path, url: str, track_ids: Sequence[int]) -> Iterator[str]:
    """A line for each way in which the playlist is not tracks `track_ids` of the archive `source`."""
    readings = _read(source, url)
    in_order = [readings.whole[track_id] for track_id in track_ids]
    yield from _of_packets(readings, track_ids)
    if {each.kind for each in in_order} == readings.served.keys():
        served = [readings.served[each.kind] for each in in_order]
        yield from playlist.problems(playlist.fetch(url), in_order, served)


def packet_differences(source: Path, url: str, track_ids: Sequence[int]) -> Iterator[str]:
    """As `differences`, without what only the leading track of an archive does: begin where EXTINF says."""
    yield from _of_packets(_read(source, url), track_ids)


def _read(source: Path, url: str) -> Readings:
    whole, shown = _read_archive(source)
    return Readings(whole, shown, served={stream.kind: stream for stream in read_streams(url)})


@lru_cache(maxsize=1)
def _read_archive(source: Path) -> tuple[dict[int, Stream], dict[int, Stream]]:
    """Once for all of its tracks."""
    whole, shown = read_streams(str(source), IGNORE_EDITS), read_streams(str(source))
    return {stream.track_id: stream for stream in whole}, {stream.track_id: stream for stream in shown}


def _of_packets(readings: Readings, track_ids: Sequence[int]) -> Iterator[str]:
    wanted = [readings.whole[track_id].kind for track_id in track_ids]
    if sorted(readings.served) != sorted(wanted):
        yield f"{' and '.join(readings.served)} served, not {' and '.join(wanted)}"
        return
    for track_id, kind in zip(track_ids, wanted, strict=True):
        track = readings.whole[track_id], readings.shown[track_id], readings.served[kind]
        for line in compare.differences(*track):
            yield f"{kind}: {line}"
