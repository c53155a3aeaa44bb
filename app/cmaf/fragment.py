"""The boxes of a media segment, as bytes: `moof` and what it holds, and the `mdat` header.

Eight boxes, written with `struct` and slices because a segment has thousands of rows and a request has
microseconds. ISO/IEC 14496-12:2022 §8.8 (movie fragments) and §8.1.1 (`mdat`). `trun`s are built a byte of
all their rows at a time: see `app.idx.planes`.

Times are ticks of the track's timescale; a `data_offset` counts from the first byte of `moof`
(`default-base-is-moof`). A *column* is one value a sample, in decode order.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Sequence
from functools import lru_cache

from app.idx.planes import Plane, planes_of_words
from app.idx.runs import RunSamples

MFHD_BYTES = 16
BOX_HEADER_BYTES = 8
TFDT_BYTES = 20
TRUN_HEADER_BYTES = 20
MOOF_BYTES = BOX_HEADER_BYTES + MFHD_BYTES
"""A `moof` but for its `traf`s."""
MDAT_HEADER_BYTES = 8
PAYLOAD_AT = MOOF_BYTES + MDAT_HEADER_BYTES
"""The data offset of what the `mdat` holds, but for the `traf`s."""
COLUMN_BYTES = 4
"""A column of a `trun`, for each sample."""

DATA_OFFSET = 0x000001
SAMPLE_DURATION = 0x000100
SAMPLE_SIZE = 0x000200
SAMPLE_FLAGS = 0x000400
SAMPLE_COMPOSITION = 0x000800
"""Bits of `trun`'s flags (§8.8.8.1)."""

DEFAULT_DURATION = 0x000008
DEFAULT_SIZE = 0x000010
DEFAULT_FLAGS = 0x000020
DURATION_IS_EMPTY = 0x010000
DEFAULT_BASE_IS_MOOF = 0x020000
"""Bits of `tfhd`'s flags (§8.8.7.1)."""

SYNC_FLAGS = 0x0200_0000
"""`sample_flags` (§8.8.3.1) of a sync sample: depends on no other."""
NON_SYNC_FLAGS = 0x0101_0000
"""`sample_flags` of any other sample: depends on others, is not a sync sample."""
NON_SYNC_BIT = 0x0001_0000

_VERSION_1 = 0x01000000  # signed composition offsets
_HEADER = struct.Struct(">I4s")
_MFHD = struct.Struct(">I4sII")
_TFDT = struct.Struct(">I4sIQ")
_TRUN = struct.Struct(">I4sII")  # without its data offset


def mdat_header(payload_bytes: int) -> bytes:
    return _HEADER.pack(MDAT_HEADER_BYTES + payload_bytes, b"mdat")


def moof(sequence_number: int, trafs: Sequence[bytes]) -> bytes:
    header = _HEADER.pack(MOOF_BYTES + sum(map(len, trafs)), b"moof")
    return b"".join((header, _MFHD.pack(MFHD_BYTES, b"mfhd", 0, sequence_number), *trafs))


def traf(tfhd_box: bytes, decode_time: int, truns: bytes) -> bytes:
    """A track fragment. `decode_time` becomes a version 1 `tfdt` (§8.8.12)."""
    size = BOX_HEADER_BYTES + len(tfhd_box) + TFDT_BYTES + len(truns)
    tfdt = _TFDT.pack(TFDT_BYTES, b"tfdt", _VERSION_1, decode_time)
    return b"".join((_HEADER.pack(size, b"traf"), tfhd_box, tfdt, truns))


def traf_bytes(tfhd_box: bytes, truns: int, samples: int, bits: int) -> int:
    """The length of a `traf` of so many `trun`s and, in them, samples with the columns `bits`."""
    rows_bytes = COLUMN_BYTES * bits.bit_count() * samples
    return BOX_HEADER_BYTES + len(tfhd_box) + TFDT_BYTES + TRUN_HEADER_BYTES * truns + rows_bytes


def tfhd(track_id: int, duration: int | None, size: int | None, flags: int | None, *, empty: bool) -> bytes:
    """A track fragment header; what is not None is the default of every sample of the fragment."""
    bits = DEFAULT_BASE_IS_MOOF | (DURATION_IS_EMPTY if empty else 0)
    values = [track_id]
    for bit, value in ((DEFAULT_DURATION, duration), (DEFAULT_SIZE, size), (DEFAULT_FLAGS, flags)):
        if value is not None:
            bits |= bit
            values.append(value)
    return struct.pack(f">I4sI{len(values)}I", 12 + 4 * len(values), b"tfhd", bits, *values)


def truns(
    run_samples: RunSamples, data_offsets: Sequence[int], bits: int, columns: Sequence[Sequence[Plane]]
) -> bytes:
    """The `trun`s of one track, one a run.

    `run_samples` and `data_offsets` have an entry a run; `columns`, in the order of the bits of `bits`, are
    planes with an entry a sample of all runs.
    """
    row = bytes(COLUMN_BYTES * len(columns))
    if run_samples and run_samples.count(1) == len(run_samples):  # as ffmpeg interleaves video: of one shape
        box = _trun_header(1, row, bits) + bytes(COLUMN_BYTES) + row
        with_offsets = [planes_of_words(data_offsets), *columns]
        return bytes(_filled(box, len(data_offsets), with_offsets, TRUN_HEADER_BYTES - COLUMN_BYTES))
    offsets = array("I", data_offsets)
    offsets.byteswap()
    headers, rows = _shapes(run_samples, row, bits)
    pieces = [b""] * (3 * len(run_samples))
    pieces[0::3] = headers
    pieces[1::3] = struct.unpack(f"{COLUMN_BYTES}s" * len(offsets), offsets)
    pieces[2::3] = rows.unpack(_filled(row, rows.size // max(len(row), 1), columns, 0))
    return b"".join(pieces)


@lru_cache(maxsize=128)
def _shapes(run_samples: RunSamples, row: bytes, bits: int) -> tuple[list[bytes], struct.Struct]:
    """The headers of `trun`s without their data offsets, and what cuts the rows of all into those of each.

    Kept, as where pictures come at a constant rate the same few patterns come again and again.
    """
    headers = {samples: _trun_header(samples, row, bits) for samples in {*run_samples}}
    rows = {samples: f"{len(row) * samples}s" for samples in headers}
    cut = struct.Struct("".join(map(rows.__getitem__, run_samples)))
    return list(map(headers.__getitem__, run_samples)), cut


def _trun_header(samples: int, row: bytes, bits: int) -> bytes:
    """All of it but the data offset."""
    size = TRUN_HEADER_BYTES + len(row) * samples
    return _TRUN.pack(size, b"trun", _VERSION_1 | DATA_OFFSET | bits, samples)


def _filled(record: bytes, count: int, columns: Sequence[Sequence[Plane]], at: int) -> bytearray:
    """`count` copies of `record`, with a word of each column in each, side by side from byte `at` on."""
    records = bytearray(record) * count
    for number, column in enumerate(columns):
        for byte, plane in column:
            records[at + COLUMN_BYTES * number + byte :: len(record)] = plane
    return records
