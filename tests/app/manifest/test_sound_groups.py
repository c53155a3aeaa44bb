"""Groups of sounds in the multivariant playlist: by codec and channels, and which sounds are one choice."""

from __future__ import annotations

from dataclasses import replace

import m3u8

from app.idx.view import Idx
from app.manifest.multivariant import plan_multivariant
from app.manifest.presentation import of_archive
from tests.app.manifest.test_multivariant import ac3, audio, index, text, video
from tests.indexer.built import ARCHIVE, built
from tests.media.made_movie import AAC_ENTRY, AC3_ENTRY, Chunk, make_movie


def groups(idx: Idx) -> dict[str, list[tuple[str, str]]]:
    """CODECS of the sound of each variant, and names and folders of what it offers."""
    read = m3u8.loads(text(idx))
    offered: dict[str, list[tuple[str, str]]] = {}
    for variant in read.playlists:
        codecs = variant.stream_info.codecs.removeprefix("avc1.64000a,")
        members = [each for each in read.media if each.group_id == variant.stream_info.audio]
        offered[codecs] = [(each.name, each.uri.partition("/")[0]) for each in members]
    return offered


def test_each_codec_of_sound_is_a_group_and_a_variant() -> None:
    """A group of two codecs would be played by those alone who play both."""
    assert groups(index(video(), audio("en"), ac3("en"), audio("fr"), ac3("de"))) == {
        "mp4a.40.2": [("English", "audio-eng"), ("Français", "audio-fra")],
        "ac-3": [("English", "audio-eng-2"), ("Deutsch", "audio-deu")],
    }


def test_groups_of_one_kind_of_codec_have_the_same_members() -> None:
    idx = index(video(), audio("en"), audio("en"), audio("fr"))
    picture, sound, surround, dub = idx.tracks
    surround = replace(surround, facts=replace(surround.facts, hls_channels="6"))
    dub = replace(dub, facts=replace(dub.facts, codec="mp4a.40.5"))
    read = m3u8.loads(text(replace(idx, tracks=(picture, sound, surround, dub))))
    assert [(each.group_id, each.name, each.channels) for each in read.media] == [
        ("mp4a.40.2-2ch", "English", "2"), ("mp4a.40.2-2ch", "Français", "2"),
        ("mp4a.40.2-6ch", "English", "6"), ("mp4a.40.2-6ch", "Français", "2"),
    ]  # fmt: skip
    assert [each.stream_info.audio for each in read.playlists] == ["mp4a.40.2-2ch", "mp4a.40.2-6ch"]
    assert {each.stream_info.codecs for each in read.playlists} == {"avc1.64000a,mp4a.40.2,mp4a.40.5"}


def test_a_group_with_nothing_of_its_own_is_left_out() -> None:
    """As of a film in 5.1 and its dub in stereo: both are in either group."""
    idx = index(video(), audio("en"), audio("fr"), ac3("en"), ac3("fr"))
    surround = [replace(each, facts=replace(each.facts, hls_channels="6")) for each in idx.tracks]
    tracks = (idx.tracks[0], surround[1], idx.tracks[2], surround[3], idx.tracks[4])
    read = m3u8.loads(text(replace(idx, tracks=tracks)))
    assert [(each.group_id, each.name, each.channels) for each in read.media] == [
        ("mp4a.40.2-6ch", "English", "6"), ("mp4a.40.2-6ch", "Français", "2"),
        ("ac-3-6ch", "English", "6"), ("ac-3-6ch", "Français", "2"),
    ]  # fmt: skip
    assert [each.stream_info.audio for each in read.playlists] == ["mp4a.40.2-6ch", "ac-3-6ch"]


def test_a_profile_that_fewer_players_play_is_lent_to_nobody() -> None:
    idx = index(video(), audio("en"), audio("fr"))
    picture, sound, dub = idx.tracks
    dub = replace(dub, facts=replace(dub.facts, codec="mp4a.40.42", expected_players=("Safari",)))
    assert groups(replace(idx, tracks=(picture, sound, dub))) == {
        "mp4a.40.2": [("English", "audio-eng")],
        "mp4a.40.42": [("Français", "audio-fra")],
    }


def test_a_sound_that_changes_its_codec_displaces_no_other() -> None:
    changing = audio("en", "", AAC_ENTRY, AC3_ENTRY)
    chunks = [Chunk(0, 10), Chunk(0, 10, description=1), Chunk(1, 20), Chunk(2, 20)]
    idx = built(make_movie([changing, audio("fr"), audio("de")], chunks))
    dub = replace(idx.tracks[2], facts=replace(idx.tracks[2].facts, codec="mp4a.40.42"))
    dub = replace(dub, facts=replace(dub.facts, expected_players=idx.tracks[0].facts.expected_players))
    idx = replace(idx, tracks=(*idx.tracks[:2], dub))
    (content,) = plan_multivariant(of_archive(idx, ARCHIVE)).pieces
    assert isinstance(content, bytes)
    read = m3u8.loads(content.decode())
    assert [(each.group_id, each.name) for each in read.media] == [
        ("mp4a.40.2-ac-3-2ch", "English"), ("mp4a.40.2-2ch", "Français"),
        ("mp4a.40.42-2ch", "Deutsch"),
    ]  # fmt: skip
    codecs = [each.stream_info.codecs for each in read.playlists]
    assert codecs == ["mp4a.40.2,ac-3", "mp4a.40.2", "mp4a.40.42"]


def test_titles_that_tell_of_the_coding_are_of_one_choice() -> None:
    idx = index(video(), audio("en", "Stereo"), ac3("en", "Surround 5.1"), ac3("en", "Commentary"))
    assert groups(idx) == {
        "mp4a.40.2": [("Stereo / Surround 5.1", "audio-eng")],
        "ac-3": [("Stereo / Surround 5.1", "audio-eng-2"), ("Commentary", "audio-eng-3")],
    }


def test_a_title_that_names_the_language_is_of_the_choice_without_one() -> None:
    idx = index(video(), audio("en"), audio("en", "English 5.1"))
    surround = replace(idx.tracks[2], facts=replace(idx.tracks[2].facts, hls_channels="6"))
    read = m3u8.loads(text(replace(idx, tracks=(*idx.tracks[:2], surround))))
    assert [(each.group_id, each.name, each.channels) for each in read.media] == [
        ("mp4a.40.2-2ch", "English / English 5.1", "2"), ("mp4a.40.2-6ch", "English / English 5.1", "6"),
    ]  # fmt: skip


def test_titles_that_may_tell_of_something_else_are_not() -> None:
    assert groups(index(video(), audio("en", "Regie"), ac3("en", "Surround"))) == {
        "mp4a.40.2": [("Regie", "audio-eng")],
        "ac-3": [("Surround", "audio-eng-2")],
    }


def test_a_choice_is_the_same_in_every_group_that_has_it() -> None:
    """Where a group has fewer, they are called, and may be chosen, as where there are more."""
    read = m3u8.loads(text(index(video(), audio("en"), audio("en", "Regie"), ac3("en", "Regie"), ac3("de"))))
    assert [(each.group_id, each.name, each.default, each.autoselect) for each in read.media] == [
        ("mp4a.40.2-2ch", "English", "YES", "YES"), ("mp4a.40.2-2ch", "Regie", "NO", "NO"),
        ("ac-3-2ch", "Regie", "NO", "NO"), ("ac-3-2ch", "Deutsch", "NO", "YES"),
    ]  # fmt: skip
