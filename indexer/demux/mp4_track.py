"""`trak` to `Track`: what the boxes around the sample tables say (ISO/IEC 14496-12 §8.3 to §8.6, QTFF).

A track is read in two steps: `handler_of` finds out what it is, so that the caller knows whether damage in
it matters, then `read_track` reads it or raises.
"""

from __future__ import annotations

import struct

from indexer import boxes
from indexer.box_tree import REMUX, Box, children, first, first_of_each, required
from indexer.codecs import pcm
from indexer.codecs.sample_entry import read_audio
from indexer.codecs.unserved import ENCRYPTED, ENCRYPTION_REMEDY, encryption
from indexer.demux.columns import big_endian
from indexer.demux.language import MAX_TAG_BYTES, UNDETERMINED, from_mdhd, from_tag
from indexer.demux.metadata import handler_title, roles_of, title_of
from indexer.demux.reading import MAIN_HANDLERS, Reading
from indexer.demux.sample_table import read_samples
from indexer.demux.tables import FULL_BOX_BYTES, counted_rows
from indexer.errors import LimitExceeded, Unsupported
from indexer.limits import MAX_EDITS, MAX_TRACKS
from indexer.track import EMPTY, Edit, Track

ENABLED_FLAG = 1
"""Of `tkhd` (§8.3.2.3)."""
SELF_CONTAINED_FLAG = 1
"""Of a `dref` entry (§8.7.2.3): the samples are in this very file."""

_HANDLER_OF_HEADER = {"vmhd": "vide", "smhd": "soun", "hmhd": "hint", "sthd": "subt", "nmhd": "meta"}
"""Which handler goes with which header of `minf` (§8.4.5), for a track without `hdlr`."""

_MATRIX = struct.Struct(">9i")
_EDIT = {0: struct.Struct(">IiI"), 1: struct.Struct(">QqI")}


def handler_of(trak: Box) -> str:
    """Four characters; "" where nothing tells. Raises `Malformed` where damage keeps it from being told."""
    mdia = first(trak, "mdia")
    if mdia is None:
        return ""
    if hdlr := first(mdia, "hdlr"):
        handler: str = boxes.read(boxes.HDLR, hdlr).handler_type.decode("latin-1")
        return handler
    minf = first(mdia, "minf")
    headers = first_of_each(minf) if minf else {}
    return next((handler for kind, handler in _HANDLER_OF_HEADER.items() if kind in headers), "")


def read_track(trak: Box, handler: str, reading: Reading) -> Track:
    """The track as `moov` states it, with the samples of `moov`."""
    parts = first_of_each(trak)
    tkhd = boxes.read(boxes.TKHD, required(parts, "tkhd", trak))
    mdia = required(parts, "mdia", trak)
    media = first_of_each(mdia)
    mdhd = boxes.read(boxes.MDHD, required(media, "mdhd", mdia))
    if not mdhd.timescale:
        raise media["mdhd"].malformed("has a timescale of 0")
    minf = required(media, "minf", mdia)
    stbl = required(first_of_each(minf), "stbl", minf)
    stsd = required(first_of_each(stbl), "stsd", stbl)
    reading.take_entries(stsd)
    entries = tuple(children(stsd, skip_bytes=8))
    if handler in MAIN_HANDLERS:
        _refuse_encrypted(entries)
    _refuse_elsewhere(minf)
    return Track(
        track_id=tkhd.track_id,
        handler=handler,
        timescale=mdhd.timescale,
        language=_language(media, mdhd.language, reading),
        title=title_of(parts) or handler_title(media.get("hdlr")),
        enabled=bool(tkhd.flags & ENABLED_FLAG),
        edits=_read_edits(parts.get("edts")),
        matrix=_MATRIX.unpack(tkhd.matrix),
        width_16_16=tkhd.width,
        height_16_16=tkhd.height,
        sample_entries=tuple(entry.whole for entry in entries),
        samples=read_samples(
            stbl,
            handler=handler,
            description_count=len(entries),
            reading=reading,
            frame_bytes=_frame_bytes(entries) if handler == "soun" else 0,
        ),
        references=_read_references(parts.get("tref")),
        alternate_group=tkhd.alternate_group,
        kind_roles=roles_of(parts),
    )


def _refuse_encrypted(entries: tuple[Box, ...]) -> None:
    for entry in entries:
        if entry.type in ENCRYPTED:
            raise Unsupported(encryption(entry.type, bytes(entry.body)), remedy=ENCRYPTION_REMEDY,
                              where=entry.where, offset=entry.offset)


def _frame_bytes(entries: tuple[Box, ...]) -> int:
    """Bytes of a frame of QuickTime's uncompressed sound, all channels; 0 for any other, or several sizes."""
    sizes = {pcm.frame_bytes(read_audio(entry.whole)) for entry in entries if entry.type in pcm.QUICKTIME}
    return sizes.pop() if len(sizes) == 1 else 0


def _refuse_elsewhere(minf: Box) -> None:
    """Refuse a QuickTime reference movie, whose `dref` (§8.7.2) names other files."""
    dinf = first(minf, "dinf")
    dref = first(dinf, "dref") if dinf else None
    for entry in children(dref, skip_bytes=8) if dref else ():
        location = bytes(entry.body[FULL_BOX_BYTES:]).strip(b"\0")
        # Some writers forget the flag; without a location it can only be this file.
        if location and not entry.body[FULL_BOX_BYTES - 1] & SELF_CONTAINED_FLAG:
            raise Unsupported("keeps its samples in another file", remedy=REMUX,
                              where=entry.where, offset=entry.offset)


def _language(media: dict[str, Box], code: int, reading: Reading) -> str:
    """`elng` (§8.4.6) before the code of `mdhd`."""
    if "elng" in media:
        tag = bytes(media["elng"].body[FULL_BOX_BYTES:]).split(b"\0")[0][:MAX_TAG_BYTES]
        if (language := from_tag(tag.decode("ascii", "replace"))) != UNDETERMINED:
            return language
    return from_mdhd(code, quicktime=reading.quicktime)


def _read_edits(edts: Box | None) -> tuple[Edit, ...]:
    """Entries of `elst` (§8.6.6), but for those of no duration that are not the last to show media: 0 stands
    for all that is left there, and for nothing elsewhere.
    """
    elst = first(edts, "elst") if edts else None
    if elst is None:
        return ()
    version = boxes.read(boxes.ELST, elst).version
    if version not in _EDIT:
        raise elst.malformed(f"has version {version}; 0 and 1 are defined")
    entry = _EDIT[version]
    table = counted_rows(elst, entry.size)
    if len(table) > MAX_EDITS * entry.size:
        raise LimitExceeded(f"has {len(table) // entry.size} entries; {MAX_EDITS} are read", remedy=REMUX,
                            where=elst.where, offset=elst.offset)
    edits = [Edit(*row) for row in entry.iter_unpack(table)]
    last = next((edit for edit in reversed(edits) if edit.media_time_ticks != EMPTY), None)
    return tuple(edit for edit in edits if edit.duration_movie_ticks or edit is last)


def _read_references(tref: Box | None) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """Type and track ids of each reference (§8.3.3), as many as there may be tracks."""
    if tref is None:
        return ()
    return tuple(
        (box.type, tuple(big_endian(box.body[:min(len(box.body) // 4, MAX_TRACKS) * 4], "I")))
        for box in children(tref)
    )
