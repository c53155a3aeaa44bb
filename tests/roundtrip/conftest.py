"""Fixtures of the round trip: the corpus indexed once, each file measured, and served by both deliveries."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.app.running_origin import Origin, running_origin
from tests.nginx.running_stack import running_stack
from tests.roundtrip.measured import Cost

INDEXING_TIMEOUT_S = 280

StartServer = Callable[..., AbstractContextManager[Origin]]


@pytest.fixture(scope="session")
def index_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the corpus is indexed to, by `costs`."""
    return tmp_path_factory.mktemp("corpus") / "index"


@pytest.fixture(scope="session")
def costs(corpus: Path, index_dir: Path) -> dict[str, Cost]:
    """What indexing each file of the corpus came to."""
    return index_corpus(corpus, index_dir)


@pytest.fixture(
    scope="module",
    params=["sendfile", pytest.param("splice", marks=pytest.mark.requires_tool("nginx", "nginx-perl"))],
)
def corpus_origin(
    request: pytest.FixtureRequest, corpus: Path, costs: dict[str, Cost], index_dir: Path
) -> Iterator[Origin]:
    """A real server of the indexed corpus, once for each way that media is delivered."""
    start: StartServer = running_origin if request.param == "sendfile" else running_stack
    log = index_dir.with_name(f"{request.param}.log")
    with start(corpus, index_dir, log, "--workers", "1") as origin:
        yield origin


def corpus_files(corpus: Path) -> list[str]:
    """Paths of the media files within the corpus, in order."""
    return sorted(str(path.relative_to(corpus)) for path in corpus.glob("*/**/*") if path.is_file())


def index_corpus(corpus: Path, index_dir: Path) -> dict[str, Cost]:
    files = corpus_files(corpus)
    command = [sys.executable, "-m", "tests.roundtrip.measured", str(corpus), str(index_dir)]
    done = subprocess.run(
        [*command, *(str(corpus / file) for file in files)],
        stdout=subprocess.PIPE, check=True, timeout=INDEXING_TIMEOUT_S, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    found = [Cost(**json.loads(line)) for line in done.stdout.splitlines()]
    return dict(zip(files, found, strict=True))
