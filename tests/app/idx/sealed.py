"""An `.idx` put together from the description at the top of `app.idx.layout`, not by the writer."""

from __future__ import annotations

import struct
from array import array
from typing import Any

import msgpack
from blake3 import blake3

PROLOGUE_BYTES, DIGEST_BYTES = 24, 32

Columns = dict[str, "array[int]"]

FORMAT = {
    "codec": "avc1.640028", "codec_name": "H.264", "supplemental_codec": "", "width": 640, "height": 360,
    "video_range": "SDR", "colour": [1, 1, 1], "channels": 0, "hls_channels": "", "sample_rate_hz": 0,
}  # fmt: skip
TRACK = {
    "name": "video", "kind": "video", "source_track_id": 1, "codec": "avc1.640028", "codec_name": "H.264",
    "supplemental_codec": "", "timescale": 1000, "duration_ticks": 4000, "sample_count": 4,
    "size_bytes": None, "byte_count": 100, "language": "und", "title": "", "label": "", "said": "",
    "roles": [], "default": True, "width": 640, "height": 360, "frame_rate_milli": 1000, "video_range": "SDR",
    "colour": [], "channels": 0, "hls_channels": "", "sample_rate_hz": 0, "expected_players": [],
    "media_time_ticks": 0, "formats": [FORMAT],
}  # fmt: skip
VIEW = {
    "name": "muxed", "tracks": [0], "inits": [b"init"], "styp": b"styp", "merge_bytes": 0,
    "independent": True, "peak_bps": 0, "average_bps": 0, "range_count": 2, "slop_bytes": 0, "head_bytes": 0,
}  # fmt: skip
TEXT = {
    "name": "text-eng", "codec_name": "SubRip", "source_track_id": 0, "file": "a.eng.srt", "language": "en",
    "title": "", "label": "English", "said": "", "roles": [], "forced": False, "hearing_impaired": True,
    "cue_count": 2, "codec": "", "init": b"", "peak_bps": 0, "average_bps": 0,
}  # fmt: skip
HEADER = {
    "generator": "tests",
    "source": {"name": "a.mp4", "size": 200, "mtime_ns": 1, "fingerprint": "00", "fingerprint_kind": "fast"},
    "timescale": 1000, "segment_count": 2, "segment_duration_ms": 6000, "slop": 0.01, "title": "",
    "tracks": [TRACK], "views": [VIEW], "texts": [TEXT],
    "subtitle_files": [{"name": "a.eng.srt", "size": 10, "mtime_ns": 1}],
    "iframes": {"peak_bps": 0, "average_bps": 0},
    "chapters": [{"start_ms": 0, "title": "one"}], "notes": ["a note"],
    "sidecar": {"size": 100, "mtime_ns": 1, "fingerprint": "00"}, "storyboard": None,
    "storyboard_refusal": "",
}  # fmt: skip
COLUMNS: Columns = {
    "segment.time": array("H", [0, 2000, 4000]),
    "segment.run": array("B", [0, 1, 4]),
    "segment.long_run": array("B", [0, 0, 1]),
    "segment.offset": array("B", [28, 78]),
    "run.code": array("B", [0, 1, 2, 1]),
    "run.long_extent": array("B", [5]),
    "run_kind.track": array("B", [0, 0, 255]),
    "run_kind.extent": array("B", [2, 1, 0]),
    "track.0.first_sample": array("B", [0, 2, 4]),
    "track.0.decode_time": array("H", [0, 2000]),
    "track.0.size": array("B", [20, 30, 25, 25]),
    "track.0.kind": array("B", [0, 1, 0, 1]),
    "track.0.kind_duration": array("H", [1000, 1000]),
    "track.0.kind_flags": array("I", [0x0200_0000, 0x0101_0000]),
    "track.0.kind_composition": array("B", [0, 0]),
    "view.0.bytes": array("H", [300, 301]),
    "text.0.start": array("H", [0, 1500]),
    "text.0.end": array("H", [1000, 2500]),
    "text.0.offset": array("B", [0, 6, 17]),
    "text.0.content": array("B", b"\nHello line:0\nYou"),
    "text.0.first": array("B", [0, 2, 3]),
    "text.0.cue": array("B", [0, 1, 1]),
}


def sealed(
    header: Any, columns: Columns = COLUMNS, *, magic: bytes = b"\x89VSI\r\n\x1a\n", version: int = 2
) -> bytes:
    """An `.idx` whose checksum holds, whatever is in it. A header that is a map is told where columns are."""
    places, body, at = {}, b"", 4096
    for name, column in columns.items():
        places[name] = [at + len(body), column.typecode, len(column)]
        body += column.tobytes() + bytes(-len(column.tobytes()) % 8)
    packed = msgpack.packb({"columns": places, **header} if isinstance(header, dict) else header)
    total = at + len(body) + DIGEST_BYTES
    prologue = struct.pack("<8sIIQ", magic, version, len(packed), total)
    return with_digest((prologue + packed).ljust(at, b"\0") + body)


def with_digest(content: bytes) -> bytes:
    return content + blake3(content).digest()
