"""The top level of an MP4: where `moov` and the `moof`s lie, and whether the file is all there.

Reads box headers only, 16 bytes each, wherever the boxes lie (ISO/IEC 14496-12 §4.2, §8.1, §8.2.1). Here
"not finished yet" (so far an MP4, `moov` still to come) is told from "not an MP4". Offsets and sizes are
bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from indexer.box_tree import HEADER, LARGE_SIZE, REMUX
from indexer.demux.reading import WAIT
from indexer.errors import LimitExceeded, Malformed, SourceError, Unfinished, Unsupported
from indexer.limits import MAX_FRAGMENTS, MAX_MOOF_BYTES, MAX_TOP_LEVEL_BOXES
from indexer.source import COPY_AGAIN, Source

TOP_LEVEL_TYPES = frozenset({
    "PICT", "emsg", "free", "ftyp", "imda", "junk", "mdat", "meta", "mfra", "moof", "moov", "pdin", "pnot",
    "prft", "sidx", "skip", "ssix", "styp", "udta", "uuid", "wide",
})
"""With which an MP4 or a QuickTime file may begin, or end early."""

MAX_HEADER_BYTES = HEADER.size + LARGE_SIZE.size
_BLOCK_BYTES = 1024
"""Read at once: boxes that are small lie side by side."""

TRAILERS = frozenset({"free", "meta", "mfra", "skip", "udta"})
"""What may stand after the last fragment; that one of them is cut short costs no sample."""

ZEROS_BYTES = 4096
"""A box that begins with so many zeros is room that was made for a copy or a recording under way."""

STILL_PICTURE_BRANDS = frozenset({"avif", "heic", "heix", "heim", "heis", "mif1"})
"""Of files of one picture or several, which never get a `moov` (ISO/IEC 23008-12 §10)."""


class TopLevelBox(NamedTuple):
    type: str
    offset: int
    header_bytes: int
    size_bytes: int
    is_open: bool = False  # its size is 0: it lasts as long as the file

    @property
    def end(self) -> int:
        return self.offset + self.size_bytes


class Layout(NamedTuple):
    """`moov` and `moofs` lie whole within the file.

    `cut_short` is the type of the box that does not, or ""; `incomplete` says in words how the file ends
    early, or "", and `open_end` that nothing tells whether it does. They matter where samples are missing.
    """

    major_brand: str
    moov: TopLevelBox
    other_moovs: tuple[TopLevelBox, ...]
    moofs: tuple[TopLevelBox, ...]
    cut_short: str
    incomplete: str
    open_end: str
    notes: tuple[str, ...]


def read_layout(source: Source) -> Layout:
    """Raises `SourceError` where there is no `moov` to read, or more fragments than `limits` allows."""
    kept: dict[str, list[TopLevelBox]] = {"ftyp": [], "moov": [], "moof": []}
    notes: list[str] = []
    last: TopLevelBox | None = None
    has_media = False
    end = 0
    for box in _walk(source):
        last, end = box, box.end
        has_media = has_media or box.type in {"mdat", "imda"}
        if end <= source.size_bytes and box.type in kept:
            kept[box.type].append(box)
    cut_short = last.type if last and end > source.size_bytes else ""
    if not kept["moov"] and _brand(kept["ftyp"], source) in STILL_PICTURE_BRANDS:
        raise Unsupported("is a still picture (HEIF or AVIF)", remedy="leave it out of the archives")
    if not kept["moov"]:
        raise _without_moov(source, last, end, fragments=bool(kept["moof"]))
    if len(kept["moof"]) > MAX_FRAGMENTS:
        raise LimitExceeded(f"has {len(kept['moof'])} fragments; {MAX_FRAGMENTS} are read", remedy=REMUX)
    if kept["moof"] and end < source.size_bytes:
        _refuse_more_fragments(source, end)
    moov, *other_moovs = kept["moov"]
    if other_moovs:
        notes.append(f"has {len(other_moovs)} 'moov' boxes too many; the first is used, as players do")
    if cut_short:
        notes.append(f"its last box {cut_short!r} is {end - source.size_bytes} bytes longer than the file")
    elif end < source.size_bytes:
        notes.append(f"the last {source.size_bytes - end} bytes are not a box")
    return Layout(
        major_brand=_brand(kept["ftyp"], source),
        moov=moov,
        other_moovs=tuple(other_moovs),
        moofs=tuple(kept["moof"]),
        cut_short=cut_short,
        incomplete=_incomplete(cut_short, source.size_bytes - end, has_media=has_media),
        open_end=f"its {last.type!r} box has no stated end" if last and last.is_open else "",
        notes=tuple(notes),
    )


def _refuse_more_fragments(source: Source, end: int) -> None:
    """Refuse a fragmented file that has more of them behind something that is not a box, at `end`."""
    rest = source.pread(end, min(source.size_bytes - end, MAX_MOOF_BYTES))
    if (found := rest.find(b"moof")) >= 0:
        raise Malformed(f"holds something that is not a box, and at byte {end + found} a fragment behind it",
                        remedy=COPY_AGAIN, offset=end)


def _walk(source: Source) -> Iterator[TopLevelBox]:
    """The boxes up to the end of the file, or up to something that is none; the last may overrun the file."""
    at = number = block_at = 0
    block = b""
    while (left := source.size_bytes - at) >= HEADER.size:
        if at + MAX_HEADER_BYTES > block_at + len(block):
            block_at, block = at, source.pread(at, min(_BLOCK_BYTES, left))
        box = _box_at(at, block[at - block_at :][:MAX_HEADER_BYTES], left)
        if not box:
            return
        if number == MAX_TOP_LEVEL_BOXES:
            raise LimitExceeded(f"has over {MAX_TOP_LEVEL_BOXES} top-level boxes", remedy=REMUX, offset=at)
        yield box
        at, number = box.end, number + 1


def _box_at(at: int, header: bytes, left: int) -> TopLevelBox | None:
    """The box that begins with `header` where the file has so many bytes left; None for something else."""
    size, name = HEADER.unpack_from(header)
    header_bytes = HEADER.size
    if size == 1:
        if len(header) < MAX_HEADER_BYTES:
            return None
        (size,) = LARGE_SIZE.unpack_from(header, HEADER.size)
        header_bytes += LARGE_SIZE.size
    to_end = size == 0
    if to_end:
        size = left
    kind = name.decode("latin-1")
    known = kind in TOP_LEVEL_TYPES
    if size < header_bytes or not (known or (kind.isprintable() and size <= left and not to_end)):
        return None
    return TopLevelBox(kind, at, header_bytes, size, to_end)


def _without_moov(source: Source, last: TopLevelBox | None, end: int, *, fragments: bool) -> SourceError:
    """Why there is no `moov`: not yet, not here, or never."""
    if fragments:
        return Unsupported(
            "has fragments ('moof') but no 'moov': a segment without its initialisation segment",
            remedy="put the initialisation segment in front: cat init.mp4 segment.m4s > whole.mp4",
        )
    missing = end - source.size_bytes
    if missing > 0 and last:
        and_moov = "" if last.type == "moov" else ", and 'moov'"
        return Unfinished(f"lacks {missing} bytes of its {last.type!r} box{and_moov}", remedy=WAIT)
    if -missing < MAX_HEADER_BYTES and (last is None or last.type in TOP_LEVEL_TYPES):
        after = f"its {last.type!r} box" if last else f"{source.size_bytes} bytes"
        return Unfinished(f"ends after {after}, and 'moov' is still to come", remedy=WAIT)
    rest = source.pread(end, min(-missing, ZEROS_BYTES))
    if rest and not any(rest):
        return Unfinished(f"holds zeros from byte {end} on, where more is still to come", remedy=WAIT)
    return Malformed(
        "holds something that is not a box, and no 'moov' before it",
        remedy=COPY_AGAIN, offset=min(end, source.size_bytes),
    )


def _incomplete(cut_short: str, left_over_bytes: int, *, has_media: bool) -> str:
    if cut_short:
        return f"the file ends inside its {cut_short!r} box"
    if 0 < left_over_bytes < MAX_HEADER_BYTES:
        return "the file ends inside the header of a box"
    return "" if has_media else "the file has no 'mdat' box yet"


def _brand(ftyps: list[TopLevelBox], source: Source) -> str:
    """Major brand (§4.3), or "" for a QuickTime file from before there were brands."""
    if not ftyps or ftyps[0].size_bytes < ftyps[0].header_bytes + 4:
        return ""
    return source.pread(ftyps[0].offset + ftyps[0].header_bytes, 4, "ftyp").decode("latin-1")
