"""The multivariant playlist: which variants and renditions it names, as a stranger's parser reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import m3u8
import pytest

from app.idx.view import Idx
from app.manifest.multivariant import plan_multivariant
from app.manifest.presentation import of_archive
from indexer.subtitles.cue import Cue, Text
from tests.indexer.built import ARCHIVE, NO_FILE, built
from tests.media.made_movie import AC3_ENTRY, AVC_ENTRY, WIDE_AVC_ENTRY, Chunk, MadeTrack, make_movie
from tests.oracle import hls


def video(*, seconds: int = 10) -> MadeTrack:
    return MadeTrack([1000] * seconds, [1000] * seconds, sync=[number % 5 == 0 for number in range(seconds)])


def audio(language: str = "und", title: str = "", *entries: bytes, size: int = 50) -> MadeTrack:
    return MadeTrack([size] * 20, [500] * 20, "soun", language=language, title=title, entries=entries)


def ac3(language: str = "und", title: str = "") -> MadeTrack:
    return audio(language, title, AC3_ENTRY)


def index(*tracks: MadeTrack, texts: Sequence[Text] = ()) -> Idx:
    chunks = [Chunk(number, len(each.sizes)) for number, each in enumerate(tracks)]
    return built(make_movie(tracks, chunks), texts=texts)


def text(idx: Idx) -> str:
    (content,) = plan_multivariant(of_archive(idx, ARCHIVE)).pieces
    assert isinstance(content, bytes)
    assert hls.problems(content) == []
    return content.decode()


def test_a_whole_playlist() -> None:
    idx = index(video(), audio("en"), audio("fr", "Commentaire"))
    shown = {view.name: view for view in idx.header.views}
    peak = shown["video"].peak_bps + shown["audio-fra"].peak_bps
    average = shown["video"].average_bps + shown["audio-fra"].average_bps
    assert text(idx) == (
        "#EXTM3U\n"
        "#EXT-X-VERSION:7\n"
        "#EXT-X-INDEPENDENT-SEGMENTS\n"
        '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="mp4a.40.2-2ch",NAME="English",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,'
        f'CHANNELS="2",URI="audio-eng/playlist.m3u8?v={idx.version}"\n'
        '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="mp4a.40.2-2ch",NAME="Commentaire",LANGUAGE="fr",DEFAULT=NO,'
        f'AUTOSELECT=YES,CHANNELS="2",URI="audio-fra/playlist.m3u8?v={idx.version}"\n'
        f"#EXT-X-STREAM-INF:BANDWIDTH={peak},AVERAGE-BANDWIDTH={average},"
        'CODECS="avc1.64000a,mp4a.40.2",RESOLUTION=64x48,FRAME-RATE=1.000,VIDEO-RANGE=SDR,'
        'AUDIO="mp4a.40.2-2ch",CLOSED-CAPTIONS=NONE\n'
        f"video/playlist.m3u8?v={idx.version}\n"
        f"#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH={idx.header.iframes.peak_bps},"
        f"AVERAGE-BANDWIDTH={idx.header.iframes.average_bps},"
        'CODECS="avc1.64000a",RESOLUTION=64x48,VIDEO-RANGE=SDR,'
        f'URI="video/iframes.m3u8?v={idx.version}"\n'
    )


def test_a_variant_counts_its_largest_sound() -> None:
    idx = index(video(), audio("en"), audio("fr", size=500))
    shown = {view.name: view for view in idx.header.views}
    (variant,) = m3u8.loads(text(idx)).playlists
    assert variant.stream_info.bandwidth == shown["video"].peak_bps + shown["audio-fra"].peak_bps
    assert shown["audio-fra"].peak_bps > shown["audio-eng"].peak_bps


def test_what_changes_on_the_way_is_told_in_full() -> None:
    """Every codec, the largest picture; of I-frames, too."""
    track = replace(video(), entries=(AVC_ENTRY, WIDE_AVC_ENTRY))
    idx = built(make_movie([track], [Chunk(0, 5), Chunk(0, 5, description=1)]))
    formats = idx.tracks[0].facts.formats
    dolby = (replace(formats[0], supplemental_codec="dvh1.08.01/db1p"), formats[1])
    facts = replace(idx.tracks[0].facts, formats=dolby)
    idx = replace(idx, tracks=(replace(idx.tracks[0], facts=facts),))
    streams = [line for line in text(idx).splitlines() if "STREAM-INF" in line]
    assert len(streams) == 2
    for line in streams:
        assert 'CODECS="avc1.64000a,avc1.64000b",SUPPLEMENTAL-CODECS="dvh1.08.01/db1p",' in line
        assert "RESOLUTION=128x48," in line


def test_video_alone_has_no_group() -> None:
    read = m3u8.loads(text(index(video())))
    assert read.media == []
    (variant,) = read.playlists
    assert (variant.stream_info.audio, variant.stream_info.codecs) == (None, "avc1.64000a")


def test_sound_alone_is_a_variant_of_its_own() -> None:
    idx = index(audio("en"), audio("fr", size=500))
    read = m3u8.loads(text(idx))
    assert [each.name for each in read.media] == ["English", "Français"]
    (variant,) = read.playlists
    assert variant.stream_info.bandwidth == idx.view(idx.view_number("audio-fra")).peak_bps
    assert variant.uri.startswith("audio-eng/playlist.m3u8")
    assert (variant.stream_info.codecs, variant.stream_info.resolution) == ("mp4a.40.2", None)


@pytest.mark.parametrize(
    ("titles", "names"),
    [
        (("", "", ""), ["Audio", "Audio 2", "Audio 3"]),
        (("Audio", "Audio", "Audio 2"), ["Audio", "Audio 2", "Audio 2 2"]),
        (('5" \n line', "", ""), ["5'   line", "Audio", "Audio 2"]),
    ],
)
def test_names_are_unique_and_fit_a_quoted_string(titles: tuple[str, ...], names: list[str]) -> None:
    read = m3u8.loads(text(index(video(), *(audio("und", title) for title in titles))))
    assert [each.name for each in read.media] == names


def test_what_players_choose_by_themselves_differs() -> None:
    read = m3u8.loads(text(index(video(), audio("en"), audio("en", "Commentary"), audio("de"))))
    assert [(each.name, each.autoselect) for each in read.media] == [
        ("English", "YES"), ("Commentary", "NO"), ("Deutsch", "YES"),
    ]  # fmt: skip


def test_sound_that_tells_what_is_seen_says_so() -> None:
    read = m3u8.loads(text(index(video(), audio("en"), audio("en", "Audio Description"))))
    assert [(each.autoselect, each.characteristics) for each in read.media] == [
        ("YES", None), ("YES", "public.accessibility.describes-video"),
    ]  # fmt: skip


def test_facts_that_are_not_known_are_left_out() -> None:
    (variant,) = m3u8.loads(text(index(MadeTrack([100], [0])))).playlists
    assert variant.stream_info.frame_rate is None
    idx = index(video())
    facts = replace(idx.tracks[0].facts, supplemental_codec="dvh1.08.01/db4h", video_range="PQ")
    (variant,) = m3u8.loads(text(replace(idx, tracks=(replace(idx.tracks[0], facts=facts),)))).playlists
    assert variant.stream_info.video_range == "PQ"
    assert 'SUPPLEMENTAL-CODECS="dvh1.08.01/db4h"' in text(
        replace(idx, tracks=(replace(idx.tracks[0], facts=facts),))
    )


def test_sound_that_holds_objects_says_so() -> None:
    idx = index(video(), audio("en"))
    facts = replace(idx.tracks[1].facts, channels=6, hls_channels="16/JOC", codec="ec-3")
    idx = replace(idx, tracks=(idx.tracks[0], replace(idx.tracks[1], facts=facts)))
    (media,) = m3u8.loads(text(idx)).media
    assert (media.channels, media.group_id) == ("16/JOC", "ec-3-16ch-JOC")


def test_one_keyframe_is_no_trick_play() -> None:
    still = MadeTrack([1000] * 10, [1000] * 10, sync=[number == 0 for number in range(10)])
    assert m3u8.loads(text(index(still, audio()))).iframe_playlists == []
    assert m3u8.loads(text(index(audio()))).iframe_playlists == []


def test_segments_are_independent_only_if_all_are() -> None:
    late = MadeTrack([10] * 10, [1000] * 10, sync=[number == 5 for number in range(10)])
    assert "INDEPENDENT" not in text(index(late, audio()))


def test_the_answer_around_it() -> None:
    plan = plan_multivariant(of_archive(index(video()), ARCHIVE))
    assert plan.content_type == "application/vnd.apple.mpegurl"
    assert plan.cache_control == "public, max-age=300"
    assert plan.guards == (NO_FILE, ARCHIVE)


def subtitles(language: str, *, lines: int = 1, **facts: Any) -> Text:
    return Text("SubRip", tuple(Cue(0, 1000, "", f"line {n}") for n in range(lines)), language, **facts)


def test_texts_are_one_group_of_every_variant() -> None:
    texts = [
        subtitles("en"),
        subtitles("en", forced=True),
        subtitles("en", hearing_impaired=True),
        subtitles("de", title='Für "alle"'),
        subtitles("und"),
        subtitles("en"),
    ]
    idx = index(video(), audio("en"), ac3("en"), texts=texts)
    read = m3u8.loads(text(idx))
    found = [each for each in read.media if each.type == "SUBTITLES"]
    assert [(each.name, each.language, each.forced) for each in found] == [
        ("English", "en", None),
        ("English (forced)", "en", "YES"),
        ("English (SDH)", "en", None),
        ("Für 'alle'", "de", None),
        ("Subtitles", None, None),
        ("English 2", "en", None),
    ]
    assert {(each.group_id, each.default) for each in found} == {("subtitles", "NO")}
    assert [each.autoselect for each in found] == ["YES"] * 5 + ["NO"]
    assert [bool(each.characteristics) for each in found] == [False, False, True, False, False, False]
    assert [each.uri for each in found][3:] == [
        f"{name}/playlist.m3u8?v={idx.version}" for name in ("text-deu", "text", "text-eng-4")
    ]
    assert [each.stream_info.subtitles for each in read.playlists] == ["subtitles", "subtitles"]


def test_a_variant_counts_its_largest_text() -> None:
    without = m3u8.loads(text(index(video()))).playlists[0].stream_info
    idx = index(video(), texts=[subtitles("en"), subtitles("de", lines=50)])
    within = m3u8.loads(text(idx)).playlists[0].stream_info
    largest = idx.text("text-deu").facts
    assert within.bandwidth - without.bandwidth == largest.peak_bps
    assert within.average_bandwidth - without.average_bandwidth == largest.average_bps


def test_sound_alone_may_have_texts() -> None:
    read = m3u8.loads(text(index(audio("en"), texts=[subtitles("en")])))
    assert [each.stream_info.subtitles for each in read.playlists] == ["subtitles"]


def test_without_texts_there_is_no_group() -> None:
    assert "SUBTITLES" not in text(index(video(), audio()))
