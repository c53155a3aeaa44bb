"""The archives of the goldens: one kind of trouble each, every sample laid out by hand."""

from __future__ import annotations

from collections.abc import Callable

from indexer.track import Edit
from tests.indexer.subtitles.made_text import film_with, styl, tbox, tx3g, tx3g_entry
from tests.media.made_movie import (
    AVC_ENTRY,
    OTHER_AVC_ENTRY,
    Chunk,
    MadeMovie,
    MadeTrack,
    interleaved,
    make_movie,
)

BIPBP = (1024, 2560, 0, 512, 1024)
"""Composition offsets of an open pyramid in ticks of 512: I and P frames wait for B-frames."""


def frames(count: int, gop: int, *, timescale: int = 12_800, duration: int = 512) -> MadeTrack:
    """25 frames a second with B-frames and an edit list that takes their delay back, as ffmpeg writes."""
    return MadeTrack(
        sizes=[900 if number % gop == 0 else 200 + 7 * (number % 5) for number in range(count)],
        durations=[duration] * count,
        timescale=timescale,
        compositions=[BIPBP[number % 5] * duration // 512 for number in range(count)],
        sync=[number % gop == 0 for number in range(count)],
        edits=(Edit(count * 40, 2 * duration),),
    )


def sound(count: int, *, edits: tuple[Edit, ...] = (), language: str = "und", title: str = "") -> MadeTrack:
    """48 kHz AAC: 1024 samples a frame, the last one short."""
    return MadeTrack(
        sizes=[60 + number * 13 % 17 for number in range(count)],
        durations=[1024] * (count - 1) + [500],
        handler="soun",
        timescale=48_000,
        edits=edits,
        language=language,
        title=title,
    )


def film() -> MadeMovie:
    """Twelve seconds as ffmpeg muxes them: B-frames, priming skipped by an edit list, half-second chunks."""
    tracks = [frames(300, 50), sound(563, edits=(Edit(12_000, 1024),))]
    return make_movie(tracks, interleaved(tracks))


def two_languages() -> MadeMovie:
    """A film with a second language and a few foreign bytes between chunks, which are cheaper sent."""
    tracks = [
        frames(150, 50),
        sound(282, language="eng"),
        sound(282, language="fra", title="Commentaire"),
    ]
    chunks = [Chunk(chunk.track, chunk.samples, 3) for chunk in interleaved(tracks, 1.0)]
    return make_movie(tracks, chunks, title="Two languages")


def late_sound() -> MadeMovie:
    """Video from 3 s on with one keyframe in 20 s; sound from the start that goes on for 12 s after it."""
    video = frames(500, 500)
    late = MadeTrack(
        video.sizes, video.durations, timescale=video.timescale, compositions=video.compositions,
        sync=video.sync, edits=(Edit(3000, -1), Edit(20_000, 1024)),
    )  # fmt: skip
    tracks = [late, sound(1640)]
    return make_movie(tracks, interleaved(tracks, 2.0))


def sound_alone() -> MadeMovie:
    """Frames of one size, as a constant bit rate gives them, in one chunk."""
    return make_movie(
        [MadeTrack([384] * 500, [1152] * 500, "soun", timescale=44_100, language="deu")], [Chunk(0, 500)]
    )


def edited() -> MadeMovie:
    """Joined from two encodes: parameters change at 6 s, and the second half lies ahead of the first."""
    video = MadeTrack(
        sizes=[500] * 300,
        durations=[40] * 300,
        sync=[number % 25 == 0 for number in range(300)],
        entries=(AVC_ENTRY, OTHER_AVC_ENTRY),
    )
    chunks = [Chunk(0, 25, 10, description=int(number >= 6)) for number in range(12)]
    return make_movie([video], chunks, file_order=[*range(6, 12), *range(6)])


def subtitled() -> MadeMovie:
    """Subtitles in the archive, with styles and a place, that span its segments; others lie beside it."""
    samples = [
        tx3g(""),
        tx3g("Said <once> & for all", styl((5, 11, 2))),
        tx3g("Up\nthere", tbox(0, 20)),
        tx3g("On", tbox(30, 48)),
    ]
    words = MadeTrack([], [1500, 6000, 500, 60_000], "sbtl", language="eng", entries=(tx3g_entry(),))
    return film_with(words, samples)


BESIDE: dict[str, dict[str, str]] = {
    "subtitled": {
        "subtitled.de.forced.srt": "1\n00:00:05,500 --> 00:00:06,250\n{\\an8}<b>AUSGANG</b>\n",
        "subtitled.vtt": "WEBVTT\n\nNOTE mine\n\n00:19.000 --> 00:25.000 align:left\n<v Ann>The end\n",
        "subtitled.fra.ass": "[Script Info]\n",
    }
}
"""Files of subtitles beside an archive."""

ARCHIVES: dict[str, Callable[[], MadeMovie]] = {
    "film": film,
    "two_languages": two_languages,
    "late_sound": late_sound,
    "sound_alone": sound_alone,
    "edited": edited,
    "subtitled": subtitled,
}
