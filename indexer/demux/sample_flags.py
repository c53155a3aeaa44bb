"""`stss`, `stps` and `sdtp` to `sample_flags` (ISO/IEC 14496-12 §8.6.2, §8.6.4, §8.8.3.1).

No `stss` means that every sample is a sync sample; an empty one, that none is. An empty one on an audio
track is a known slip of writers and read as none at all: players start audio anywhere.

`stps` is QuickTime's list of partial sync samples: the I-frames of an open GOP, decodable from there on but
for leading pictures. They count as sync samples, as in every player and in an HEVC track, whose CRA pictures
`stss` lists; what leads them is for the cuts to deal with.
"""

from __future__ import annotations

from array import array

from app.cmaf.fragment import NON_SYNC_BIT, NON_SYNC_FLAGS, SYNC_FLAGS
from indexer.box_tree import Box
from indexer.demux.columns import big_endian, collapsed
from indexer.demux.reading import Reading
from indexer.demux.tables import FULL_BOX_BYTES, counted_rows
from indexer.track import Column

_DEPENDS_ON_MASK = 0x0300_0000
_DEPENDENCY_SHIFT = 20
"""A byte of `sdtp` has the layout of `sample_flags` from this bit on: is_leading, depends_on, and so on."""
_QUICKTIME_DEPENDENCIES = 0x3F
"""QuickTime has other flags where ISO has is_leading."""


def read_flags(tables: dict[str, Box], *, handler: str, sample_count: int, reading: Reading) -> Column:
    sync = _sync_numbers(tables, handler, sample_count, reading)
    if "sdtp" in tables:
        return _with_dependencies(tables["sdtp"], sync, sample_count, reading)
    if sync is None:
        return SYNC_FLAGS
    reading.spend(4 * sample_count, tables["stss"])
    flags = array("I", [NON_SYNC_FLAGS]) * sample_count
    for number in sync:
        flags[number - 1] = SYNC_FLAGS
    return collapsed(flags)


def _sync_numbers(
    tables: dict[str, Box], handler: str, sample_count: int, reading: Reading
) -> array[int] | None:
    """Numbers of sync samples, from 1; None: all of them."""
    stss = tables.get("stss")
    if not stss:
        return None
    numbers = big_endian(counted_rows(stss, 4), "I")
    if not numbers and handler == "soun":
        return None
    if "stps" in tables:
        numbers += big_endian(counted_rows(tables["stps"], 4), "I")
    if not numbers or (min(numbers) > 0 and max(numbers) <= sample_count):
        return numbers
    valid = array("I", (number for number in numbers if 0 < number <= sample_count))
    reading.notes.append(f"{stss.where}: lists {len(numbers) - len(valid)} samples that are not there")
    return valid


def _with_dependencies(sdtp: Box, sync: array[int] | None, sample_count: int, reading: Reading) -> Column:
    """Flags from `sdtp`, a byte a sample; what is missing at its end is unknown."""
    reading.spend(8 * sample_count, sdtp)
    meant = bytes(sdtp.body[FULL_BOX_BYTES:FULL_BOX_BYTES + sample_count]).ljust(sample_count, b"\0")
    known = _QUICKTIME_DEPENDENCIES if reading.quicktime else 0xFF
    dependencies = [(byte & known) << _DEPENDENCY_SHIFT for byte in range(256)]
    # A sync sample depends on no other, whatever `sdtp` says or forgot to say.
    as_sync = [flags & ~_DEPENDS_ON_MASK | SYNC_FLAGS for flags in dependencies]
    if sync is None:
        return collapsed(array("I", map(as_sync.__getitem__, meant)))
    as_non_sync = [flags | NON_SYNC_BIT for flags in dependencies]
    flags = array("I", map(as_non_sync.__getitem__, meant))
    for number in sync:
        flags[number - 1] = as_sync[meant[number - 1]]
    return collapsed(flags)
