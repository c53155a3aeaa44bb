"""Fixtures of the round trip: the corpus indexed once, each file measured, and served by both deliveries."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest

from tests.app.running_origin import Origin, running_origin
from tests.conftest import MadeOnce
from tests.nginx.running_stack import running_stack
from tests.roundtrip.measured import Cost

INDEXING_TIMEOUT_S = 280

StartServer = Callable[..., AbstractContextManager[Origin]]


@pytest.fixture(scope="session")
def indexed(corpus: Path, made_once: MadeOnce) -> Path:
    """What `index_corpus` makes, once a run."""
    return made_once(*indexing(corpus))


@pytest.fixture(scope="session")
def index_dir(indexed: Path) -> Path:
    """Where the corpus is indexed to."""
    return indexed / "index"


@pytest.fixture(scope="session")
def costs(corpus: Path, indexed: Path) -> dict[str, Cost]:
    """What indexing each file of the corpus came to."""
    return read_costs(corpus, indexed)


@pytest.fixture(
    scope="module",
    params=["sendfile", pytest.param("splice", marks=pytest.mark.requires_tool("nginx", "nginx-perl"))],
)
def corpus_origin(
    request: pytest.FixtureRequest, corpus: Path, index_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Origin]:
    """A real server of the indexed corpus, once for each way that media is delivered."""
    start: StartServer = running_origin if request.param == "sendfile" else running_stack
    log = tmp_path_factory.mktemp("corpus") / "log"
    with start(corpus, index_dir, log, "--workers", "1") as origin:
        yield origin


def corpus_files(corpus: Path) -> list[str]:
    """Paths of the media files within the corpus, in order."""
    return sorted(str(path.relative_to(corpus)) for path in corpus.glob("*/**/*") if path.is_file())


def indexing(corpus: Path) -> tuple[str, Callable[[Path], object]]:
    """For `made_once`: whoever asks for the indexed corpus has the same one."""
    return "indexed-corpus", partial(index_corpus, corpus)


def index_corpus(corpus: Path, folder: Path) -> dict[str, Cost]:
    """Make `index` and `costs` in the folder."""
    command = [sys.executable, "-m", "tests.roundtrip.measured", str(corpus), str(folder / "index")]
    with (folder / "costs").open("wb") as output:
        subprocess.run(
            [*command, *(str(corpus / file) for file in corpus_files(corpus))],
            stdout=output, check=True, timeout=INDEXING_TIMEOUT_S, cwd=Path(__file__).parents[2],
        )  # fmt: skip
    return read_costs(corpus, folder)


def read_costs(corpus: Path, folder: Path) -> dict[str, Cost]:
    found = [Cost(**json.loads(line)) for line in (folder / "costs").read_text().splitlines()]
    return dict(zip(corpus_files(corpus), found, strict=True))
