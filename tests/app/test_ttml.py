"""TTML as DASH players get it: each document in every segment that it is shown in, and time without holes."""

from __future__ import annotations

import pytest

from app.download.plan import Heads
from app.errors import NotFound
from app.idx.view import Idx
from app.manifest.dash import plan_dash
from app.manifest.multivariant import plan_multivariant
from app.manifest.presentation import of_archive
from app.resources import part_of, plan_resource
from app.ttml import NO_WORDS
from indexer.init_segment import InitTrack, build_init
from indexer.subtitles.cue import Cue, Text
from tests.indexer.built import ARCHIVE, built
from tests.indexer.codecs.entries import box
from tests.media.made_movie import Chunk, MadeTrack, make_movie
from tests.oracle import mpd
from tests.oracle.boxes import walk
from tests.oracle.fragments import read_init, read_segment

URL = "http://origin/v/film/manifest.mpd"
FRAME_TICKS = 1001
SECONDS = 20
ENTRY = box("stpp", bytes(6) + b"\0\1" + b"http://www.w3.org/ns/ttml\0\0\0")
INIT = build_init([InitTrack(1, "subt", 1000, ENTRY)], timescale=1000)


@pytest.fixture(scope="module")
def film() -> Idx:
    """Segments of 4.004 s. One document for most of it, one soon after that, one in the last."""
    video = MadeTrack(
        [100] * SECONDS, [FRAME_TICKS] * SECONDS, sync=[number % 2 == 0 for number in range(SECONDS)]
    )
    cues = (Cue(500, 9000, "", "<one>"), Cue(9000, 9100, "", "<two>"), Cue(17_000, 99_000, "", "<ö>"))
    text = Text("TTML", cues, "en", source_track_id=2, codec="stpp", init=INIT)
    return built(make_movie([video], [Chunk(0, SECONDS)]), segment_ms=4000, texts=[text])


def served(idx: Idx, name: str) -> bytes:
    (content,) = plan_resource(idx, part_of(idx, "text-eng"), name, "", ARCHIVE, Heads()).pieces
    assert isinstance(content, bytes)
    return content


def test_each_document_is_in_the_segments_it_is_shown_in(film: Idx) -> None:
    setups = read_init(served(film, "init.mp4"))
    found = []
    for number, start in enumerate(film.segment_time[:-1]):
        content = served(film, f"seg_{number + 1:04d}.m4s")
        assert [each.fourcc for each in walk(content)] == ["styp", "moof", "mdat"]
        segment = read_segment(content, setups)
        assert (segment.sequence_number, b"cmfs" in content[:40]) == (number + 1, True)
        samples = segment.tracks[1]
        at = start
        for sample in samples:
            assert sample.decode_ticks == sample.presentation_ticks == at
            at += sample.duration_ticks
        assert at == film.segment_time[number + 1]
        found.append([(each.decode_ticks, each.data) for each in samples])
    assert found == [
        [(0, NO_WORDS), (500, b"<one>")],
        [(4004, b"<one>")],
        [(8008, b"<one>"), (9000, b"<two>"), (9100, NO_WORDS)],
        [(12_012, NO_WORDS)],
        [(16_016, NO_WORDS), (17_000, "<ö>".encode())],
    ]


def test_only_the_mpd_lists_it(film: Idx) -> None:
    shown = of_archive(film, ARCHIVE)
    (document,) = plan_dash(shown).pieces
    assert isinstance(document, bytes)
    assert mpd.problems(document) == []
    (text,) = (each for each in mpd.read(document, URL) if each.attributes["contentType"] == "text")
    assert (text.attributes["mimeType"], text.attributes["codecs"]) == ("application/mp4", "stpp")
    assert text.init == f"http://origin/v/film/text-eng/init.mp4?v={film.version}"
    assert [each.url for each in text.media] == [
        f"http://origin/v/film/text-eng/seg_{number:04d}.m4s?v={film.version}" for number in range(1, 6)
    ]
    (playlist,) = plan_multivariant(shown).pieces
    assert isinstance(playlist, bytes)
    assert b"SUBTITLES" not in playlist


@pytest.mark.parametrize(
    "name", ["playlist.m3u8", "subtitles.vtt", "seg_0001.vtt", "seg_0006.m4s", "init_2.mp4"]
)
def test_it_has_nothing_else(film: Idx, name: str) -> None:
    with pytest.raises(NotFound):
        served(film, name)
