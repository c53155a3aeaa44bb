"""Audio from the sidecar and from the archive: a client gets the same bytes, whatever happens to the file."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from app.catalog import Catalog
from app.idx.view import open_idx
from indexer.archives import find_archives
from indexer.pipeline import Options, index_archive
from tests.app.running_origin import Origin
from tests.indexer.conftest import film
from tests.media.mp4_file import write_mp4

NAMES = (f"sung-{number}" for number in count())


def indexed(media_dir: Path, index_dir: Path, name: str) -> Path:
    """An archive with a sidecar, whose path this is."""
    archive = write_mp4(media_dir / f"{name}.mp4", film())
    (found,) = find_archives([str(archive)], str(media_dir), str(index_dir))
    assert index_archive(found, Options(audio_sidecar=True)).status == "indexed"
    return index_dir / f"{name}.idx.audio"


def overwrite(path: Path) -> None:
    """Other bytes of the same length in another file of that name."""
    other = path.with_name("other")
    other.write_bytes(bytes(path.stat().st_size))
    os.replace(other, path)


@pytest.mark.parametrize("spoil", [os.unlink, overwrite, lambda path: os.truncate(path, 0)])
def test_a_client_does_not_notice(delivered: Origin, spoil: Callable[[Path], None]) -> None:
    name = next(NAMES)
    sidecar = indexed(delivered.media_dir, delivered.index_dir, name)
    idx = open_idx(str(delivered.index_dir / f"{name}.idx"))
    url = f"/v/{name}/audio/seg_0002.m4s?v={idx.version}"
    before = delivered.get(url)
    start, stop = idx.tracks[1].sidecar_offset[1:3]  # type: ignore[index]
    assert before.status == 200
    assert before.body.endswith(sidecar.read_bytes()[start:stop])
    spoil(sidecar)
    whole, part = delivered.get(url), delivered.get(url, Range="bytes=200-400")
    assert (whole.status, whole.body) == (200, before.body)
    assert (part.status, part.body) == (206, before.body[200:401])
    assert whole.headers["etag"] == part.headers["etag"] == before.headers["etag"]
    assert delivered.get(url, If_None_Match=before.headers["etag"]).status == 304


def test_an_archive_that_is_gone_takes_its_sidecar_along(delivered: Origin) -> None:
    name = next(NAMES)
    indexed(delivered.media_dir, delivered.index_dir, name)
    version = open_idx(str(delivered.index_dir / f"{name}.idx")).version
    url = f"/v/{name}/audio/seg_0001.m4s?v={version}"
    assert delivered.get(url).status == 200
    (delivered.media_dir / f"{name}.mp4").unlink()
    assert delivered.get(url).status == 404


def test_each_request_looks_and_the_log_hears_of_it_once(
    media_dir: Path, index_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sidecar = indexed(media_dir, index_dir, "film")
    catalog = Catalog(str(media_dir), str(index_dir), max_open=2)
    first = catalog.find("film")
    assert first.idx.sidecar
    assert first.idx.sidecar.path == str(sidecar)
    assert catalog.find("film") is first
    away = sidecar.rename(sidecar.with_name("away"))
    with caplog.at_level(logging.WARNING):
        assert [catalog.find("film").idx.sidecar for _ in range(3)] == [None] * 3
    assert caplog.messages == [
        f"{sidecar}: missing, or not as it was written; run vodsplice-index --audio-sidecar"
    ]
    away.rename(sidecar)
    assert catalog.find("film").idx.sidecar == first.idx.sidecar


def test_the_log_hears_of_one_that_was_never_there(
    media_dir: Path, index_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sidecar = indexed(media_dir, index_dir, "film")
    away = sidecar.rename(sidecar.with_name("away"))
    catalog = Catalog(str(media_dir), str(index_dir), max_open=2)
    line = f"{sidecar}: missing, or not as it was written; run vodsplice-index --audio-sidecar"
    for times in (1, 2):
        with caplog.at_level(logging.WARNING):
            assert [catalog.find("film").idx.sidecar for _ in range(3)] == [None] * 3
        assert caplog.messages == [line] * times
        away.rename(sidecar)
        assert catalog.find("film").idx.sidecar
        sidecar.rename(away)


def test_a_link_that_leaves_the_folder_is_no_sidecar(media_dir: Path, index_dir: Path) -> None:
    sidecar = indexed(media_dir, index_dir, "film")
    outside = sidecar.rename(index_dir.parent / "outside")
    sidecar.symlink_to(outside)
    assert Catalog(str(media_dir), str(index_dir), max_open=2).find("film").idx.sidecar is None
