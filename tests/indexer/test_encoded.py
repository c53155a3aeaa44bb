"""Clips of real encoders through the whole indexer: every packet comes back as ffmpeg reads the archive."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import cast

import av
import pytest

from app.cmaf.segments import segment_parts
from app.idx.view import Idx, read_idx
from indexer.pipeline import Options, make_idx
from indexer.source import Source
from tests.indexer.built import NO_FILE
from tests.media.clips import Clip, clip_file

CLIPS = {
    "moov last": Clip(),
    "moov first": Clip(faststart=True),
    "fragmented": Clip(fragmented=True),
    "no B-frames": Clip(b_frames=0),
    "30 fps, 44.1 kHz": Clip(fps=30, gop=45, rate_hz=44_100),
    "one keyframe": Clip(gop=1000),
    "two languages": Clip(languages=("eng", "fra")),
    "video alone": Clip(languages=()),
    "sound alone": Clip(fps=0),
}


@dataclass(frozen=True, slots=True)
class Read:
    """A packet as ffmpeg reads it; time in seconds."""

    data: bytes
    shown_s: Fraction
    is_key: bool


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clips")


def packets(place: str | BytesIO) -> list[list[Read]]:
    """Of every track, also what the edit list leaves out."""
    with av.open(place, "r", options={"advanced_editlist": "0"}) as container:
        found: dict[int, list[Read]] = {stream.index: [] for stream in container.streams}
        for packet in container.demux():
            if packet.size and packet.pts is not None:
                shown_s = packet.pts * packet.time_base
                found[packet.stream_index].append(Read(bytes(packet), shown_s, packet.is_keyframe))
        return list(found.values())


def served(idx: Idx, view_number: int, content: bytes) -> BytesIO:
    """A whole stream: the init segment and every segment after it."""
    parts = [idx.view(view_number).inits[0]]
    for number in range(idx.segment_count):
        head, ranges = segment_parts(idx, view_number, number)
        parts += [head, *(content[offset : offset + length] for offset, length in ranges)]
    return BytesIO(b"".join(parts))


@pytest.mark.parametrize("clip", CLIPS.values(), ids=CLIPS)
def test_packets_come_back(clip: Clip, clips: Path) -> None:
    path = clip_file(clip, clips)
    with Source(path) as source:
        idx = read_idx(NO_FILE, memoryview(make_idx(source, Options(segment_duration_ms=1500))))
    archive = packets(str(path))
    assert len(archive) == len(idx.tracks) == bool(clip.fps) + len(clip.languages)
    assert sum(map(len, archive)) == sum(facts.sample_count for facts in idx.header.tracks)
    for number, view in enumerate(idx.header.views):
        got = packets(served(idx, number, path.read_bytes()))
        expected = [archive[track] for track in view.tracks]
        assert [[each.data for each in track] for track in got] == [
            [each.data for each in track] for track in expected
        ]
        assert [[each.is_key for each in track] for track in got] == [
            [each.is_key for each in track] for track in expected
        ]
        for track, one, other in zip(view.tracks, got, expected, strict=True):
            tick_s = Fraction(1, idx.tracks[track].facts.timescale)
            assert all(abs(a.shown_s - b.shown_s) <= tick_s for a, b in zip(one, other, strict=True))


def test_languages_are_kept(clips: Path) -> None:
    with Source(clip_file(CLIPS["two languages"], clips)) as source:
        idx = read_idx(NO_FILE, memoryview(make_idx(source, Options())))
    assert [view.name for view in idx.header.views] == ["muxed", "video", "audio-eng", "audio-fra"]


@pytest.mark.parametrize("container", ["mp4", "mov", "fragments"])
@pytest.mark.parametrize(("encoder", "rate_hz", "name"), [
    ("mp2", 48_000, "MP2"), ("mp2", 24_000, "MP2 (MPEG-2)"), ("libmp3lame", 48_000, "MP3"),
])  # fmt: skip
def test_layers_of_mpeg_audio(encoder: str, rate_hz: int, name: str, container: str, tmp_path: Path) -> None:
    """The entries of MP4 are the same for all; each comes back, under its own name."""
    path = tmp_path / "sound.mp4"
    options = {"movflags": "frag_keyframe+empty_moov"} if container == "fragments" else {}
    with av.open(str(path), "w", format="mov" if container == "mov" else "mp4", options=options) as file:
        stream = cast(av.AudioStream, file.add_stream(encoder, rate_hz, layout="stereo"))
        for first in range(0, rate_hz, 1152):
            frame = av.AudioFrame(format=stream.format.name, layout="stereo", samples=1152)
            for plane in frame.planes:
                plane.update(bytes(plane.buffer_size))
            frame.pts, frame.sample_rate, frame.time_base = first, rate_hz, Fraction(1, rate_hz)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    with Source(path) as source:
        idx = read_idx(NO_FILE, memoryview(make_idx(source, Options())))
    (facts,) = idx.header.tracks
    assert (facts.codec_name, bool(facts.expected_players)) == (name, name == "MP3")
    (archive,), (got,) = packets(str(path)), packets(served(idx, 0, path.read_bytes()))
    assert [each.data for each in got] == [each.data for each in archive]
