"""The MPD of every archive: valid, with the very segments of the playlists, read by ffmpeg as the archive.

The bytes behind the URLs are compared where the playlists are (`test_tracks_apart`).
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from hashlib import sha256
from itertools import accumulate
from pathlib import Path
from urllib.parse import quote
from urllib.request import urlopen

import m3u8
import pytest

from app.idx.view import open_idx
from tests.app.running_origin import Origin
from tests.oracle import mpd
from tests.oracle.avc import avc_codecs
from tests.roundtrip import compare
from tests.roundtrip.expected import SERVED
from tests.roundtrip.measured import Cost
from tests.roundtrip.packets import IGNORE_EDITS, Packet, Stream, read_streams

pytestmark = pytest.mark.corpus

WRITTEN_TO_S = Fraction(1, 1_000_000)
READ_BY_FFMPEG = (
    "derived/multilang_deu_eng_fra.mp4", "fate-suite/empty_edit_5s.mp4",
    "fate-suite/mov_ibi_elst_starts_b.mp4", "fate-suite/mov-3elist.mp4", "mp4ff/cbcsdec.mp4",
    "python-ffmpegio/testmulti-1m.mp4", "shaka-packager/bear-av1.mp4", "shaka-packager/bear-640x360.mp4",
)  # fmt: skip
"""Late starts, edit lists, priming, several languages."""


def manifest_url(origin: Origin, file: str) -> str:
    return f"{origin.base}/v/{quote(file.rpartition('.')[0])}/manifest.mpd"


def fetched(url: str) -> bytes:
    with urlopen(url, timeout=60) as answer:
        body: bytes = answer.read()
    return body


@pytest.mark.parametrize("file", sorted(SERVED))
def test_lists_what_the_playlists_list(file: str, costs: dict[str, Cost], corpus_origin: Origin) -> None:
    url = manifest_url(corpus_origin, file)
    document = fetched(url)
    assert mpd.problems(document) == []
    by_track: dict[str, list[mpd.Representation]] = {}
    for each in mpd.read(document, url):
        if each.whole:
            assert fetched(each.whole).startswith(b"WEBVTT\n")
        else:
            by_track.setdefault(each.attributes["id"], []).append(each)
    assert by_track
    for track, periods in by_track.items():
        playlist_url = url.replace("manifest.mpd", f"{track}/playlist.m3u8")
        playlist = m3u8.loads(fetched(playlist_url).decode(), uri=playlist_url)
        media = [each for period in periods for each in period.media]
        assert [each.url for each in media] == [each.absolute_uri for each in playlist.segments]
        inits = [period.init for period in periods for _ in period.media]
        assert inits == [each.init_section.absolute_uri for each in playlist.segments]
        lasting_s = (Fraction(str(each.duration)) for each in playlist.segments)
        for segment, start_s in zip(media, accumulate(lasting_s, initial=Fraction(0)), strict=False):
            assert abs(segment.start_s - start_s) <= WRITTEN_TO_S
        assert len({period.offset_s - period.period_start_s for period in periods}) == 1
        for period in periods:
            assert avc_codecs(fetched(period.init)) <= {period.attributes["codecs"]}


@pytest.mark.requires_tool("ffprobe")
@pytest.mark.parametrize("corpus_origin", ["sendfile"], indirect=True)
@pytest.mark.parametrize("file", READ_BY_FFMPEG)
def test_ffmpeg_reads_the_archive(
    file: str,
    corpus: Path,
    index_dir: Path,
    costs: dict[str, Cost],
    corpus_origin: Origin,
    tool: Callable[[str], str],
) -> None:
    header = open_idx(f"{index_dir / file.rpartition('.')[0]}.idx").header
    whole = {stream.track_id: hashed(stream) for stream in read_streams(str(corpus / file), IGNORE_EDITS)}
    shown = {stream.track_id: stream for stream in read_streams(str(corpus / file))}
    for number, view in enumerate(header.views[1:]):
        track = header.tracks[view.tracks[0]]
        name, served = probed(tool("ffprobe"), manifest_url(corpus_origin, file), number)
        assert name == track.name
        one = whole[track.source_track_id], shown[track.source_track_id], served
        assert list(compare.differences(*one)) == [], name


def hashed(stream: Stream) -> Stream:
    """With the hash of each packet in the place of its bytes."""
    packets = (replace(packet, payload=sha256(packet.payload).digest()) for packet in stream.packets)
    return replace(stream, packets=tuple(packets))


def probed(ffprobe: str, url: str, number: int) -> tuple[str, Stream]:
    """The id of a Representation, and its packets with hashes for bytes.

    One at a time: where ffmpeg reads several, it ends them all with the first that ends.
    """
    entries = "packet=pts,dts,duration,flags,data_hash:stream=codec_type,codec_name,time_base:stream_tags=id"
    command = [ffprobe, "-v", "error", "-select_streams", str(number), "-show_packets", "-show_streams"]
    options = ["-show_data_hash", "sha256", "-show_entries", entries, "-of", "json", url]
    done = subprocess.run([*command, *options], stdout=subprocess.PIPE, check=True, timeout=60)
    read = json.loads(done.stdout)
    (stream,) = read["streams"]
    packets = tuple(map(_packet, read["packets"]))
    time_base = Fraction(stream["time_base"])
    return stream["tags"]["id"], Stream(stream["codec_type"], stream["codec_name"], 0, time_base, packets)


def _packet(read: dict[str, str]) -> Packet:
    payload = bytes.fromhex(read["data_hash"].partition(":")[2])
    pts, dts, duration = (int(read[name]) if name in read else None for name in ("pts", "dts", "duration"))
    is_key, is_discarded = "K" in read["flags"], "D" in read["flags"]
    return Packet(payload, is_key, pts, dts, duration, position=None, is_discarded=is_discarded)
