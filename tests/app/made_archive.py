"""Archives for the server's tests: random bytes with an index that calls runs of them samples.

Delivery does not look into media, so bytes that are nothing but recognisable serve better than a real clip:
they are made in a millisecond, and any size and number of ranges can be had.
"""

from __future__ import annotations

import os
import random
from array import array
from dataclasses import dataclass
from pathlib import Path

from app.idx.header import Header, IFrameFacts, SourceFacts, TrackFacts, ViewFacts
from app.idx.layout import HOLE
from app.idx.view import open_idx
from indexer.write import pack_idx

SYNC = 0x0200_0000
TIMESCALE = 1000
SEGMENT_TICKS = 6000


@dataclass(frozen=True, slots=True)
class MadeArchive:
    """Where it is, and what a client should get: the media of each segment without its head."""

    id: str
    path: Path
    index: Path
    media: tuple[bytes, ...]

    @property
    def version(self) -> str:
        return open_idx(str(self.index)).version


def make_archive(
    media_dir: Path,
    index_dir: Path,
    archive_id: str = "film",
    *,
    segments: int = 3,
    ranges: int = 3,
    range_bytes: int = 10_000,
    hole_bytes: int = 100,
    seed: int = 1,
) -> MadeArchive:
    """Each segment is `ranges` samples of `range_bytes`, with holes between them."""
    stride = range_bytes + hole_bytes
    content = random.Random(seed).randbytes(segments * ranges * stride)
    path = media_dir / f"{archive_id}.mp4"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    index = index_dir / f"{archive_id}.idx"
    index.parent.mkdir(parents=True, exist_ok=True)
    write_index(index, path, segments, ranges, range_bytes, hole_bytes)
    starts = [number * stride for number in range(segments * ranges)]
    pieces = [content[start : start + range_bytes] for start in starts]
    media = tuple(b"".join(pieces[ranges * n : ranges * (n + 1)]) for n in range(segments))
    return MadeArchive(archive_id, path, index, media)


def write_index(
    index: Path, archive: Path, segments: int, ranges: int, range_bytes: int, hole_bytes: int
) -> None:
    """An index of one video track whose samples all have one size."""
    stat = archive.stat()
    samples = segments * ranges
    segment_bytes = ranges * (range_bytes + hole_bytes)
    runs_each = 2 * ranges  # a sample, a hole, a sample, …
    header = Header(
        generator="tests",
        source=SourceFacts(archive.name, stat.st_size, stat.st_mtime_ns, "00", "fast"),
        timescale=TIMESCALE,
        segment_count=segments,
        segment_duration_ms=SEGMENT_TICKS,
        slop=0.0,
        title="",
        tracks=(_track(samples, range_bytes, segments * SEGMENT_TICKS),),
        views=(_view(),),
        texts=(),
        subtitle_files=(),
        iframes=IFrameFacts(0, 0),
        chapters=(),
        notes=(),
        columns={},
    )
    columns = {
        "segment.time": array("Q", range(0, (segments + 1) * SEGMENT_TICKS, SEGMENT_TICKS)),
        "segment.run": array("Q", range(0, (segments + 1) * runs_each, runs_each)),
        "segment.long_run": array("Q", range(0, samples + 1, ranges)),
        "segment.offset": array("Q", range(0, segments * segment_bytes, segment_bytes)),
        "run.code": array("B", [0, 1] * samples),
        "run.long_extent": array("q", [hole_bytes] * samples),
        "run_kind.track": array("B", [0, HOLE]),
        "run_kind.extent": array("B", [1, 0]),
        "track.0.first_sample": array("Q", range(0, samples + 1, ranges)),
        "track.0.decode_time": array("Q", range(0, segments * SEGMENT_TICKS, SEGMENT_TICKS)),
        "track.0.kind_duration": array("Q", [SEGMENT_TICKS // ranges]),
        "track.0.kind_flags": array("Q", [SYNC]),
        "track.0.kind_composition": array("Q", [0]),
        "view.0.bytes": array("Q", [0] * segments),
    }
    temporary = index.with_name(".made.tmp")
    temporary.write_bytes(pack_idx(header, columns))
    os.replace(temporary, index)


def _track(samples: int, size: int, duration_ticks: int) -> TrackFacts:
    return TrackFacts(
        name="video",
        kind="video",
        source_track_id=1,
        codec="avc1.640028",
        codec_name="H.264 High@4.0",
        supplemental_codec="",
        timescale=TIMESCALE,
        duration_ticks=duration_ticks,
        sample_count=samples,
        size_bytes=size,
        byte_count=samples * size,
        language="und",
        title="",
        label="",
        said="",
        roles=(),
        default=True,
        width=640,
        height=360,
        frame_rate_milli=25_000,
        video_range="SDR",
        colour=(),
        channels=0,
        hls_channels="",
        sample_rate_hz=0,
        expected_players=(),
    )


def _view() -> ViewFacts:
    return ViewFacts(
        name="muxed",
        tracks=(0,),
        inits=(b"an init segment",),
        styp=b"\0\0\0\x14stypmsdh\0\0\0\0msdh",
        merge_bytes=0,
        independent=True,
        peak_bps=0,
        average_bps=0,
        range_count=0,
        slop_bytes=0,
        head_bytes=0,
    )
