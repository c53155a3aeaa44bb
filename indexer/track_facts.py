"""What an index tells of a track, over all of its sample descriptions."""

from __future__ import annotations

from collections import Counter
from itertools import accumulate

from app.idx.header import FormatFacts, TrackFacts
from indexer.codecs.media_format import MediaFormat
from indexer.labels import label_of_sound, roles_of_sound, said_of_sound
from indexer.segmentation import PlacedTrack
from indexer.select import ServedTrack
from indexer.track import Samples, Track

VIDEO_RANGES = ("", "SDR", "HLG", "PQ")
"""From least to most: a track that mixes them is announced by the highest (RFC 8216bis §4.4.6.2)."""


def track_facts(served: ServedTrack, placed: PlacedTrack) -> TrackFacts:
    """The facts of a track and, where it changes, of each of its formats."""
    track, samples = served.track, served.track.samples
    formats = tuple(_format_facts(track, each) for each in served.formats)
    first, is_video = formats[0], served.format.kind == "video"
    largest = max(formats, key=lambda each: each.width * each.height)
    fullest = max(formats, key=lambda each: each.channels)
    size = samples.size_bytes
    roles = track.kind_roles if is_video else roles_of_sound(track.kind_roles, track.title)
    return TrackFacts(
        name=served.name,
        kind=served.format.kind,
        source_track_id=track.track_id,
        codec=first.codec,
        codec_name=first.codec_name,
        supplemental_codec=first.supplemental_codec,
        timescale=track.timescale,
        duration_ticks=placed.decode_ticks[-1] - placed.decode_ticks[0],
        sample_count=samples.count,
        size_bytes=size if isinstance(size, int) else None,
        byte_count=samples.byte_count,
        language=track.language,
        title=track.title,
        label=track.title if is_video else label_of_sound(track.title, track.language),
        said="" if is_video else said_of_sound(track.title, track.language, roles),
        roles=roles,
        default=track.enabled,
        width=largest.width,
        height=largest.height,
        frame_rate_milli=_rate_milli(samples, track.timescale) if is_video else 0,
        video_range=max((each.video_range for each in formats), key=VIDEO_RANGES.index),
        colour=first.colour,
        channels=fullest.channels,
        hls_channels=fullest.hls_channels,
        sample_rate_hz=max(each.sample_rate_hz for each in formats),
        expected_players=_players(served.formats),
        media_time_ticks=placed.placement.media_time_ticks,
        formats=formats if len(formats) > 1 else (),
    )


def _format_facts(track: Track, described: MediaFormat) -> FormatFacts:
    turned = described.kind == "video" and track.matrix[0] == 0 and track.matrix[4] == 0
    width, height = described.display_width, described.display_height
    points = described.colour
    return FormatFacts(
        codec=described.codecs,
        codec_name=described.name,
        supplemental_codec=described.supplemental_codecs,
        width=height if turned else width,
        height=width if turned else height,
        video_range=described.video_range,
        colour=(points.primaries, points.transfer, points.matrix) if points else (),
        channels=described.channels,
        hls_channels=described.hls_channels,
        sample_rate_hz=described.sample_rate_hz,
    )


def _players(formats: tuple[MediaFormat, ...]) -> tuple[str, ...]:
    """Those that can be expected to play every format."""
    first, *others = (each.players for each in formats)
    return tuple(player for player in first if all(player in each for each in others))


def _rate_milli(samples: Samples, timescale: int) -> int:
    """That of the frames which last no more than half as long again as the median: HLS tells the highest rate
    (RFC 8216bis §4.4.6.2), which those that are held do not lower. Ticks may be rounded, so it is a mean.
    """
    durations = samples.duration_ticks
    if isinstance(durations, int):
        return round(1000 * timescale / durations) if durations else 0
    counts = sorted(Counter(durations).items())
    ends = accumulate(count for _, count in counts)
    median = next(lasts for (lasts, _), end in zip(counts, ends, strict=True) if 2 * end >= samples.count)
    usual = [(lasts, count) for lasts, count in counts if 2 * lasts <= 3 * median]
    ticks = sum(lasts * count for lasts, count in usual)
    return round(1000 * timescale * sum(count for _, count in usual) / ticks) if ticks else 0
