"""Small files that ask for much: tables of a few bytes that stand for as many samples as are let through.

Each is just within the bounds of `indexer.limits`; what they cost shows whether those hold together.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from indexer.limits import (
    EXPANSION_FLOOR_BYTES,
    MAX_CHILDREN,
    MAX_EDITED_SAMPLES,
    MAX_FORMAT_CHANGES,
    MAX_SAMPLE_ENTRIES_BYTES,
    MAX_TEXT_SAMPLES,
)
from tests.indexer.codecs.entries import visual
from tests.indexer.demux.made_mp4 import (
    DATA,
    box,
    ctts,
    elst,
    full_box,
    movie,
    stco,
    stsc,
    stss,
    stsz_constant,
    stts,
    trak,
    u16,
    u32,
)
from tests.indexer.subtitles.made_text import tx3g, tx3g_entry
from tests.media.made_movie import AAC_ENTRY, AVC_ENTRY
from tests.roundtrip.measured import Cost

ROOT = Path(__file__).parents[2]
MAX_CPU_S = 10
"""Five times what the worst takes where a processor is shared; what is not bounded takes minutes."""
MAX_MEMORY_BYTES = 64 << 20
MOST = EXPANSION_FLOOR_BYTES // 4
"""Samples of which one column may be spelled out."""


def bomb(
    count: int, *tables: bytes, handler: str = "vide", edits: Sequence[tuple[int, int, int]] = ()
) -> bytes:
    """`count` samples of a byte each, in one chunk."""
    entry = AVC_ENTRY if handler == "vide" else AAC_ENTRY
    common = (stsc((1, count, 1)), stsz_constant(1, count), stco(DATA))
    track = trak(
        (*tables, *common), handler=handler, entries=(entry,),
        extra=(box("edts", elst(*edits)),) if edits else (),
    )  # fmt: skip
    return movie(track, data=bytes(count))


def halves(count: int) -> tuple[tuple[int, int], tuple[int, int]]:
    return (count // 2, 1), (count - count // 2, 2)


def subtitles(tracks: int) -> bytes:
    """A picture, and as many cues as all text tracks together may have."""
    cues = MAX_TEXT_SAMPLES // tracks
    words = (tx3g("a") + tx3g("b")) * (cues // 2)
    picture = trak((stts((1, cues)), stsc((1, 1, 1)), stsz_constant(1, 1), stco(DATA)), entries=(AVC_ENTRY,))
    common = (stts((cues, 1)), stsc((1, cues, 1)), stsz_constant(3, cues))
    texts = (
        trak(
            (*common, stco(DATA + 1 + number * len(words))),
            track_id=2 + number, handler="sbtl", entries=(tx3g_entry(),),
        )
        for number in range(tracks)
    )  # fmt: skip
    return movie(picture, *texts, data=b"p" + words * tracks)


def silence(tracks: int, seconds: int) -> bytes:
    """A picture, and tracks of sound of a sample each that lasts very long."""
    one = stsc((1, 1, 1)), stsz_constant(1, 1)
    picture = trak((stts((1, 1)), *one, stco(DATA)), entries=(AVC_ENTRY,))
    sounds = (
        trak((stts((1, 1)), stsc((1, 1, 1)), stsz_constant(1, 1), stco(DATA + number)),
             track_id=1 + number, handler="soun", entries=(AAC_ENTRY,),
             extra=[box("edts", elst((600 * seconds, -1, 0x10000), (1, 0, 0x10000)))])
        for number in range(1, tracks + 1)
    )  # fmt: skip
    return movie(picture, *sounds, data=bytes(tracks + 1))


def no_bytes(count: int) -> bytes:
    """Every other sample has none, so that each of the others lasts a time of its own."""
    sizes = full_box("stsz", u32(0, count), u32(0, 1) * (count // 2))
    tables = stts(*halves(count)), stsc((1, count, 1)), sizes, stco(DATA)
    return movie(trak(tables, entries=(AVC_ENTRY,)), data=bytes(count))


def descriptions(count: int) -> bytes:
    """A sample of each description, of which no two are the same in effect."""
    entries = [AVC_ENTRY.replace(b"\xeb\xe3", u16(number)) for number in range(count)]
    tables = stts((count, 1)), stsc(*((1 + number, 1, 1 + number) for number in range(count)))
    places = stsz_constant(1, count), stco(*range(DATA, DATA + count))
    return movie(trak((*tables, *places), entries=entries), data=bytes(count))


def parameter_sets(count: int) -> bytes:
    """As many as a record may list, of no bytes each."""
    record = bytes.fromhex("01 01 60000000 900000000000 5d f000 fc fd f8 f8 0000 0f 0a")
    record += (b"\x20" + u16(count // 10) + bytes(count // 10 * 2)) * 10
    entry = visual("hvc1", box("hvcC", record))
    return movie(trak((stts((1, 1)), stsc((1, 1, 1)), stsz_constant(1, 1), stco(DATA)), entries=(entry,)))


CUTS = [(400, 80, 0x10000), (400, 9080, 0x10000)] * 500
BOMBS = {
    "durations": bomb(MOST, stts(*halves(MOST))),
    "compositions": bomb(MOST, stts((MOST, 1)), ctts(*halves(MOST))),
    "both, and flags": bomb(MOST // 3, stts(*halves(MOST // 3)), ctts(*halves(MOST // 3)), stss(1)),
    "edits": bomb(MOST // 2, stts(*halves(MOST // 2)), ctts(*halves(MOST // 2)), edits=CUTS),
    "edits of sound": bomb(MOST, stts(*halves(MOST)), handler="soun", edits=CUTS),
    "samples of no bytes": no_bytes(MAX_EDITED_SAMPLES),
    "descriptions": descriptions(MAX_FORMAT_CHANGES),
    "more descriptions": descriptions(MAX_CHILDREN),
    "parameter sets": parameter_sets((MAX_SAMPLE_ENTRIES_BYTES - 1000) // 2),
    "silence": silence(100, 295 * 6),
    "silence for days": silence(100, 49_000 * 6),
    "subtitles": subtitles(20),
    "more than the file": movie(trak((stts((2**32 - 1, 1)), stsc((1, 2**32 - 1, 1)),
                                      stsz_constant(1, 2**32 - 1), stco(DATA)), entries=(AVC_ENTRY,))),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(BOMBS))
def test_a_bomb_costs_no_more_than_any_file_may(name: str, tmp_path: Path) -> None:
    path = tmp_path / "bomb.mp4"
    path.write_bytes(BOMBS[name])
    folders = (str(tmp_path), str(tmp_path / "index"))
    command = [sys.executable, "-m", "tests.roundtrip.measured", *folders, str(path)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, timeout=200)
    cost = Cost(**json.loads(done.stdout))
    assert (cost.ended, cost.status in ("indexed", "refused")) == (0, True)
    assert cost.cpu_s <= MAX_CPU_S
    assert cost.memory_bytes <= MAX_MEMORY_BYTES
