"""Edit lists ─▶ where a track's samples stand on the presentation timeline.

The served timeline is the archive's own: sample times, A/V offset and priming as its edit lists have
them (ISO/IEC 14496-12 §8.6.5–6). What an init segment and `tfdt` can express is one offset a track, so
that is what an edit list must come down to: any empty edits, then media without a cut. A `Placement`
holds that offset: presentation time = decode time + `decode_shift_ticks` + composition offset
- `media_time_ticks`, all ticks of the track.

Composition offsets are served from 0 up, the difference made up by the other two, so that the sum stays
exact. Negative ones of a fragmented archive are passed on: readers differ on those, and so each makes of the
stream what it makes of the archive.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice, pairwise
from typing import NamedTuple

from indexer.errors import Unplaceable
from indexer.track import EMPTY, Edit, Movie, Samples, Track, entries_of

WRITE_THE_CUT_OUT = "write the cut out, e.g. ffmpeg -i IN -c copy OUT.mp4 after trimming, and index that"
NORMAL_RATE = 0x0001_0000


class Placement(NamedTuple):
    """One track on the timeline. At most one of `decode_shift_ticks` and `media_time_ticks` is needed."""

    decode_shift_ticks: int  # added to every decode time: `tfdt`
    media_time_ticks: int  # `elst` of the init segment; 0: no edit list
    composition_shift_ticks: int  # added to every composition offset

    def presentation_ticks(self, decode_ticks: int, composition_ticks: int) -> int:
        """Where a sample is shown; both arguments as the archive has them."""
        return decode_ticks + composition_ticks + self.composition_shift_ticks + self.offset_ticks

    @property
    def offset_ticks(self) -> int:
        return self.decode_shift_ticks - self.media_time_ticks


def place(movie: Movie, track: Track) -> Placement:
    """Raises `Unplaceable` for an edit list that is more than one offset."""
    empty_movie_ticks, media_time_ticks = one_edit(movie, track)
    offsets = track.samples.composition_ticks
    lowest = offsets if isinstance(offsets, int) else min(offsets, default=0)
    if track.edits and track.handler == "vide" and not movie.fragmented:
        media_time_ticks = _first_shown_ticks(track.samples, media_time_ticks, lowest)
    delay_ticks = rescale(empty_movie_ticks, movie.timescale, track.timescale) - media_time_ticks
    if movie.fragmented and not isinstance(offsets, int):
        lowest = max(lowest, 0)
    offset_ticks = delay_ticks + lowest
    return Placement(max(offset_ticks, 0), max(-offset_ticks, 0), -lowest)


def rescale(ticks: int, from_timescale: int, to_timescale: int) -> int:
    """`ticks` in another timescale, to the nearest, halves up."""
    return (2 * ticks * to_timescale + from_timescale) // (2 * from_timescale)


def _first_shown_ticks(samples: Samples, media_time_ticks: int, lowest: int) -> int:
    """The media time of the first frame at or after the start of an edit; that start where there is none.
    No composition offset is below `lowest`.

    An edit that begins in the middle of a frame, or ahead of the first one, would begin with a blank of
    less than a frame or so. Players built on ffmpeg begin it with its first frame, and so do we.
    """
    offsets, duration = samples.composition_ticks, samples.duration_ticks
    if isinstance(offsets, int) and isinstance(duration, int):
        shown = samples.first_decode_ticks + offsets
        passed = -(-max(0, media_time_ticks - shown) // duration) if duration else 0
        shown += passed * duration
        return shown if passed < samples.count and shown >= media_time_ticks else media_time_ticks
    first: int | None = None
    decode_ticks = samples.first_decode_ticks
    for duration, offset in islice(
        zip(entries_of(samples.duration_ticks), entries_of(offsets), strict=False), samples.count
    ):
        if first is not None and decode_ticks + lowest >= first:
            break
        shown = decode_ticks + offset
        if shown >= media_time_ticks and (first is None or shown < first):
            first = shown
        decode_ticks += duration
    return media_time_ticks if first is None else first


def one_edit(movie: Movie, track: Track) -> tuple[int, int]:
    """What the edit list comes down to: a delay in movie ticks, the first media time in track ticks."""
    edits = list(track.edits)
    delay_movie_ticks = 0
    while edits and edits[0].media_time_ticks == EMPTY:
        delay_movie_ticks += edits.pop(0).duration_movie_ticks
    while edits and edits[-1].media_time_ticks == EMPTY:
        edits.pop()
    if not edits:
        return delay_movie_ticks, 0
    if any(edit.rate_16_16 != NORMAL_RATE for edit in edits):
        raise refusal(track, "an edit plays at a rate other than 1")
    _check_uncut(movie, track, edits)
    return delay_movie_ticks, edits[0].media_time_ticks


def _check_uncut(movie: Movie, track: Track, edits: Sequence[Edit]) -> None:
    """Several edits are one where each goes on where the one before ended, to a tick of the coarser scale."""
    tolerance = tolerance_ticks(movie, track)
    for edit, following in pairwise(edits):
        if following.media_time_ticks == EMPTY:
            raise refusal(track, "an empty edit stands between two others")
        end = edit.media_time_ticks + rescale(edit.duration_movie_ticks, movie.timescale, track.timescale)
        if abs(following.media_time_ticks - end) > tolerance:
            jump = f"an edit ends at tick {end} and the next begins at {following.media_time_ticks}"
            raise refusal(track, jump)


def tolerance_ticks(movie: Movie, track: Track) -> int:
    """What edits may be off by: a tick of the coarser scale."""
    return max(1, -(-track.timescale // movie.timescale))


def refusal(track: Track, what: str) -> Unplaceable:
    return Unplaceable(
        f"{what}, so its samples have no single place in time",
        remedy=WRITE_THE_CUT_OUT,
        where=f"edts/elst of track {track.track_id}",
    )
