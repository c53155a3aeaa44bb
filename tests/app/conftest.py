"""Fixtures of the server's tests: archives, an application without a socket, and real servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from webtest import TestApp

from app.settings import Settings
from app.wsgi import create_app
from tests.app.made_archive import MadeArchive, make_archive
from tests.app.running_origin import Origin, running_origin
from tests.nginx.running_stack import running_stack


class Client(TestApp):  # type: ignore[misc]  # WebTest has no types
    """Errors are answers like any other here."""

    def do_request(self, req: Any, status: Any = None, expect_errors: Any = None) -> Any:
        return super().do_request(req, status or "*", expect_errors)


MakeArchive = Callable[..., MadeArchive]
StartOrigin = Callable[..., AbstractContextManager[Origin]]


@pytest.fixture
def make(media_dir: Path, index_dir: Path) -> MakeArchive:
    """`make("folder/film", segments=3)` puts an archive and its index where the origin looks."""
    return partial(make_archive, media_dir, index_dir)


@pytest.fixture
def archive(make: MakeArchive) -> MadeArchive:
    return make("film")


@pytest.fixture
def client(media_dir: Path, index_dir: Path) -> Client:
    """The application over those folders; asks without a socket, and WebTest checks every answer's form."""
    settings = Settings(media_dir=str(media_dir), index_dir=str(index_dir), permit_wait_timeout_s=0.05)
    return Client(create_app(settings))


@pytest.fixture
def start(media_dir: Path, index_dir: Path, tmp_path: Path) -> StartOrigin:
    """`with start("--workers", "1") as origin:` is a real server over those folders."""
    return partial(running_origin, media_dir, index_dir, tmp_path / "origin.log")


WAYS = (
    "sendfile",
    pytest.param("splice", marks=pytest.mark.nginx),
    pytest.param("proxied", marks=pytest.mark.nginx),
)


@pytest.fixture(scope="module", params=WAYS)
def delivered(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Origin]:
    """A running origin, once for each way that media is delivered; its folders are the module's to fill."""
    folder = tmp_path_factory.mktemp("delivered")
    media_dir, index_dir, log = folder / "media", folder / "index", folder / "origin.log"
    media_dir.mkdir()
    index_dir.mkdir()
    if request.param == "sendfile":
        starting: AbstractContextManager[Origin] = running_origin(media_dir, index_dir, log, "--workers", "1")
    else:
        starting = running_stack(
            media_dir, index_dir, log, "--workers", "1", splice=request.param == "splice"
        )
    with starting as origin:
        yield origin
