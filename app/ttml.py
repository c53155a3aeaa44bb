"""TTML passed through to DASH players: a segment of it, as MP4 (ISO/IEC 14496-30 §5, §7).

What an index holds as a cue is a document here, and lasts as long as its sample in the archive. It is in each
segment that it is shown in, cut to the segment, so that a seek shows it; times inside of documents count from
the start of the track. Where there is none, one without words fills the time. Ticks are the index's.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.cmaf import fragment
from app.idx.cues import TextRows
from app.idx.planes import planes_of_words
from app.idx.plans import made_plan
from app.idx.view import Idx
from app.plan import FileIdentity, Plan

CONTENT_TYPE = "application/mp4"
NO_WORDS = b'<tt xmlns="http://www.w3.org/ns/ttml" xml:lang=""><body><div/></body></tt>'
TRACK_ID = 1


def plan_ttml_init(idx: Idx, text: TextRows, _number: int, archive: FileIdentity) -> Plan:
    return made_plan(idx, f"{text.facts.name}-init", CONTENT_TYPE, archive, text.facts.init)


def plan_ttml(idx: Idx, text: TextRows, number: int, archive: FileIdentity) -> Plan:
    """Segment `number`, from 0."""
    durations, documents = zip(*_samples(idx, text, number), strict=True)
    columns = [planes_of_words(durations), planes_of_words(map(len, documents))]
    bits = fragment.SAMPLE_DURATION | fragment.SAMPLE_SIZE
    tfhd = fragment.tfhd(TRACK_ID, None, None, fragment.SYNC_FLAGS, empty=False)
    payload_at = fragment.PAYLOAD_AT + fragment.traf_bytes(tfhd, 1, len(documents), bits)
    truns = fragment.truns((len(documents),), [payload_at], bits, columns)
    moof = fragment.moof(number + 1, [fragment.traf(tfhd, idx.segment_time[number], truns)])
    mdat = fragment.mdat_header(sum(map(len, documents)))
    styp = idx.header.views[-1].styp  # of a track alone
    content = b"".join((styp, moof, mdat, *documents))
    return made_plan(idx, f"{text.facts.name}-{number}", CONTENT_TYPE, archive, content)


def _samples(idx: Idx, text: TextRows, number: int) -> Iterator[tuple[int, bytes]]:
    """Duration and document of each sample, which together fill the segment."""
    at, stop = idx.segment_time[number], idx.segment_time[number + 1]
    for cue in text.cue[text.first[number] : text.first[number + 1]]:
        begin, end = _ticks(idx, text.start_ms[cue]), min(_ticks(idx, text.end_ms[cue]), stop)
        if begin > at:
            yield begin - at, NO_WORDS
            at = begin
        if end > at:
            yield end - at, text.content[text.offset[cue] : text.offset[cue + 1]].tobytes()
            at = end
    if at < stop:
        yield stop - at, NO_WORDS


def _ticks(idx: Idx, time_ms: int) -> int:
    return idx.segment_time[0] + time_ms * idx.header.timescale // 1000
