"""Nodes fetch the indexes from the machine that makes them: the README's line and the provided example."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.running_origin import eventually
from tests.deploy.test_images import readme_commands
from tests.free_port import is_open
from tests.test_architecture import ROOT

NODES = "10.0.0.0/24"
pytestmark = [pytest.mark.requires_tool("rsync"), pytest.mark.requires_tool("ffmpeg")]


@pytest.fixture
def nodes() -> str:
    """Who may fetch."""
    return "127.0.0.1"


@pytest.fixture
def indexer(index_dir: Path, tmp_path: Path, port: int, nodes: str) -> Iterator[Path]:
    """The index folder of the machine that indexes, where rsync listens at `port`."""
    example = (ROOT / "deploy" / "rsyncd.conf.example").read_text()
    conf = tmp_path / "rsyncd.conf"
    assert example.count(NODES) == 1
    conf.write_text(example.replace("/var/lib/vodsplice", str(index_dir)).replace(NODES, nodes))
    words = ["rsync", "--daemon", "--no-detach", f"--config={conf}", "--address=127.0.0.1", f"--port={port}"]
    process = subprocess.Popen(words)
    try:
        assert eventually(lambda: is_open(port) or process.poll() is not None)
        yield index_dir
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def fetch(node: Path, port: int) -> int:
    """What cron runs on the node, and its status."""
    (line,) = (line for line in readme_commands("Many machines") if line.startswith("* * * * * vodsplice "))
    command = line.removeprefix("* * * * * vodsplice ").replace("/var/lib/vodsplice", str(node))
    command = command.replace("indexer.example.org::", f"rsync://127.0.0.1:{port}/")
    assert command.count(str(node)) == 2
    return subprocess.run(["sh", "-c", command], check=False).returncode


def shape(folder: Path) -> dict[str, tuple[bytes, int]]:
    """What the origin compares of files: their bytes and times, by their paths."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def test_a_node_has_what_the_indexer_has(indexer: Path, tmp_path: Path, port: int) -> None:
    node = tmp_path / "node"
    node.mkdir()
    (indexer / "films").mkdir()
    for name in ("films/a.idx", "films/a.idx.audio", "b.title"):
        (indexer / name).write_bytes(name.encode())
    (indexer / ".vodsplice-0123.tmp").write_bytes(b"half of one")
    assert fetch(node, port) == 0
    (indexer / ".vodsplice-0123.tmp").unlink()
    assert shape(node) == shape(indexer)
    (indexer / "films/a.idx").write_bytes(b"made anew")
    (indexer / "b.title").unlink()
    assert fetch(node, port) == 0
    assert shape(node) == shape(indexer)


def is_locked(folder: Path) -> bool:
    return subprocess.run(["flock", "-n", str(folder), "true"], check=False).returncode == 1


def test_one_at_a_time(indexer: Path, tmp_path: Path, port: int) -> None:
    """The next minute comes before a large catalogue is there for the first time."""
    node = tmp_path / "node"
    node.mkdir()
    (indexer / "a.idx").write_bytes(b"a")
    with subprocess.Popen(["flock", str(node), "cat"], stdin=subprocess.PIPE) as other:
        assert eventually(lambda: is_locked(node))
        assert fetch(node, port) == 1
        assert shape(node) == {}
        other.communicate()
    assert fetch(node, port) == 0
    assert shape(node) == shape(indexer)


@pytest.mark.parametrize("nodes", [NODES])
def test_nobody_else(indexer: Path, tmp_path: Path, port: int) -> None:
    """This machine is none of the example's nodes."""
    node = tmp_path / "node"
    node.mkdir()
    (indexer / "a.idx").write_bytes(b"a")
    assert fetch(node, port) != 0
    assert shape(node) == {}


def test_nothing_else(indexer: Path, tmp_path: Path, port: int) -> None:
    """Nothing can be put there."""
    theirs = tmp_path / "theirs.idx"
    theirs.write_bytes(b"theirs")
    there = f"rsync://127.0.0.1:{port}/vodsplice/"
    done = subprocess.run(["rsync", str(theirs), there], check=False, capture_output=True, text=True)
    assert done.returncode != 0
    assert "read only" in done.stderr
    assert shape(indexer) == {}
