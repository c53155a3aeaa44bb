"""Rules that keep the tree what the README's map says: arrows, sizes, names, nothing of one machine."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OFFLINE_ONLY = {"indexer", "construct", "langcodes", "pysubs2", "av"}
SHARED_BY_APP = (
    "app.idx", "app.cmaf", "app.plan", "app.ttml", "app.timed_text", "app.webvtt", "app.clip",
    "app.archive_id", "app.errors", "app.file_names", "app.settings", "app.target_duration",
)  # fmt: skip
TOP_LEVEL = {
    "pyproject.toml", "app", "indexer", "deploy", "nginx", "tests",
    "README.md", "Makefile", "LICENSE", "CHANGELOG.md",
}  # fmt: skip
MAX_LINES = 300
SOURCES = {".py", ".pm", ".sh", ".js", ".css", ".html", ".conf"}


def tracked() -> list[Path]:
    """Files that git tracks and that are here, relative to the root."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]  # a CI's checkout may be another user's
    listing = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True)
    return [Path(name) for name in listing.stdout.split("\0") if name and (ROOT / name).exists()]


def imported_by(module: str) -> set[str]:
    """What a fresh interpreter has loaded after `import module`."""
    program = f"import {module}, sys; print(*sys.modules)"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True)
    return set(done.stdout.split())


def named_imports(path: Path) -> set[str]:
    """Modules that a file imports anywhere, within functions too, by their full names."""
    names: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / path).read_bytes())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are absolute"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def is_within(name: str, packages: tuple[str, ...] | set[str]) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


@pytest.mark.parametrize("module", ["app.wsgi", "app.cli"])
def test_request_side_loads_nothing_offline(module: str) -> None:
    assert {name for name in imported_by(module) if is_within(name, OFFLINE_ONLY)} == set()


@pytest.mark.parametrize("module", ["indexer.cli", "indexer.inspect_cli"])
def test_indexer_loads_only_the_contract_of_app(module: str) -> None:
    loaded = imported_by(module)
    of_app = {name for name in loaded if is_within(name, {"app"}) and name != "app"}
    assert {name for name in of_app if not is_within(name, SHARED_BY_APP)} == set()
    assert not loaded & {"flask", "werkzeug", "gunicorn", "av", "pysubs2"}


@pytest.mark.requires_tool("git")
def test_imports_point_one_way() -> None:
    wrong = {
        f"{path} imports {name}"
        for path in tracked()
        if path.suffix == ".py" and path.parts[0] in ("app", "indexer")
        for name in named_imports(path)
        if (path.parts[0] == "app" and is_within(name, OFFLINE_ONLY))
        or (path.parts[0] == "indexer" and is_within(name, {"app"}) and not is_within(name, SHARED_BY_APP))
        or (is_within(name, {"av"}) and path.parts[1] not in ("demo", "storyboard"))
        or is_within(name, {"tests", "deploy"})
    }
    assert wrong == set()


@pytest.mark.requires_tool("git")
def test_package_files_hold_a_docstring_only() -> None:
    for path in tracked():
        if path.name == "__init__.py":
            body = ast.parse((ROOT / path).read_bytes()).body
            assert [type(node) for node in body] == [ast.Expr], path


@pytest.mark.requires_tool("git")
def test_no_source_file_is_longer_than_300_lines() -> None:
    lengths = {p: (ROOT / p).read_bytes().count(b"\n") for p in tracked() if p.suffix in SOURCES}
    assert {str(path): lines for path, lines in lengths.items() if lines > MAX_LINES} == {}


@pytest.mark.requires_tool("git")
def test_top_level_is_the_agreed_one() -> None:
    assert {p.parts[0] for p in tracked() if not p.parts[0].startswith(".")} <= TOP_LEVEL


@pytest.mark.requires_tool("git")
def test_no_file_names_a_machine_or_a_registry() -> None:
    # Written with classes of one character, so that this file does not name them either.
    pattern = rb"(?<![\w.-])/(w[o]rk|f[a]rm|r[o]ot)/[a-z.]|registry\.n[p]mjs|files\.p[y]thonhosted"
    hits = ((path, hit) for path in tracked() for hit in re.finditer(pattern, (ROOT / path).read_bytes()))
    assert [f"{path}: {hit[0].decode()}" for path, hit in hits] == []
