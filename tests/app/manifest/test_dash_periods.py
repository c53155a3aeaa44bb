"""The MPD of pictures whose codec parameters change on the way: a Period where an init segment begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from xml.etree.ElementTree import fromstring

from app.clip import WHOLE, Clip
from app.idx.view import Idx
from app.manifest.dash import plan_dash, write_mpd
from app.manifest.presentation import Member, of_archive, of_title
from indexer.subtitles.cue import Cue, Text
from tests.indexer.built import ARCHIVE, NO_FILE, built
from tests.media.made_movie import (
    AVC_ENTRY,
    OTHER_AVC_ENTRY,
    WIDE_AVC_ENTRY,
    Chunk,
    MadeTrack,
    make_movie,
)
from tests.oracle import mpd

URL = "http://origin/v/film/manifest.mpd"


def index(*entries: bytes, texts: Sequence[Text] = ()) -> Idx:
    """10 s of pictures, the second half in another format."""
    sync = [number % 5 == 0 for number in range(10)]
    track = MadeTrack([1000] * 10, [1000] * 10, sync=sync, entries=entries)
    return built(make_movie([track], [Chunk(0, 5), Chunk(0, 5, description=1)]), texts=texts)


def read(idx: Idx, clip: Clip = WHOLE) -> list[mpd.Representation]:
    (content,) = plan_dash(of_archive(idx, ARCHIVE), clip).pieces
    assert isinstance(content, bytes)
    assert mpd.problems(content, is_clip=clip != WHOLE) == []
    return mpd.read(content, URL)


def test_each_init_segment_begins_a_period() -> None:
    idx = index(AVC_ENTRY, OTHER_AVC_ENTRY)
    first, second = read(idx)
    assert [float(each.period_start_s) for each in (first, second)] == [0, 5]
    assert (first.init.rpartition("/")[2], second.init.rpartition("/")[2]) == (
        f"init.mp4?v={idx.version}", f"init_2.mp4?v={idx.version}",
    )  # fmt: skip
    assert [media.url.partition("?")[0].rpartition("_")[2] for media in (*first.media, *second.media)] == [
        "0001.m4s", "0002.m4s",
    ]  # fmt: skip
    assert [float(each.offset_s) for each in (first, second)] == [0, 5]


def test_a_period_has_the_codec_and_size_of_its_own_format() -> None:
    idx = index(WIDE_AVC_ENTRY, AVC_ENTRY)
    found = [[each.attributes[name] for name in ("codecs", "width", "height")] for each in read(idx)]
    assert found == [["avc1.64000b", "128", "48"], ["avc1.64000a", "64", "48"]]


def test_pictures_are_one_set_where_their_codecs_are_alike_then() -> None:
    """One of two renditions goes over to HEVC in its second period."""
    idx = index(WIDE_AVC_ENTRY, AVC_ENTRY)
    formats = idx.tracks[0].facts.formats
    facts = replace(
        idx.tracks[0].facts, formats=(formats[0], replace(formats[1], codec="hvc1.1.6.L30.90"))
    )
    other = replace(idx, tracks=(replace(idx.tracks[0], facts=facts),))
    members = [Member(f"film/{name}", each, ARCHIVE) for name, each in (("a", idx), ("b", other))]
    document = write_mpd(of_title("film", "", "0123456789", NO_FILE, members))
    assert mpd.problems(document) == []
    sets = [len(period.findall(f"{mpd.MPD}AdaptationSet")) for period in fromstring(document)]
    assert sets == [1, 2]


def test_a_clip_over_a_change_of_codec_parameters() -> None:
    idx = index(AVC_ENTRY, OTHER_AVC_ENTRY)
    before, after = read(idx, Clip(2500, 7500))
    assert [each.period_start_s for each in (before, after)] == [0, 5]
    (only,) = read(idx, Clip(5000, 7500))
    assert [only.period_start_s, only.offset_s] == [0, 5]
    assert only.init == after.init


def test_a_text_of_each_period_counts_from_its_start() -> None:
    words = [Text("SubRip", (Cue(0, 9000, "", "words"),), "en", file="film.en.srt")]
    idx = index(AVC_ENTRY, OTHER_AVC_ENTRY, texts=words)
    url = f"http://origin/v/film/text-eng/subtitles.vtt?v={idx.version}"
    assert [each.whole for each in read(idx) if each.whole] == [f"{url}&end=5", f"{url}&start=5"]
    assert [each.whole for each in read(idx, Clip(6000)) if each.whole] == [f"{url}&start=5"]
