"""Which tracks are served, in which order, under which names; and what is said of the others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.cmaf.fragment import SYNC_FLAGS
from indexer.errors import Malformed, Unplaceable, Unsupported
from indexer.select import Change, Selection, select
from indexer.track import Edit, LostTrack
from tests.indexer.codecs.entries import box, esds, sound, visual
from tests.media.made_movie import AAC_ENTRY, AVC_ENTRY, OTHER_AVC_ENTRY, Chunk, MadeTrack, make_movie

AC3_ENTRY = sound("ac-3", box("dac3", bytes.fromhex("10112d")))
UNSERVED_VIDEO = visual("mjpa")
UNSERVED_AUDIO = sound("Qclp")
BROKEN_ENTRY = visual("avc1", box("avcC", b"\x01"))
MONO_ENTRY = sound("mp4a", esds(0x40, bytes.fromhex("1188")))


def track(
    handler: str = "soun", *entries: bytes, language: str = "und", enabled: bool = True, samples: int = 1
) -> MadeTrack:
    return MadeTrack(
        [10] * samples, [40] * samples, handler, language=language, enabled=enabled, entries=entries
    )


def selected(*tracks: MadeTrack) -> Selection:
    chunks = [Chunk(number, len(each.sizes)) for number, each in enumerate(tracks) if each.sizes]
    return select(make_movie(tracks, chunks).movie)


def names(*tracks: MadeTrack) -> list[tuple[str, int]]:
    return [(each.name, each.track.track_id) for each in selected(*tracks).tracks]


def test_the_video_comes_first_whatever_the_archive_s_order() -> None:
    assert names(track(), track("vide"), track()) == [("video", 2), ("audio", 1), ("audio-2", 3)]


def test_names_hold_languages_as_most_archives_spell_them() -> None:
    audios = [track(language=each) for each in ("en", "fr", "en", "und", "pt-BR", "x-klingon")]
    assert [name for name, _ in names(track("vide"), *audios)] == [
        "video", "audio-eng", "audio-fra", "audio-eng-2", "audio", "audio-por", "audio-x-klingon",
    ]  # fmt: skip


def test_enabled_tracks_come_before_disabled_ones() -> None:
    assert names(track("vide", enabled=False), track("vide")) == [("video", 2)]
    audios = [track(language="en", enabled=False), track(language="fr")]
    assert names(*audios) == [("audio-fra", 2), ("audio-eng", 1)]


def test_what_more_players_play_comes_first() -> None:
    ac3, aac = track("soun", AC3_ENTRY, language="en"), track(language="fr")
    assert names(track("vide"), ac3, aac) == [("video", 1), ("audio-fra", 3), ("audio-eng", 2)]


def test_other_videos_are_passed_over_with_a_note() -> None:
    found = selected(track("vide"), track("vide"))
    assert [each.name for each in found.tracks] == ["video"]
    assert found.notes == ("track 2 passed over: another video is served",)


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (track("tmcd"), "(tmcd) passed over: its handler is 'tmcd', neither video nor audio"),
        (MadeTrack([], [], "soun"), "(soun) passed over: it has no samples"),
        (track("soun", UNSERVED_AUDIO), "(soun) passed over: "),
        (track("vide", UNSERVED_VIDEO), "(vide) passed over: "),  # one picture is a cover
    ],
)
def test_what_cannot_be_served_is_passed_over_with_a_note(other: MadeTrack, reason: str) -> None:
    found = selected(track(), other)
    assert [each.name for each in found.tracks] == ["audio"]
    (note,) = found.notes
    assert note.startswith(f"track 2 {reason}")


def test_moving_pictures_are_not_left_out_in_silence() -> None:
    with pytest.raises(Unsupported, match=r"^track 2 \(vide\): .*; convert it to H.264 and AAC"):
        selected(track(), track("vide", UNSERVED_VIDEO, samples=2))
    beyond = MadeTrack([10] * 2, [40] * 2, "vide", edits=(Edit(0, 9999),))
    with pytest.raises(Unsupported, match=r"^track 2 \(vide\): its edit list shows nothing .*; take it out"):
        selected(track(), beyond)


def test_nothing_to_serve_is_refused_with_the_reasons() -> None:
    with pytest.raises(Unsupported, match=r"no track can be served; track 2 \(soun\).*; track 1 \(text\).*"):
        selected(track("text"), track("soun", UNSERVED_AUDIO))
    with pytest.raises(Unsupported, match="subtitles alone are not served; put the subtitles beside"):
        selected(track("text"), track("subt"))
    with pytest.raises(Unsupported, match="has no track with samples; record or export it again"):
        selected()


def test_a_broken_sample_entry_refuses_the_archive() -> None:
    with pytest.raises(Malformed, match="avcC"):
        selected(track(), track("vide", BROKEN_ENTRY))


def test_sound_that_is_counted_in_bytes_is_passed_over() -> None:
    """What a sample is, their tables do not say."""
    found = selected(track("vide"), MadeTrack([1] * 999, [1] * 999, "soun"))
    assert [each.name for each in found.tracks] == ["video"]
    assert found.notes == ("track 2 (soun) passed over: its sample table counts bytes of sound, not samples",)


def test_a_broken_track_is_passed_over_where_another_of_its_kind_is_served() -> None:
    found = selected(track("vide", BROKEN_ENTRY), track("vide"), track())
    assert [(each.name, each.track.track_id) for each in found.tracks] == [("video", 2), ("audio", 3)]
    assert "track 1 (vide) passed over: ends after 1 bytes" in found.notes[0]
    made = make_movie([track("vide"), track()], [Chunk(0, 1), Chunk(1, 1)]).movie
    lost = LostTrack("soun", Malformed("has no 'stsc' box", remedy="remux it"))
    assert len(select(replace(made, lost=(lost,))).tracks) == 2
    without_sound = replace(made, lost=(lost,), tracks=made.tracks[:1])
    with pytest.raises(Malformed, match="stsc"):
        select(without_sound)


def test_a_track_that_has_no_single_place_in_time_is_passed_over_where_another_is_served() -> None:
    fast = (Edit(40, 0, 0x2_0000),)
    found = selected(track("vide"), replace(track(language="en"), edits=fast), track(language="fr"))
    assert [each.name for each in found.tracks] == ["video", "audio-fra"]
    assert found.notes[0].startswith("track 2 (soun) passed over: an edit plays at a rate other than 1")
    with pytest.raises(Unplaceable, match="edts/elst of track 2: an edit plays at a rate"):
        selected(track("vide"), replace(track(), edits=fast))


def changing(handler: str, *entries: bytes) -> Selection:
    """Twelve samples, a chunk of three to each entry."""
    made = MadeTrack([10] * 12, [40] * 12, handler, entries=entries)
    other = track("vide", samples=2)
    chunks = [Chunk(0, 3, description=number % len(entries)) for number in range(4)]
    if handler == "vide":
        return select(make_movie([made], chunks).movie)
    return select(make_movie([made, other], [*chunks, Chunk(1, 2)]).movie)


def test_changes_of_format_are_kept() -> None:
    (video,) = changing("vide", AVC_ENTRY, OTHER_AVC_ENTRY).tracks
    assert video.changes == (Change(0, 0), Change(3, 1), Change(6, 0), Change(9, 1))
    assert len(video.formats) == 2


def test_formats_that_are_the_same_in_effect_are_one() -> None:
    with_a_rate = box("avc1", AVC_ENTRY[8:], box("btrt", bytes(12)))
    (video,) = changing("vide", AVC_ENTRY, with_a_rate).tracks
    assert video.changes == (Change(0, 0),)
    assert len(video.formats) == 1


def test_sound_whose_format_changes_beside_video_is_passed_over() -> None:
    found = changing("soun", AAC_ENTRY, MONO_ENTRY)
    assert [each.name for each in found.tracks] == ["video"]
    assert found.notes == ("track 1 passed over: its format changes on the way",)


def test_frames_of_pcm_are_put_together_chunk_by_chunk() -> None:
    pcm = MadeTrack([4] * 5100, [1] * 5100, "soun", entries=(sound("sowt"),), timescale=48_000)
    made = make_movie([pcm], [Chunk(0, 1024), Chunk(0, 2100, 8), Chunk(0, 1976, 8)])
    (served,) = select(made.movie).tracks
    samples = served.track.samples
    assert list(samples.duration_ticks) == [1024, 1024, 1024, 52, 1024, 952]  # type: ignore[arg-type]
    assert list(samples.chunk_samples) == [1, 3, 2]
    assert b"".join(made.sample_bytes(served.track)) == b"".join(made.sample_bytes(made.movie.tracks[0]))
    (fragments,) = select(replace(made.movie, fragmented=True)).tracks
    assert fragments.track.samples.count == 5100  # whose writer chose


def test_frames_of_pcm_with_other_flags_are_put_together_those_out_of_order_are_not() -> None:
    """Found by the fuzzer: a sync sample table in a track of PCM."""
    frames = {"sizes": [4] * 2048, "durations": [1] * 2048, "handler": "soun", "entries": (sound("sowt"),)}
    first_is_sync = MadeTrack(**frames, sync=[True] + [False] * 2047)  # type: ignore[arg-type]
    (served,) = selected(first_is_sync).tracks
    assert (served.track.samples.count, served.track.samples.flags) == (2, SYNC_FLAGS)
    out_of_order = MadeTrack(**frames, compositions=[1, 0] * 1024)  # type: ignore[arg-type]
    (served,) = selected(out_of_order).tracks
    assert served.track.samples.count == 2048


def test_sound_of_a_codec_that_is_not_served_is_refused_by_its_name() -> None:
    ulaw = MadeTrack([1] * 300, [1] * 300, "soun", entries=(sound("ulaw"),))
    with pytest.raises(Unsupported, match="µ-law"):
        selected(ulaw)
