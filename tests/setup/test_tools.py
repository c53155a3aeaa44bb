"""A case whose tool is missing is skipped with the way to get it, and fails on CI."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.setup import tools
from tests.setup.tools import ROOT, Tool

CASES = """
import pytest

@pytest.mark.requires_tool("strace")
def test_with_marker(): ...

def test_with_fixture(tool):
    tool("strace")

@pytest.mark.requires_tool("sh")
def test_with_what_is_here(): ...

@pytest.mark.corpus
def test_with_corpus(corpus): ...
"""
HOOKS = """
from pathlib import Path
from tests import conftest
from tests.conftest import *
from tests.setup.tools import TOOLS, Tool

TOOLS["strace"] = Tool("strace", ("no-such-program",), ("strace",))
TOOLS["sh"] = Tool("sh", ("sh",), ("dash",))
conftest.CORPUS = Path("no-such-folder")
"""


def run_cases(folder: Path, ci: str) -> subprocess.CompletedProcess[str]:
    (folder / "conftest.py").write_text(HOOKS)
    (folder / "test_cases.py").write_text(CASES)
    config = ["-c", str(ROOT / "pyproject.toml"), "--rootdir", str(folder), "-p", "no:cacheprovider"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *config, str(folder)],
        cwd=ROOT, env=os.environ | {"CI": ci}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_missing_tool_skips_and_says_how_to_get_it(tmp_path: Path) -> None:
    done = run_cases(tmp_path, ci="")
    assert "1 passed, 3 skipped" in done.stdout
    assert "skipped 2 cases without strace: apt-get install strace" in done.stdout
    assert "skipped 1 cases without corpus" in done.stdout
    assert done.returncode == 0


def test_missing_tool_fails_on_ci_and_missing_corpus_does_not(tmp_path: Path) -> None:
    done = run_cases(tmp_path, ci="true")
    assert "1 failed, 1 passed, 1 skipped, 1 error" in done.stdout
    assert "not installed: strace (apt-get install strace)" in done.stdout
    assert done.returncode == 1


def test_first_place_that_exists_is_the_tool(tmp_path: Path) -> None:
    module = tmp_path / "module.so"
    module.touch()
    assert Tool("module", ("/no/such/file", str(module)), ()).find() == str(module)
    assert Tool("module", ("no-such-program",), ()).find() is None


def test_each_package_is_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = tuple(Tool(name, ("no-such-program",), ("ffmpeg",)) for name in ("ffmpeg", "ffprobe"))
    monkeypatch.setattr(tools, "_ROWS", rows)
    assert tools.missing_packages() == ["ffmpeg"]
