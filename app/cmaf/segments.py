"""Segment n of a view ─▶ Plan. The heart of the origin.

What a segment holds, and where, is in `app.cmaf.arrange`, its boxes are in `app.cmaf.fragment`. Planning
touches the rows of its own segment and nothing else, so its cost does not grow with the archive: see
`make bench`.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.cmaf import fragment
from app.cmaf.arrange import ByteRange, Truns, arrange, arrange_in_sidecar
from app.idx.header import ViewFacts
from app.idx.view import Idx
from app.plan import FileIdentity, FileRanges, Piece, Plan, lasting_plan

SEGMENT_TYPES = {"video": "video/mp4", "audio": "audio/mp4"}


def plan_init(idx: Idx, view_number: int, init_number: int, archive: FileIdentity) -> Plan:
    """The init segment that applies from the `init_number`-th change of codec parameters on."""
    view = idx.view(view_number)
    pieces: tuple[Piece, ...] = (view.inits[init_number],)
    return _plan(idx, view_number, f"{view.name}-init-{init_number}", archive, pieces, (idx.identity,))


def plan_segment(idx: Idx, view_number: int, number: int, archive: FileIdentity) -> Plan:
    """Segment `number`, from 0. `archive` is the archive as found on disk, checked against the index."""
    view, file = idx.view(view_number), archive
    guards: tuple[FileIdentity, ...] = (idx.identity,)
    if idx.sidecar and idx.has_in_sidecar(view):
        file, guards = idx.sidecar, (idx.identity, archive)
        arranged = arrange_in_sidecar(idx, view, number)
    else:
        arranged = arrange(idx, view_number, number)
    payload_bytes = arranged.payload_bytes
    pieces: tuple[Piece, ...] = (_head(view, number, arranged.tracks, payload_bytes),)
    if payload_bytes:
        pieces = (*pieces, FileRanges(file, arranged.offsets, arranged.lengths, payload_bytes))
    return _plan(idx, view_number, f"{view.name}-{number}", archive, pieces, guards)


def segment_parts(idx: Idx, view_number: int, number: int) -> tuple[bytes, list[ByteRange]]:
    """The bytes that segment `number` begins with, and the ranges of the archive that follow them."""
    arranged = arrange(idx, view_number, number)
    ranges = list(zip(arranged.offsets, arranged.lengths, strict=True))
    return _head(idx.view(view_number), number, arranged.tracks, arranged.payload_bytes), ranges


def _head(view: ViewFacts, number: int, tracks: Sequence[Truns], payload_bytes: int) -> bytes:
    trafs = [_traf(truns, number) for truns in tracks]
    moof = fragment.moof(number + 1, trafs)
    mdat = fragment.mdat_header(payload_bytes)
    return b"".join((view.styp, moof, mdat))


def _plan(
    idx: Idx,
    view_number: int,
    name: str,
    archive: FileIdentity,
    pieces: tuple[Piece, ...],
    guards: tuple[FileIdentity, ...],
) -> Plan:
    kind = idx.tracks[idx.view(view_number).tracks[0]].facts.kind
    return lasting_plan(SEGMENT_TYPES[kind], f"{idx.version}-{name}", archive, pieces, guards)


def _traf(truns: Truns, number: int) -> bytes:
    share = truns.share
    boxes = fragment.truns(truns.samples, truns.data_offsets, share.bits, share.columns())
    return fragment.traf(share.tfhd, share.rows.decode_time[number], boxes)
