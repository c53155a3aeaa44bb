"""What every test may rely on: the tools a case needs are here, or it says which one is not.

A case says `@pytest.mark.requires_tool("strace")`, or asks the `tool` fixture for a program's path; the
markers `nginx`, `browser` and `corpus` imply theirs. Where a tool is missing the case is skipped with the
way to get it, and on CI (`CI=true`) it fails: what CI does not run, nobody does. The corpus alone may be
absent on CI too, since its files are not ours to publish.

`make test` runs in a process a core, each with its own fixtures: a port is one that the kernel gives and
keeps for the case (`free_port`), a folder is below `tmp_path`, and what takes long to make and is only read
is had from `made_once`. No case can count on the machine for itself: it waits for a condition, not for a
time, and gives that condition long.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.free_port import free_port
from tests.setup.tools import TOOLS

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"
ON_CI = os.environ.get("CI", "").lower() in ("1", "true")
IMPLIED_BY_MARKER = {"nginx": ("nginx", "nginx-perl"), "browser": ("chromium", "libatomic", "players")}
MISSING = "not installed: "

settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")


def find_tool(name: str) -> str:
    """The path of a tool of `tests.setup.tools`; skips the case (fails it on CI) where it is missing."""
    path = TOOLS[name].find()
    if path is None:
        reason = f"{MISSING}{name} ({TOOLS[name].how_to_get})"
        if ON_CI:
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    return path


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-goldens", action="store_true", help="write tests/golden/*.txt anew")


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers():
        named = marker.args if marker.name == "requires_tool" else IMPLIED_BY_MARKER.get(marker.name, ())
        for name in named:
            find_tool(name)
    if item.get_closest_marker("corpus") and not CORPUS.is_dir():
        pytest.skip(f"{MISSING}corpus (a folder of media at ../shared/corpus)")


@pytest.fixture
def media_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "media"
    folder.mkdir()
    return folder


@pytest.fixture
def index_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "index"
    folder.mkdir()
    return folder


@pytest.fixture
def port() -> Iterator[int]:
    """For a server that has to be told its port."""
    with free_port() as port:
        yield port


@pytest.fixture
def metrics_address() -> Iterator[str]:
    """For `--metrics-bind`."""
    with free_port() as port:
        yield f"127.0.0.1:{port}"


@pytest.fixture(scope="session")
def tool() -> Callable[[str], str]:
    """`tool("ffprobe")` is its path, or the end of a case that cannot do without."""
    return find_tool


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of media files by other people; a case that uses it is marked `corpus`."""
    return CORPUS


MadeOnce = Callable[[str, Callable[[Path], object]], Path]


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> MadeOnce:
    """`made_once("clips", make)` is a folder that `make` has filled, once a run for all of its processes."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own

    def folder_of(name: str, make: Callable[[Path], object]) -> Path:
        folder = shared / name
        with (shared / f"{name}.lock").open("a+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            lock.seek(0)
            if not lock.read():
                shutil.rmtree(folder, ignore_errors=True)  # of one that failed
                folder.mkdir()
                make(folder)
                lock.write("made")
        return folder

    return folder_of


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line a missing tool, with the number of cases that it cost."""
    reasons = [str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])]
    lost = Counter(hit[1] for reason in reasons if (hit := re.search(MISSING + r"(\S+)", reason)))
    for name, cases in lost.most_common():
        remedy = TOOLS[name].how_to_get if name in TOOLS else "see the README"
        terminalreporter.write_line(f"skipped {cases} cases without {name}: {remedy}", yellow=True)
