"""The sample tables of a progressive MP4 (ISO/IEC 14496-12:2022 §8.6, §8.7), from columns of an index.

Two hours have half a million rows, so tables are built as 32-bit words in host order and swapped once.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, compress, count
from operator import ne, or_, sub

from app.cmaf.box import box
from app.cmaf.fragment import NON_SYNC_BIT, NON_SYNC_FLAGS, SYNC_FLAGS
from app.download.chunks import Chunks
from app.download.spans import Span
from app.idx.planes import WORD_MASK

_PLAIN_FLAGS = {SYNC_FLAGS, NON_SYNC_FLAGS}
"""Of samples that depend on none, and that depend on others: `stss` says as much."""


def sample_tables(span: Span, chunks: Chunks, stsd: bytes) -> list[bytes]:
    """The children of `stbl` but for the chunk offsets."""
    kinds = [] if span.rows.kind is None else span.rows.kind[span.first : span.stop].tolist()
    boxes = [stsd, _stts(span, kinds), *_ctts(span, kinds), *_stss(span, kinds), *_sdtp(span, kinds)]
    return [*boxes, _stsc(chunks), _stsz(span)]


def text_tables(stsd: bytes, durations: Sequence[int], sizes: Sequence[int]) -> list[bytes]:
    """The same of samples that are one chunk, are all sync samples and are shown as they are decoded."""
    chunks = Chunks(samples=array("I", (len(sizes),)), description=array("I", (1,)))
    return [stsd, _runs("stts", durations), _stsc(chunks), _table("stsz", len(sizes), array("I", sizes), 0)]


def chunk_offsets(offsets: array[int], *, is_wide: bool) -> bytes:
    """`co64` where 32 bits do not hold every offset, else `stco` (§8.7.5)."""
    return _table("co64" if is_wide else "stco", len(offsets), array("Q" if is_wide else "I", offsets))


def _table(fourcc: str, rows: int, words: array[int], *fields: int, version: int = 0) -> bytes:
    """A full box: `fields`, how many rows, the rows. `words` are swapped in place."""
    words.byteswap()
    return box(fourcc, struct.pack(f">I{len(fields)}II", version << 24, *fields, rows), words.tobytes())


def _stts(span: Span, kinds: Sequence[int]) -> bytes:
    rows = span.rows
    if rows.default_duration is not None:
        return _table("stts", 1, array("I", (span.stop - span.first, rows.default_duration)))
    return _runs("stts", map(rows.kind_duration.__getitem__, kinds))


def _ctts(span: Span, kinds: Sequence[int]) -> Iterator[bytes]:
    rows = span.rows
    if rows.default_composition is None:
        words = [ticks & WORD_MASK for ticks in rows.kind_composition]
        yield _runs("ctts", map(words.__getitem__, kinds), version=int(min(rows.kind_composition) < 0))
    elif rows.default_composition:
        yield _table("ctts", 1, array("I", (span.stop - span.first, rows.default_composition)))


def _runs(fourcc: str, values: Iterable[int], version: int = 0) -> bytes:
    """(how many, value) for each run of one value."""
    each = list(values)
    starts = list(_changes(each))
    words = array("I", bytes(8 * len(starts)))
    words[0::2] = array("I", map(sub, (*starts[1:], len(each)), starts))
    words[1::2] = array("I", map(each.__getitem__, starts))
    return _table(fourcc, len(starts), words, version=version)


def _changes(*columns: Sequence[int]) -> Iterator[int]:
    """The rows, from 0, in which some column has another value than in the row before."""
    is_new: Iterable[bool] = map(ne, columns[0][1:], columns[0])
    for column in columns[1:]:
        is_new = map(or_, is_new, map(ne, column[1:], column))
    return compress(count(), chain((True,), is_new)) if columns[0] else iter(())


def _stss(span: Span, kinds: Sequence[int]) -> Iterator[bytes]:
    """Absent where every sample is a sync sample (§8.6.2)."""
    rows = span.rows
    is_sync = [not flags & NON_SYNC_BIT for flags in rows.kind_flags]
    if not all(is_sync):
        words = array("I", compress(count(1), map(is_sync.__getitem__, kinds)))
        yield _table("stss", len(words), words)


def _sdtp(span: Span, kinds: Sequence[int]) -> Iterator[bytes]:
    """Present where the archive says more of its samples than `stss` can (§8.6.4)."""
    rows = span.rows
    if not {*rows.kind_flags} <= _PLAIN_FLAGS:
        says = [flags >> 20 & 0xFF for flags in rows.kind_flags]
        of_samples = bytes(map(says.__getitem__, kinds)) if kinds else bytes(says) * (span.stop - span.first)
        yield box("sdtp", bytes(4), of_samples)


def _stsc(chunks: Chunks) -> bytes:
    """A row where a chunk has another number of samples, or another description, than the one before."""
    starts = list(_changes(chunks.samples, chunks.description))
    words = array("I", bytes(12 * len(starts)))
    words[0::3] = array("I", [start + 1 for start in starts])
    words[1::3] = array("I", map(chunks.samples.__getitem__, starts))
    words[2::3] = array("I", map(chunks.description.__getitem__, starts))
    return _table("stsc", len(starts), words)


def _stsz(span: Span) -> bytes:
    """A size of 0 for all says that a table follows (§8.7.3.2), also where all are 0."""
    rows, samples = span.rows, span.stop - span.first
    if rows.facts.size_bytes:
        return box("stsz", struct.pack(">III", 0, rows.facts.size_bytes, samples))
    sizes = rows.size[span.first : span.stop].tolist() if rows.size is not None else [0] * samples
    return _table("stsz", samples, array("I", sizes), 0)
