"""A browser, clips it can play, an origin that serves them, and a page elsewhere that holds the players."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.app.running_origin import Origin, running_origin
from tests.nginx.running_stack import running_stack
from tests.player.clips import Sound, write_clip

HERE = Path(__file__).parent
SEGMENT_S = 2
PATIENCE_S = 60
"""For whatever a browser is waited for; harness.js has the same."""

CHROMIUM_FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
    "--autoplay-policy=no-user-gesture-required", "--mute-audio",
)  # fmt: skip


def index(media_dir: Path, index_dir: Path) -> None:
    """What an operator runs after archives have come or changed."""
    folders = ("--media-dir", str(media_dir), "--index-dir", str(index_dir))
    command = [str(Path(sys.executable).with_name("vodsplice-index")), *folders, "--jobs", "1"]
    options = ("--segment-duration", str(SEGMENT_S))
    done = subprocess.run([*command, *options, str(media_dir)], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Picture and sound; to be copied wherever a test needs an archive."""
    return write_clip(tmp_path_factory.mktemp("clips") / "clip.mp4")


@pytest.fixture(scope="session")
def library(clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `media` and `index`: one archive of each kind."""
    folder = tmp_path_factory.mktemp("library")
    media_dir = folder / "media"
    media_dir.mkdir()
    (media_dir / "both.mp4").write_bytes(clip.read_bytes())
    write_clip(media_dir / "picture only.mp4", sounds=())
    write_clip(media_dir / "sound only.mp4", video=None)
    write_clip(media_dir / "two languages.mp4", sounds=(Sound("eng"), Sound("deu")))
    index(media_dir, folder / "index")
    return folder


Serving = AbstractContextManager[Origin]


def serving(run: Callable[..., Serving], folder: Path, *flags: str) -> Serving:
    """What `run` makes of one worker and a `folder` with `media` and `index`, with a log of its own there."""
    log = folder / f"{run.__name__}-{len(list(folder.glob('*.log')))}.log"
    return run(folder / "media", folder / "index", log, "--workers", "1", *flags)


@pytest.fixture(scope="session")
def origin(library: Path) -> Iterator[Origin]:
    """That library, served by gunicorn alone."""
    with serving(running_origin, library) as running:
        yield running


@pytest.fixture(scope="session")
def stack(library: Path) -> Iterator[Origin]:
    """That library, served by nginx that splices."""
    with serving(running_stack, library) as running:
        yield running


@pytest.fixture(params=["origin", pytest.param("stack", marks=pytest.mark.nginx)])
def delivered(request: pytest.FixtureRequest) -> Origin:
    """Each way that media is delivered."""
    found: Origin = request.getfixturevalue(request.param)
    return found


class _Quiet(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Not on the test's output."""


@pytest.fixture(scope="session")
def players_site() -> Iterator[str]:
    """The harness and the players, on an origin that is not the media's."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(HERE))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="session")
def chromium(tool: Callable[[str], str]) -> Iterator[Browser]:
    expect.set_options(timeout=1000 * PATIENCE_S)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=tool("chromium"), args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


OpenTab = Callable[..., "Tab"]
StartOwn = Callable[..., Serving]


class Tab:
    """A page in a context of its own. `complaints` are the browser's, `requests` the URLs it asked for."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))

    def _note(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)


@pytest.fixture
def open_tab(chromium: Browser) -> Iterator[OpenTab]:
    """`open_tab(viewport=…)`: a new tab; its arguments are those of a browser context."""
    contexts = []

    def open_one(**options: Any) -> Tab:
        context = chromium.new_context(**options)
        context.set_default_timeout(1000 * PATIENCE_S)
        contexts.append(context)
        return Tab(context.new_page())

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture
def start_own(tmp_path: Path) -> StartOwn:
    """`with start_own() as origin:` is one with empty folders, for a test that changes what is in them."""
    for name in ("media", "index"):
        (tmp_path / name).mkdir()
    return partial(serving, running_origin, tmp_path)


@pytest.fixture
def lone(start_own: StartOwn, clip: Path) -> Iterator[Origin]:
    """An origin with one archive, to be changed at will."""
    with start_own() as origin:
        (origin.media_dir / "Lone film.mp4").write_bytes(clip.read_bytes())
        index(origin.media_dir, origin.index_dir)
        yield origin
