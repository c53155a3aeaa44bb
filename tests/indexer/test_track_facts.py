"""What an index tells of a track whose format changes on the way."""

from __future__ import annotations

import pytest

from app.idx.header import TrackFacts
from indexer.select import select
from indexer.track_facts import track_facts
from tests.indexer.built import built, placed
from tests.indexer.codecs.entries import esds, sound
from tests.media.made_movie import (
    AVC_ENTRY,
    OTHER_AVC_ENTRY,
    WIDE_AVC_ENTRY,
    Chunk,
    MadeMovie,
    MadeTrack,
    make_movie,
)

SURROUND_ENTRY = sound("mp4a", esds(0x40, bytes.fromhex("11b0")), channels=6)
STEREO_ENTRY = sound("mp4a", esds(0x40, bytes.fromhex("1210")), rate_hz=44_100)


def changing(*entries: bytes, handler: str = "vide") -> MadeMovie:
    track = MadeTrack([10] * 4, [1000] * 4, handler, entries=entries)
    samples = 4 // len(entries)
    return make_movie([track], [Chunk(0, samples, description=each) for each in range(len(entries))])


def facts_of(*entries: bytes, handler: str = "vide") -> TrackFacts:
    return built(changing(*entries, handler=handler)).tracks[0].facts


def test_one_format_is_told_once() -> None:
    facts = facts_of(AVC_ENTRY)
    assert (facts.formats, facts.codecs, facts.supplemental_codecs) == ((), ("avc1.64000a",), ())


def test_parameters_that_no_playlist_tells_are_one_codec() -> None:
    facts = facts_of(AVC_ENTRY, OTHER_AVC_ENTRY)
    assert (len(facts.formats), facts.codecs) == (2, ("avc1.64000a",))


def test_pictures() -> None:
    facts = facts_of(AVC_ENTRY, WIDE_AVC_ENTRY)
    assert (facts.codec, facts.codecs) == ("avc1.64000a", ("avc1.64000a", "avc1.64000b"))
    assert (facts.width, facts.height) == (128, 48)
    assert [(each.codec, each.width, each.height) for each in facts.formats] == [
        ("avc1.64000a", 64, 48), ("avc1.64000b", 128, 48),
    ]  # fmt: skip


def test_sounds() -> None:
    facts = facts_of(STEREO_ENTRY, SURROUND_ENTRY, handler="soun")
    assert (facts.channels, facts.hls_channels, facts.sample_rate_hz) == (6, "6", 48_000)
    assert [(each.channels, each.sample_rate_hz) for each in facts.formats] == [(2, 44_100), (6, 48_000)]


@pytest.mark.parametrize(
    ("ranges", "told"),
    [(("SDR", "PQ"), "PQ"), (("HLG", "SDR"), "HLG"), (("PQ", "HLG"), "PQ"), (("", "SDR"), "SDR")],
)
def test_the_range_and_the_players_of_all(ranges: tuple[str, str], told: str) -> None:
    movie = changing(AVC_ENTRY, WIDE_AVC_ENTRY).movie
    (served,) = select(movie).tracks
    players = ("Safari", "Chromium", "Firefox"), ("Firefox", "Safari")
    formats = tuple(
        each._replace(video_range=video_range, players=of)  # type: ignore[arg-type]
        for each, video_range, of in zip(served.formats, ranges, players, strict=True)
    )
    facts = track_facts(served._replace(formats=formats), placed(movie)[0])
    assert (facts.video_range, facts.expected_players) == (told, ("Safari", "Firefox"))
