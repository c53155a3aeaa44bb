"""An `.idx` as text: for people, and as the golden format of the tests.

Every line is `key: value` or a row of a table; nothing depends on the machine or the day. Times are
seconds to the microsecond, sizes bytes.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.cmaf.segments import segment_parts
from app.idx.cues import TextRows
from app.idx.header import TextFacts, TrackFacts, ViewFacts
from app.idx.layout import FORMAT, HOLE, VERSION_DIGITS
from app.idx.title import Title
from app.idx.view import Idx
from indexer.lines import counted


def show(idx: Idx, *, rows: bool = True) -> Iterator[str]:
    """Lines that describe `idx`; with `rows`, also a line a segment."""
    header, source = idx.header, idx.header.source
    yield f"format: {FORMAT}"
    yield f"version: {idx.version}"
    yield f"archive: {source.name}, {source.size} bytes"
    yield f"fingerprint: {source.fingerprint} ({source.fingerprint_kind})"
    if header.sidecar:
        yield f"audio sidecar: {header.sidecar.size} bytes, fingerprint {header.sidecar.fingerprint}"
    if header.title:
        yield f"title: {header.title}"
    wanted_s, longest_s = header.segment_duration_ms / 1000, max(idx.durations_us()) / 1e6
    yield f"duration: {sum(idx.durations_us()) / 1e6:.6f} s"
    yield f"segments: {header.segment_count}, {wanted_s:g} s wanted, {longest_s:.6f} s at most"
    for track, facts in enumerate(header.tracks):
        yield from _track(track, facts)
    for number, text in enumerate(header.texts):
        yield from _text(number, text)
    for view in header.views:
        yield from _view(view, header.segment_count)
    yield from _iframes(idx)
    yield f"runs: {len(idx.runs.code)} of {idx.runs.kind_count} kinds, {_holes(idx)} of them holes"
    for chapter in header.chapters:
        yield f"chapter: {chapter.start_ms / 1000:.3f} {chapter.title}"
    for note in header.notes:
        yield f"note: {note}"
    if rows:
        yield from _segments(idx)
        for rows_of_text in idx.texts:
            yield from _cues(rows_of_text)


def show_title(title: Title) -> Iterator[str]:
    """Lines that describe a title: its archives, the best first, with the index of each that was compared."""
    yield f"format: {FORMAT}"
    yield f"version: {title.version}"
    if title.facts.title:
        yield f"title: {title.facts.title}"
    if title.facts.listed_in:
        yield f"listed in: {title.facts.listed_in}"
    for member in title.facts.members:
        yield f"rendition: {member.id}, version {member.digest[:VERSION_DIGITS]}"


def _track(number: int, facts: TrackFacts) -> Iterator[str]:
    title = f", {facts.title!r}" if facts.title else ""
    yield f"track {number}: {facts.name}, track_ID {facts.source_track_id} of the archive{title}"
    yield f"  {facts.codec_name}, {facts.codec}"
    for init, each in enumerate(facts.formats, start=1):
        size = f", {each.width}x{each.height}" if facts.kind == "video" else f", {each.sample_rate_hz} Hz"
        yield f"  init {init}: {each.codec_name}, {each.codec}{size}"
    lasts = f"{facts.duration_ticks / facts.timescale:.6f} s at {facts.timescale} ticks a second"
    yield f"  {facts.sample_count} samples, {facts.byte_count} bytes, {lasts}"
    if facts.kind == "video":
        shown = f"{facts.width}x{facts.height}, {facts.frame_rate_milli / 1000:g} frames a second"
        yield f"  {shown}, {facts.video_range or 'range unknown'}"
    else:
        spoken = f"language {facts.language}, called {facts.label!r}"
        yield f"  {counted(facts.channels, 'channel')}, {facts.sample_rate_hz} Hz, {spoken}"
    yield f"  plays in: {', '.join(facts.expected_players) or 'no common player'}"


def _text(number: int, facts: TextFacts) -> Iterator[str]:
    title = f", {facts.title!r}" if facts.title else ""
    source = facts.file or f"track_ID {facts.source_track_id} of the archive"
    yield f"text {number}: {facts.name}, {source}{title}"
    marks = (", forced" * facts.forced) + (", for the hearing impaired" * facts.hearing_impaired)
    spoken = f"language {facts.language}{marks}, called {facts.label!r}"
    yield f"  {facts.codec_name}, {counted(facts.cue_count, 'cue')}, {spoken}"
    yield f"  {facts.average_bps} bit/s, {facts.peak_bps} at most"


def _view(view: ViewFacts, segments: int) -> Iterator[str]:
    tracks = "+".join(map(str, view.tracks))
    yield f"view {view.name}: tracks {tracks}, {view.average_bps} bit/s, {view.peak_bps} at most"
    ranges, head_bytes = view.range_count / segments, view.head_bytes / segments
    yield f"  per segment: {ranges:.1f} ranges, {head_bytes:.0f} head bytes"
    yield f"  slop: {view.slop_bytes} bytes in all, holes of up to {view.merge_bytes} bytes are sent"


def _iframes(idx: Idx) -> Iterator[str]:
    if idx.iframes:
        rates = idx.header.iframes
        yield f"I-frames: {len(idx.iframes.sample)}, {rates.average_bps} bit/s, {rates.peak_bps} at most"
    if idx.header.storyboard and idx.storyboard:
        yield f"storyboard: {counted(len(idx.storyboard), 'picture')}, {idx.header.storyboard.size} bytes"


def _holes(idx: Idx) -> int:
    return idx.runs.tracks(idx.runs.code.tobytes()).count(HOLE)


def _segments(idx: Idx) -> Iterator[str]:
    yield (
        "segment  start_s      duration_s  "
        + "  ".join(f"{facts.name}: samples from tick" for facts in idx.header.tracks)
        + "  bytes: head+ranges"
    )
    at_us = 0
    for number, duration_us in enumerate(idx.durations_us()):
        head, ranges = segment_parts(idx, 0, number)
        spans = "  ".join(
            f"{track.first_sample[number + 1] - track.first_sample[number]}@{track.decode_time[number]}"
            for track in idx.tracks
        )
        places = " ".join(f"{offset}+{length}" for offset, length in ranges)
        times = f"{at_us / 1e6:11.6f}  {duration_us / 1e6:10.6f}"
        cues = [str(text.first[number + 1] - text.first[number]) for text in idx.texts]
        shown = f"  cues {' '.join(cues)}" if cues else ""
        init = f"  init {idx.segment_init[number] + 1}" if idx.segment_init else ""
        yield f"{number + 1:7d}  {times}  {spans}  {len(head)}: {places}{shown}{init}"
        at_us += duration_us


def _cues(text: TextRows) -> Iterator[str]:
    yield f"{text.facts.name}: start_s end_s settings line / line"
    for cue, (start_ms, end_ms) in enumerate(zip(text.start_ms, text.end_ms, strict=True)):
        content = bytes(text.content[text.offset[cue] : text.offset[cue + 1]]).decode()
        settings, *lines = content.split("\n")
        yield f"{start_ms / 1000:.3f} {end_ms / 1000:.3f} {settings.strip() or '-'} {' / '.join(lines)}"
