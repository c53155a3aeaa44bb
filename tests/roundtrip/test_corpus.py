"""The media corpus: each file is served exactly or refused by name, and none costs more than it may."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest

from tests.app.running_origin import Origin
from tests.roundtrip.conftest import corpus_files
from tests.roundtrip.expected import FFMPEG_READS_OTHERWISE, REFUSALS, REFUSED, SERVED
from tests.roundtrip.measured import Cost
from tests.roundtrip.played import differences, playlist_url

pytestmark = pytest.mark.corpus

MAX_CPU_S = 20
MAX_MEMORY_BYTES = 64 << 20
MAX_MEMORY_PER_STRUCTURE_BYTE = 8


def test_every_file_is_expected(corpus: Path) -> None:
    assert corpus_files(corpus) == sorted([*SERVED, *REFUSED])


@pytest.mark.parametrize("file", sorted([*SERVED, *REFUSED]))
def test_indexing_is_bounded(file: str, corpus: Path, costs: dict[str, Cost]) -> None:
    cost = costs[file]
    assert cost.ended == 0, "its indexer was killed or raised something that is no SourceError"
    assert cost.cpu_s <= MAX_CPU_S
    allowed = MAX_MEMORY_BYTES + MAX_MEMORY_PER_STRUCTURE_BYTE * structure_bytes(corpus / file)
    assert cost.memory_bytes <= allowed


@pytest.mark.parametrize(("file", "word"), sorted(REFUSED.items()))
def test_refused_by_name(file: str, word: str, costs: dict[str, Cost]) -> None:
    cost = costs[file]
    assert cost.status == ("unfinished" if word == "unfinished" else "refused")
    assert re.match(REFUSALS[word], cost.text), cost.text
    assert re.fullmatch(r"[^\n]+; [^\n]+", cost.text), "one line, with what to do at its end"


@pytest.mark.parametrize("file", sorted(SERVED))
def test_served_exactly(file: str, corpus: Path, costs: dict[str, Cost], corpus_origin: Origin) -> None:
    assert costs[file].status == "indexed", costs[file].text
    url = playlist_url(corpus_origin.base, file)
    expected = FFMPEG_READS_OTHERWISE.get(file, ())
    assert tuple(differences(corpus / file, url, SERVED[file])) == expected


def structure_bytes(path: Path) -> int:
    """Bytes of `moov` and `moof` boxes, as far as the top level of the file can be walked."""
    data, at, found = path.read_bytes(), 0, 0
    while at + 16 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, at + 8)
        size = size or len(data) - at
        if size < 8:
            break
        found += size if kind in (b"moov", b"moof") else 0
        at += size
    return min(found, len(data))
