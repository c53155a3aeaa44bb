"""Fixtures of the production path: a spliced origin for a module, and archives in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.made_archive import MadeArchive, make_archive
from tests.nginx.kept_plans import NAMES
from tests.nginx.running_stack import StackOrigin, running_stack


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `media` and `index`, which all stacks of the session serve."""
    folder = tmp_path_factory.mktemp("stack")
    (folder / "media").mkdir()
    (folder / "index").mkdir()
    return folder


@pytest.fixture(scope="session")
def spliced(folders: Path) -> Iterator[StackOrigin]:
    """nginx that splices, in front of two workers."""
    log, flags = folders / "spliced.log", ("--workers", "2", "--access-log", "on")
    with running_stack(folders / "media", folders / "index", log, *flags) as origin:
        yield origin
    assert re.findall(r".*\.pm line .*", log.read_text()) == []  # Perl's warnings


@pytest.fixture(scope="session")
def proxied(folders: Path) -> Iterator[StackOrigin]:
    """nginx without Perl, in front of the same folders."""
    log = folders / "proxied.log"
    with running_stack(folders / "media", folders / "index", log, "--workers", "1", splice=False) as origin:
        yield origin


@pytest.fixture
def film(spliced: StackOrigin) -> MadeArchive:
    """An archive that only this case touches."""
    return make_archive(spliced.media_dir, spliced.index_dir, next(NAMES))
