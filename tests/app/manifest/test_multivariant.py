"""The multivariant playlist, read back by a playlist library and by plain rules."""

from __future__ import annotations

import m3u8

from app.idx.view import Idx
from app.manifest.multivariant import plan_multivariant
from app.plan import Piece
from tests.indexer.built import NO_FILE, built
from tests.media.made_movie import AAC_ENTRY, AVC_ENTRY, MadeTrack, interleaved, make_movie


def _video(seconds: int = 12) -> MadeTrack:
    frames = seconds * 10
    sizes = [5000 if number % 10 == 0 else 500 for number in range(frames)]
    sync = [number % 10 == 0 for number in range(frames)]
    return MadeTrack(sizes, [100] * frames, sync=sync, entries=(AVC_ENTRY,))


def _audio(language: str = "und", title: str = "", seconds: int = 12) -> MadeTrack:
    count = seconds * 10
    return MadeTrack(
        [100] * count, [100] * count, handler="soun", language=language, title=title, entries=(AAC_ENTRY,)
    )


def _idx(*tracks: MadeTrack) -> Idx:
    return built(make_movie(tracks, interleaved(tracks)), segment_ms=2000)


def _text(pieces: tuple[Piece, ...]) -> str:
    return b"".join(piece for piece in pieces if isinstance(piece, bytes)).decode()


def _playlist(idx: Idx) -> m3u8.M3U8:
    return m3u8.loads(_text(plan_multivariant(idx, NO_FILE).pieces))


def test_video_and_languages_are_one_variant_with_a_group() -> None:
    playlist = _playlist(_idx(_video(), _audio("de"), _audio("en")))
    assert playlist.is_variant
    assert playlist.is_independent_segments
    (variant,) = playlist.playlists
    media = playlist.media
    assert [each.language for each in media] == ["de", "en"]
    assert [each.default for each in media] == ["YES", "NO"]
    assert {each.group_id for each in media} == {variant.stream_info.audio}
    assert [each.uri.partition("?")[0] for each in media] == [
        "audio-deu/playlist.m3u8",
        "audio-eng/playlist.m3u8",
    ]
    assert variant.uri.partition("?")[0] == "video/playlist.m3u8"
    assert variant.stream_info.resolution == (64, 48)
    assert variant.stream_info.frame_rate == 10
    assert variant.stream_info.codecs.split(",")[1] == "mp4a.40.2"


def test_rates_are_those_of_the_segments() -> None:
    idx = _idx(_video(), _audio("de"))
    (variant,) = _playlist(idx).playlists
    lengths = {view.name: list(idx.view_bytes[number]) for number, view in enumerate(idx.header.views)}
    seconds = [duration_us / 1e6 for duration_us in idx.durations_us()]
    average = sum(8 * sum(lengths[name]) / sum(seconds) for name in ("video", "audio-deu"))
    assert abs(variant.stream_info.average_bandwidth - average) <= 2
    # Each segment lasts a target duration, so it is a run of its own that the peak has to cover.
    assert seconds == [2.0] * 6
    assert variant.stream_info.bandwidth >= max(
        8 * (video + audio) / 2 for video, audio in zip(lengths["video"], lengths["audio-deu"], strict=True)
    )


def test_names_within_a_group_differ() -> None:
    idx = _idx(_video(), _audio(title="Director"), _audio(title="Director"), _audio())
    names = [each.name for each in _playlist(idx).media]
    assert len(set(names)) == 3
    assert names[:2] == ["Director", "Director 2"]


def test_a_title_cannot_break_out_of_its_attribute() -> None:
    idx = _idx(_video(), _audio(title='a"\n#EXT-X-ENDLIST,URI="x'))
    (media,) = _playlist(idx).media
    assert media.name == "a' #EXT-X-ENDLIST,URI='x"
    assert media.uri.startswith("audio/playlist.m3u8?v=")


def test_sound_alone_is_a_variant_of_its_own() -> None:
    playlist = _playlist(_idx(_audio("fr")))
    (variant,) = playlist.playlists
    assert variant.uri.partition("?")[0] == "audio-fra/playlist.m3u8"
    assert variant.stream_info.resolution is None
    assert variant.stream_info.codecs == "mp4a.40.2"


def test_picture_alone_needs_no_group() -> None:
    playlist = _playlist(_idx(_video()))
    (variant,) = playlist.playlists
    assert variant.stream_info.audio is None
    assert not playlist.media
