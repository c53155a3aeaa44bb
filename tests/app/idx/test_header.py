"""The header of an `.idx` read alone, as lists do."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.idx.header import read_header
from app.idx.view import read_idx
from app.plan import FileIdentity
from tests.app.idx.sealed import HEADER, sealed

WHOLE = sealed(HEADER)


def test_nothing_that_follows_it_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "film.idx").write_bytes(WHOLE[:-40])
    whole = read_idx(FileIdentity("film.idx", 0, 0, 0, 0), memoryview(WHOLE))
    assert read_header(str(tmp_path / "film.idx")) == whole.header


@pytest.mark.parametrize("content", [b"", WHOLE[:20], WHOLE[:30], sealed(HEADER, version=9)])
def test_what_is_no_index_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "film.idx").write_bytes(content)
    with pytest.raises(ValueError, match=r"no index|exceeds|incomplete"):
        read_header(str(tmp_path / "film.idx"))
