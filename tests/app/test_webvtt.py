"""Subtitles as they are served: every cue in every segment that it is shown in, and nowhere else.

webvtt-py reads what is served; which segments a cue belongs to is asked the plainest way there is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import m3u8
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.clip import Clip
from app.errors import Malformed
from app.idx.view import Idx
from app.manifest.hls import plan_media_playlist, plan_text_playlist
from app.plan import Plan
from app.webvtt import plan_cues, plan_subtitles
from indexer.subtitles.cue import Cue, Text, shown
from indexer.subtitles.markup import payload_of
from indexer.track import Edit
from tests.golden.archives import edited
from tests.indexer.built import ARCHIVE, NO_FILE, built
from tests.indexer.subtitles.read_vtt import Seen, plain, read
from tests.media.made_movie import Chunk, MadeTrack, make_movie

SECONDS = 20
FRAME_TICKS = 1001
TIMESCALE = 1000

times = st.tuples(st.integers(0, 26_000), st.integers(1, 25_000))
texts = st.text(st.characters(codec="utf-8"), max_size=12)


def film(cues: Sequence[Cue], *, edits: tuple[Edit, ...] = ()) -> Idx:
    """Frames of 1.001 s, keyframes every other; segments of some 4 s."""
    video = MadeTrack(
        [100] * SECONDS, [FRAME_TICKS] * SECONDS, timescale=TIMESCALE, edits=edits,
        sync=[number % 2 == 0 for number in range(SECONDS)],
    )  # fmt: skip
    made = make_movie([video], [Chunk(0, SECONDS)])
    duration_ms = SECONDS * FRAME_TICKS
    return built(made, segment_ms=4000, texts=[Text("SubRip", shown(cues, duration_ms), "en", file="a.srt")])


def content(plan: Plan) -> str:
    (piece,) = plan.pieces
    assert isinstance(piece, bytes)
    return piece.decode()


def seen(cue: Cue) -> Seen:
    return cue.start_ms, cue.end_ms, plain(cue.payload)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(times, texts), min_size=1, max_size=8))
def test_each_cue_is_in_the_segments_it_is_shown_in(drawn: list[tuple[tuple[int, int], str]]) -> None:
    cues = [Cue(start, start + lasting, "", payload_of([(text, 0)])) for (start, lasting), text in drawn]
    kept = shown([cue for cue in cues if cue.payload], SECONDS * FRAME_TICKS)
    if not kept:
        return
    idx = film(kept)
    (text,) = idx.texts
    found: set[Seen] = set()
    for number in range(idx.segment_count):
        start, end = idx.segment_time[number], idx.segment_time[number + 1]  # ticks are ms here
        cues_here = read(content(plan_cues(idx, text, number, ARCHIVE)))
        assert cues_here == [seen(cue) for cue in kept if cue.start_ms < end and cue.end_ms > start]
        found |= {*cues_here}
    assert found == {seen(cue) for cue in kept}
    assert read(content(plan_subtitles(idx, text, ARCHIVE))) == [seen(cue) for cue in kept]


CUES = (
    Cue(1000, 9000, "line:0", "<i>long</i>"),
    Cue(4004, 4100, "", "two\nlines"),
    Cue(3_600_000, 3_600_001, "", "never"),
)


def test_a_whole_segment() -> None:
    idx = film(CUES)
    assert content(plan_cues(idx, idx.texts[0], 1, ARCHIVE)) == (
        "WEBVTT\n"
        "X-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:10.000\n"
        "\n"
        "00:00:01.000 --> 00:00:09.000 line:0\n"
        "<i>long</i>\n"
        "\n"
        "00:00:04.004 --> 00:00:04.100\n"
        "two\n"
        "lines\n"
        "\n"
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([-5, 0, 1000, 4004]), st.integers(1, 20_000)), max_size=12))
def test_cues_have_one_order_everywhere(spans: list[tuple[int, int]]) -> None:
    """In each segment and each part as in the whole."""
    cues = [Cue(start, start + lasting, "", f"{n % 7} {n}") for n, (start, lasting) in enumerate(spans)]
    idx = film(cues)
    (text,) = idx.texts
    whole = [words for *_, words in read(content(plan_subtitles(idx, text, ARCHIVE)))]
    assert whole == [cue.payload for cue in sorted(cues, key=lambda cue: cue.start_ms) if cue.end_ms > 0]
    part = plan_subtitles(idx, text, ARCHIVE, Clip(4500, 9000))
    for plan in (part, *(plan_cues(idx, text, number, ARCHIVE) for number in range(idx.segment_count))):
        found = [words for *_, words in read(content(plan))]
        assert found == [words for words in whole if words in found]


def test_a_segment_may_be_empty() -> None:
    idx = film(CUES)
    assert content(plan_cues(idx, idx.texts[0], 3, ARCHIVE)) == (
        "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:10.000\n\n"
    )


def test_the_whole_track() -> None:
    idx = film(CUES)
    whole = content(plan_subtitles(idx, idx.texts[0], ARCHIVE))
    assert whole.startswith("WEBVTT\n\n00:00:01.000 --> 00:00:09.000 line:0\n<i>long</i>\n\n00:00:04.004")
    assert "TIMESTAMP" not in whole


@pytest.mark.parametrize(
    ("clip", "wanted"),
    [
        (Clip(2500, 4050), [(0, 1550, "long"), (1504, 1550, "two\nlines")]),
        (Clip(4004), [(0, 4996, "long"), (0, 96, "two\nlines")]),
        (Clip(0, 1000), []),
        (Clip(9000), []),
    ],
)
def test_a_part_counts_from_its_start(clip: Clip, wanted: list[Seen]) -> None:
    idx = film(CUES[:2])
    assert read(content(plan_subtitles(idx, idx.texts[0], ARCHIVE, clip))) == wanted


def test_a_part_after_the_end_is_none() -> None:
    idx = film(CUES)
    with pytest.raises(Malformed):
        plan_subtitles(idx, idx.texts[0], ARCHIVE, Clip(SECONDS * FRAME_TICKS))


def test_the_map_follows_a_film_that_begins_late() -> None:
    """Cue times count from the start of playback; 10 s of them are 13 s of the media."""
    idx = film(CUES, edits=(Edit(3000, -1), Edit(SECONDS * FRAME_TICKS, 0)))
    assert idx.segment_time[0] == 3000
    first = content(plan_cues(idx, idx.texts[0], 0, ARCHIVE))
    assert "X-TIMESTAMP-MAP=MPEGTS:1170000,LOCAL:00:00:10.000\n" in first
    assert read(first)[0][0] == 1000


def test_hours_and_days() -> None:
    week = MadeTrack([10] * 4, [50 * 3600] * 4, timescale=1)
    made = make_movie([week], [Chunk(0, 4)])
    cue = Cue(100 * 3_600_000 + 61_001, 101 * 3_600_000, "", "late")
    idx = built(made, texts=[Text("SubRip", (cue,))])
    assert "\n100:01:01.001 --> 101:00:00.000\nlate\n" in content(plan_subtitles(idx, idx.texts[0], ARCHIVE))


def test_the_playlist_has_the_segments_of_the_video() -> None:
    idx = film(CUES)
    playlist = content(plan_text_playlist(idx, idx.texts[0], ARCHIVE))
    video = m3u8.loads(content(plan_media_playlist(idx, 1, ARCHIVE)))
    read_back = m3u8.loads(playlist)
    assert [each.duration for each in read_back.segments] == [each.duration for each in video.segments]
    assert [each.uri for each in read_back.segments] == [
        f"seg_{number:04d}.vtt?v={idx.version}" for number in range(1, idx.segment_count + 1)
    ]
    assert (read_back.target_duration, read_back.is_endlist) == (video.target_duration, True)
    assert "EXT-X-MAP" not in playlist


def test_discontinuities_are_those_of_the_video() -> None:
    idx = built(edited(), texts=[Text("SubRip", CUES)])
    playlists = (plan_text_playlist(idx, idx.texts[0], ARCHIVE), plan_media_playlist(idx, 1, ARCHIVE))
    marks = [
        [line for line in content(plan).splitlines() if re.match("#EXTINF|#EXT-X-DISC", line)]
        for plan in playlists
    ]
    assert marks[0] == marks[1]
    assert "#EXT-X-DISCONTINUITY" in marks[0]


@pytest.mark.parametrize("whole", [True, False])
def test_the_answer_around_it(whole: bool) -> None:
    idx = film(CUES)
    text = idx.texts[0]
    plan = plan_subtitles(idx, text, ARCHIVE) if whole else plan_cues(idx, text, 0, ARCHIVE)
    assert (plan.content_type, plan.immutable, plan.guards) == ("text/vtt", True, (NO_FILE, ARCHIVE))
    assert plan.etag == f"{idx.version}-text-eng-{'whole' if whole else 0}"
    assert plan.last_modified_s == 1_700_000_000


def test_rates_are_those_of_the_segments() -> None:
    idx = film(CUES)
    lengths = [plan_cues(idx, idx.texts[0], number, ARCHIVE).length for number in range(idx.segment_count)]
    assert idx.texts[0].facts.average_bps == pytest.approx(8 * sum(lengths) / (SECONDS * 1.001), abs=1)
    assert idx.texts[0].facts.peak_bps > idx.texts[0].facts.average_bps
