"""The boxes of a media segment, as bytes: `moof` and what it holds, and the `mdat` header.

Eight boxes, written with `struct` and `array` because a segment has thousands of rows and a request has
microseconds. ISO/IEC 14496-12:2022 §8.8 (movie fragments) and §8.1.1 (`mdat`). Every box here is a whole
number of 32-bit words, so `trun`s are built as words in host order and swapped once.

Times are ticks of the track's timescale; a `data_offset` counts from the first byte of `moof`
(`default-base-is-moof`). A *column* is one value a sample, in decode order.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterable, Sequence
from itertools import repeat

MFHD_BYTES = 16
BOX_HEADER_BYTES = 8
TFDT_BYTES = 20
TRUN_HEADER_BYTES = 20
TRAF_BYTES = BOX_HEADER_BYTES + TFDT_BYTES
"""A `traf` but for its `tfhd` and `trun`s."""
MDAT_HEADER_BYTES = 8

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

_TRUN = int.from_bytes(b"trun", "big")
_VERSION_1 = 0x01000000  # signed composition offsets
_HEADER = struct.Struct(">I4s")
_MFHD = struct.Struct(">I4sII")
_TFDT = struct.Struct(">I4sIQ")


def moof_bytes(traf_bytes: Iterable[int]) -> int:
    """The length of a `moof` from the lengths of its `traf`s, before there is anything in them."""
    return BOX_HEADER_BYTES + MFHD_BYTES + sum(traf_bytes)


def mdat_header(payload_bytes: int) -> bytes:
    return _HEADER.pack(MDAT_HEADER_BYTES + payload_bytes, b"mdat")


def moof(sequence_number: int, trafs: Sequence[bytes]) -> bytes:
    content = b"".join(trafs)
    size = BOX_HEADER_BYTES + MFHD_BYTES + len(content)
    return _HEADER.pack(size, b"moof") + _MFHD.pack(MFHD_BYTES, b"mfhd", 0, sequence_number) + content


def traf(tfhd_box: bytes, decode_time: int, truns: bytes) -> bytes:
    """A track fragment. `decode_time` becomes a version 1 `tfdt` (§8.8.12)."""
    size = BOX_HEADER_BYTES + len(tfhd_box) + TFDT_BYTES + len(truns)
    tfdt = _TFDT.pack(TFDT_BYTES, b"tfdt", _VERSION_1, decode_time)
    return b"".join((_HEADER.pack(size, b"traf"), tfhd_box, tfdt, truns))


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
    run_samples: Sequence[int], data_offsets: Sequence[int], bits: int, columns: Sequence[Sequence[int]]
) -> bytes:
    """The `trun`s of one track, one a run.

    `run_samples` and `data_offsets` have an entry a run; `columns`, in the order of the bits of `bits`,
    an entry a sample of all runs.
    """
    if run_samples and max(run_samples) == 1:
        return _single_sample_truns(data_offsets, bits, columns)
    width = len(columns)
    rows = _rows(columns, sum(run_samples))
    headers = {samples: _trun_header(samples, width, bits) for samples in set(run_samples)}
    words: list[int] = []
    at = 0
    for samples, data_offset in zip(run_samples, data_offsets, strict=True):
        words.extend(headers[samples])
        words.append(data_offset)
        stop = at + width * samples
        words.extend(rows[at:stop])
        at = stop
    return _big_endian(array("I", words))


def _single_sample_truns(data_offsets: Sequence[int], bits: int, columns: Sequence[Sequence[int]]) -> bytes:
    """As `truns`, where each run is one sample, as ffmpeg interleaves video: every box has one shape."""
    words_each = 5 + len(columns)
    template = (4 * words_each, _TRUN, _VERSION_1 | DATA_OFFSET | bits, 1, *repeat(0, words_each - 4))
    words = array("I", template) * len(data_offsets)
    for place, column in enumerate((data_offsets, *columns), start=4):
        words[place::words_each] = array("I", column)
    return _big_endian(words)


def _trun_header(samples: int, width: int, bits: int) -> tuple[int, ...]:
    return TRUN_HEADER_BYTES + 4 * width * samples, _TRUN, _VERSION_1 | DATA_OFFSET | bits, samples


def _rows(columns: Sequence[Sequence[int]], samples: int) -> list[int]:
    """The columns, row after row."""
    if len(columns) == 1:
        return list(columns[0])
    rows = [0] * (samples * len(columns))
    for place, column in enumerate(columns):
        rows[place :: len(columns)] = column
    return rows


def _big_endian(words: array[int]) -> bytes:
    words.byteswap()
    return words.tobytes()
