"""The MPD: a whole one, the times and facts in it, and what hostile names come to."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from itertools import accumulate
from typing import Any

import pytest

from app.clip import Clip
from app.idx.header import TrackFacts
from app.idx.view import Idx
from app.manifest.dash import buffer_us, plan_dash
from app.manifest.presentation import Member, of_archive, of_title
from indexer.subtitles.cue import Cue, Text
from indexer.track import Edit
from tests.indexer.built import ARCHIVE, NO_FILE, built
from tests.media.made_movie import AC3_ENTRY, Chunk, MadeTrack, make_movie
from tests.oracle import mpd

URL = "http://origin/v/film/manifest.mpd"
NORMAL_RATE = 0x1_0000


def video(**given: object) -> MadeTrack:
    track = MadeTrack([1000] * 10, [1000] * 10, sync=[number % 5 == 0 for number in range(10)])
    return replace(track, **given)  # type: ignore[arg-type]  # fields of any type


def audio(language: str = "und", title: str = "") -> MadeTrack:
    return MadeTrack([50] * 20, [500] * 20, "soun", language=language, title=title)


def index(*tracks: MadeTrack, title: str = "") -> Idx:
    chunks = [Chunk(number, len(each.sizes)) for number, each in enumerate(tracks)]
    return built(make_movie(tracks, chunks, title=title))


def document(idx: Idx) -> bytes:
    (content,) = plan_dash(of_archive(idx, ARCHIVE)).pieces
    assert isinstance(content, bytes)
    return content


def read(idx: Idx) -> list[mpd.Representation]:
    text = document(idx)
    assert mpd.problems(text) == []
    return mpd.read(text, URL)


def with_facts(idx: Idx, **given: object) -> Idx:
    """`idx` with other facts of its first track."""
    facts: TrackFacts = replace(idx.tracks[0].facts, **given)  # type: ignore[arg-type]
    return replace(idx, tracks=(replace(idx.tracks[0], facts=facts), *idx.tracks[1:]))


def described(representation: mpd.Representation, name: str) -> list[tuple[str, str]]:
    return [(scheme, value) for each, scheme, value in representation.descriptors if each == name]


def clipped(idx: Idx, clip: Clip, lasting_s: float) -> list[mpd.Representation]:
    (content,) = plan_dash(of_archive(idx, ARCHIVE), clip).pieces
    assert isinstance(content, bytes)
    assert mpd.problems(content, is_clip=True) == []
    assert f'mediaPresentationDuration="PT{lasting_s:.6f}S"' in content.decode()
    return mpd.read(content, URL)


def test_a_whole_mpd() -> None:
    idx = index(video(), audio("en"), title="Ein <Film>")
    peaks = {view.name: view.peak_bps for view in idx.header.views}
    template = (
        '<SegmentTemplate timescale="1000" presentationTimeOffset="0" startNumber="1"'
        ' initialization="{0}/init.mp4?v={1}" media="{0}/seg_$Number%04d$.m4s?v={1}">\n'
        "          <SegmentTimeline>\n"
        '            <S t="0" d="5000" r="1" />\n'
        "          </SegmentTimeline>\n"
        "        </SegmentTemplate>\n"
    )
    assert document(idx).decode() == (
        "<?xml version='1.0' encoding='utf-8'?>\n"
        '<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" xmlns:scte214="urn:scte:dash:scte214-extensions"'
        ' profiles="urn:mpeg:dash:profile:isoff-live:2011" type="static"'
        ' mediaPresentationDuration="PT10.000000S" maxSegmentDuration="PT5.000000S"'
        ' minBufferTime="PT5.000000S">\n'
        "  <ProgramInformation>\n"
        "    <Title>Ein &lt;Film&gt;</Title>\n"
        "  </ProgramInformation>\n"
        '  <Period id="p1" start="PT0.000000S">\n'
        '    <AdaptationSet id="0" contentType="video" mimeType="video/mp4" segmentAlignment="true"'
        ' startWithSAP="1">\n'
        '      <Role schemeIdUri="urn:mpeg:dash:role:2011" value="main" />\n'
        f'      <Representation id="video" bandwidth="{peaks["video"]}" codecs="avc1.64000a" width="64"'
        ' height="48" sar="1:1" frameRate="1">\n'
        f"        {template.format('video', idx.version)}"
        "      </Representation>\n"
        "    </AdaptationSet>\n"
        '    <AdaptationSet id="1" contentType="audio" mimeType="audio/mp4" lang="en" segmentAlignment="true"'
        ' startWithSAP="1">\n'
        "      <Label>English</Label>\n"
        '      <Role schemeIdUri="urn:mpeg:dash:role:2011" value="main" />\n'
        f'      <Representation id="audio-eng" bandwidth="{peaks["audio-eng"]}" codecs="mp4a.40.2"'
        ' audioSamplingRate="48000">\n'
        '        <AudioChannelConfiguration schemeIdUri="urn:mpeg:mpegB:cicp:ChannelConfiguration"'
        ' value="2" />\n'
        f"        {template.format('audio-eng', idx.version)}"
        "      </Representation>\n"
        "    </AdaptationSet>\n"
        "  </Period>\n"
        "</MPD>"
    )


def test_segments_are_those_of_the_playlist() -> None:
    idx = index(video(), audio())
    picture, sound = read(idx)
    for each, name in ((picture, "video"), (sound, "audio")):
        assert each.init == f"http://origin/v/film/{name}/init.mp4?v={idx.version}"
        assert [(media.url, float(media.start_s), float(media.lasting_s)) for media in each.media] == [
            (f"http://origin/v/film/{name}/seg_0001.m4s?v={idx.version}", 0, 5),
            (f"http://origin/v/film/{name}/seg_0002.m4s?v={idx.version}", 5, 5),
        ]


def test_media_times_begin_where_the_archive_begins() -> None:
    """An empty edit of 3 s on both tracks: the presentation begins with them, together as they were."""
    late = (Edit(3000, -1, NORMAL_RATE), Edit(10_000, 0, NORMAL_RATE))
    picture, sound = read(index(video(edits=late), replace(audio(), edits=late)))
    assert picture.offset_s == sound.offset_s == 3
    assert [media.start_s for media in picture.media] == [0, 5]


def test_times_are_exact_where_a_second_is_no_multiple_of_a_tick() -> None:
    idx = index(video(timescale=29_999, durations=[30_030 + number for number in range(10)]))
    (picture,) = read(idx)
    last = picture.media[-1]
    assert last.start_s + last.lasting_s == Fraction(sum(range(30_030, 30_040)), 29_999)


def test_languages_roles_and_labels() -> None:
    idx = index(video(), audio("en"), audio("fr", "Commentaire"))
    facts = replace(idx.tracks[2].facts, roles=("about:html-kind", "commentary"))
    idx = replace(idx, tracks=(*idx.tracks[:2], replace(idx.tracks[2], facts=facts)))
    found = read(idx)
    assert [each.attributes.get("lang") for each in found] == [None, "en", "fr"]
    assert [value for each in found for _, value in described(each, "Role")] == ["main", "main", "commentary"]
    assert re.findall(b"<Label>(.*)</Label>", document(idx)) == [b"English", b"Commentaire"]
    plain = read(index(video(), audio("en"), audio("fr")))
    assert [value for each in plain for _, value in described(each, "Role")] == ["main", "main", "alternate"]


def test_another_coding_of_the_main_sound_is_main_too() -> None:
    sounds = [audio("en"), audio("en", "Live"), replace(audio("en"), entries=(AC3_ENTRY,)), audio("en")]
    found = read(index(video(), *sounds))
    assert [(each.attributes["codecs"], value) for each in found for _, value in described(each, "Role")] == [
        ("avc1.64000a", "main"), ("mp4a.40.2", "main"), ("mp4a.40.2", "alternate"), ("ac-3", "main"),
        ("mp4a.40.2", "alternate"),
    ]  # fmt: skip


def test_pictures_of_a_title_are_all_main() -> None:
    """In whatever codec, range or words, as all show the same."""
    others = {
        "4k": {"codec": "hvc1.2.4.L150.90", "video_range": "PQ", "title": "4k", "label": "4k"},
        "1080p": {"codec": "hvc1.2.4.L150.90", "video_range": "SDR", "language": "en"},
        "720p": {"title": "720p", "label": "720p"},
    }
    members = [
        Member(f"film/{name}", with_facts(index(video()), **facts), ARCHIVE) for name, facts in others.items()
    ]
    (text,) = plan_dash(of_title("film", "", "0123456789", NO_FILE, members)).pieces
    assert isinstance(text, bytes)
    assert re.findall(b'<Role schemeIdUri="urn:mpeg:dash:role:2011" value="(.*)" />', text) == [b"main"] * 3


def test_labels_that_are_alike_are_numbered() -> None:
    found = document(index(video(), audio("en"), audio("en")))
    assert re.findall(b"<Label>(.*)</Label>", found) == [b"English", b"English 2"]


@pytest.mark.parametrize(("channels", "layout"), [(1, ["1"]), (2, ["2"]), (6, ["6"]), (8, ["12"]), (24, [])])
def test_channels(channels: int, layout: list[str]) -> None:
    (sound,) = read(with_facts(index(audio()), channels=channels))
    assert [value for _, value in described(sound, "AudioChannelConfiguration")] == layout


def test_joint_object_coding() -> None:
    (sound,) = read(with_facts(index(audio()), channels=6, hls_channels="16/JOC"))
    assert described(sound, "SupplementalProperty") == [
        ("tag:dolby.com,2018:dash:EC3_ExtensionType:2018", "JOC"),
        ("tag:dolby.com,2018:dash:EC3_ExtensionComplexityIndex:2018", "16"),
    ]


def test_colour_and_supplemental_codecs() -> None:
    idx = with_facts(index(video()), colour=(9, 16, 2), supplemental_codec="dvh1.08.01/db1p")
    (picture,) = read(idx)
    assert described(picture, "SupplementalProperty") == [
        ("urn:mpeg:mpegB:cicp:ColourPrimaries", "9"),
        ("urn:mpeg:mpegB:cicp:TransferCharacteristics", "16"),
    ]
    assert picture.attributes[f"{mpd.SCTE214}supplementalCodecs"] == "dvh1.08.01"
    assert picture.attributes[f"{mpd.SCTE214}supplementalProfiles"] == "db1p"


def test_frame_rate_is_a_fraction() -> None:
    (picture,) = read(index(video(timescale=30_000, durations=[1001] * 10)))
    assert picture.attributes["frameRate"] == "30000/1001"


@pytest.mark.parametrize(
    ("track", "sap"),
    [
        (video(), "1"),
        (video(compositions=[0, 2000, 0, 0, 0] * 2), "2"),
        (video(sync=[number == 5 for number in range(10)]), None),
    ],
)
def test_segments_start_with_a_sap_that_the_archive_states(track: MadeTrack, sap: str | None) -> None:
    (picture,) = read(index(track))
    assert picture.attributes.get("startWithSAP") == sap


def test_titles_of_any_characters_are_xml() -> None:
    hostile = 'a\x00\x1b]]>&<!-- "\ufffe" -->'
    idx = index(video(), audio("en", hostile), title=hostile)
    assert mpd.problems(document(idx)) == []
    assert document(idx).count(b"a  ]]&gt;&amp;&lt;!-- ") == 2


def test_what_must_be_buffered_is_enough_from_anywhere_and_no_more() -> None:
    sizes = [1000] * 5 + [9000] * 5 + [100] * 5 + [8000] * 5
    sync = [number % 5 == 0 for number in range(20)]
    idx = index(video(sizes=sizes, durations=[1000] * 20, sync=sync))
    (picture,) = of_archive(idx, ARCHIVE).renditions
    needed_s = Fraction(buffer_us(picture), 1_000_000)
    starts_s = [Fraction(each, 1_000_000) for each in accumulate(idx.durations_us(), initial=0)]
    late_s = []
    for first in range(idx.segment_count):
        lasting_s = (Fraction(8 * length, picture.view.peak_bps) for length in picture.segment_bytes[first:])
        for arrived_s, at_s in zip(accumulate(lasting_s), starts_s[first:], strict=False):
            late_s.append(arrived_s - (at_s - starts_s[first]))
    assert float(max(late_s)) == pytest.approx(float(needed_s), abs=1e-6 * idx.segment_count)


def test_the_answer_around_it() -> None:
    plan = plan_dash(of_archive(index(video()), ARCHIVE))
    assert (plan.content_type, plan.cache_control) == ("application/dash+xml", "public, max-age=300")
    assert plan.guards == (NO_FILE, ARCHIVE)


@pytest.mark.parametrize(
    ("clip", "numbers", "lasting_s"),
    [
        (Clip(6500, 9000), [2], 4),
        (Clip(5000), [2], 5),
        (Clip(2500), [1, 2], 10),
        (Clip(0, 5001), [1, 2], 5.001),
        (Clip(4999, 5000), [1], 5),
    ],
)
def test_a_clip_begins_with_its_first_segment_and_ends_within_its_last(
    clip: Clip, numbers: list[int], lasting_s: float
) -> None:
    for each in clipped(index(video(), audio("en")), clip, lasting_s):
        assert [int(re.findall(r"seg_(\d+)", media.url)[0]) for media in each.media] == numbers
        assert [media.start_s for media in each.media] == [5 * place for place in range(len(numbers))]
        assert each.offset_s == 5 * (numbers[0] - 1)


@pytest.mark.parametrize(
    ("facts", "role"),
    [({}, "subtitle"), ({"forced": True}, "forced-subtitle"), ({"hearing_impaired": True}, "caption")],
)
def test_what_a_text_is_for(facts: dict[str, Any], role: str) -> None:
    words = Text("SubRip", (Cue(0, 9000, "", "words"),), "en", file="film.en.srt", **facts)
    found = read(built(make_movie([video()], [Chunk(0, 10)]), texts=[words]))
    assert [value for each in found if each.whole for _, value in described(each, "Role")] == [role]
