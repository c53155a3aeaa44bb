"""I-frames: fragments of one sync sample each, for playlists of I-frames only (RFC 8216bis §4.4.3.6).

A fragment holds the sample as its segment does, with the same flags, decode time and composition offset.
Only its duration is another: until the next I-frame, as the playlist says, so that fragments follow one
another without a gap, which players that scrub by Media Source Extensions need.
"""

from __future__ import annotations

from app.cmaf import fragment
from app.cmaf.arrange import ByteRange
from app.cmaf.segments import SEGMENT_TYPES
from app.idx.planes import WORD_MASK, planes_of_words
from app.idx.view import Idx, IFrames
from app.plan import FileIdentity, Plan, lasting_plan, one_range

VIDEO = 0
"""The track: where there is a video, it is the first."""


def iframes_of(idx: Idx, view_number: int) -> IFrames | None:
    """The I-frames of a view, which only that of the video alone has."""
    is_video_alone = idx.view(view_number).name == idx.tracks[VIDEO].facts.name
    return idx.iframes if is_video_alone else None


def count_iframes(idx: Idx, view_number: int) -> int:
    iframes = iframes_of(idx, view_number)
    return len(iframes.sample) if iframes else 0


def plan_iframe(idx: Idx, view_number: int, number: int, archive: FileIdentity) -> Plan:
    """I-frame `number` of the index, from 0."""
    head, (offset, length) = iframe_parts(idx, view_number, number)
    pieces = (head, one_range(archive, offset, length))
    return lasting_plan(
        SEGMENT_TYPES["video"], f"{idx.version}-iframe-{number}", archive, pieces, (idx.identity,)
    )


def iframe_parts(idx: Idx, view_number: int, number: int) -> tuple[bytes, ByteRange]:
    """The bytes before the sample, and where it lies. Raises `IndexError` for a number too high."""
    rows, iframes = idx.tracks[VIDEO], idx.iframes
    if iframes is None:
        raise IndexError("no I-frames")
    sample, offset = iframes.sample[number], iframes.offset[number]
    size = rows.size_of(sample)
    kind = rows.kind[sample] if rows.kind is not None else 0
    tfhd = fragment.tfhd(
        rows.track_id,
        iframes.time[number + 1] - iframes.time[number],
        size,
        rows.kind_flags[kind],
        empty=False,
    )
    bits = fragment.SAMPLE_COMPOSITION
    payload_at = fragment.PAYLOAD_AT + fragment.traf_bytes(tfhd, 1, 1, bits)
    composition = planes_of_words([rows.kind_composition[kind] & WORD_MASK])
    truns = fragment.truns((1,), [payload_at], bits, [composition])
    traf = fragment.traf(tfhd, rows.decode_time_of(sample), truns)
    moof = fragment.moof(number + 1, [traf])
    return b"".join((idx.view(view_number).styp, moof, fragment.mdat_header(size))), (offset, size)
