"""Writing an index: its layout, and that it is published whole or not at all, whatever fails on the way."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import resource
import signal
import struct
import subprocess
import sys
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path

import msgpack
import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from app.idx.header import Header, IFrameFacts, SourceFacts
from indexer.write import narrowest, pack_idx, publish, sweep

ROOT = Path(__file__).parents[2]
OLD, NEW = b"old index", b"new index" * 1000

PUBLISH = """
import sys
from indexer.write import publish
try:
    publish(sys.argv[1], b"new index" * 1000)
except OSError as error:
    sys.exit(error.errno)
"""

HEADER = Header(
    generator="tests", source=SourceFacts("a.mp4", 1, 2, "00", "fast"), timescale=1, segment_count=1,
    segment_duration_ms=6000, slop=0.0, title="", tracks=(), views=(), texts=(), subtitle_files=(),
    iframes=IFrameFacts(0, 0), chapters=(), notes=(), columns={},
)  # fmt: skip

values = st.one_of(
    st.integers(0, 300), st.integers(-300, 70_000), st.integers(0, 2**40), st.integers(-(2**63), 0)
)
columns = st.dictionaries(
    st.text("abc._", min_size=1, max_size=8),
    st.lists(values, max_size=9).map(lambda column: array("q", column)),
)


@given(columns)
def test_layout_is_as_documented(given_columns: dict[str, array[int]]) -> None:
    content = pack_idx(HEADER, given_columns)
    magic, version, header_bytes, file_bytes = struct.unpack_from("<8sIIQ", content)
    assert (magic, version, file_bytes) == (b"\x89VSI\r\n\x1a\n", 2, len(content))
    assert content[-32:] == blake3(content[:-32]).digest()
    header = msgpack.unpackb(content[24 : 24 + header_bytes])
    end = 24 + header_bytes
    assert header["columns"].keys() == given_columns.keys()
    for name, (offset, typecode, count) in header["columns"].items():
        assert offset % 8 == 0
        assert 0 <= offset - end < 8
        assert set(content[end:offset]) <= {0}
        end = offset + count * array(typecode).itemsize
        assert array(typecode, content[offset:end]).tolist() == given_columns[name].tolist()
    assert end == len(content) - 32


@pytest.mark.parametrize(
    ("column", "typecode"),
    [
        ([], "B"), ([0, 255], "B"), ([256], "H"), ([65_536], "I"), ([2**32], "Q"), ([2**63 - 1], "Q"),
        ([-1], "b"), ([-128, 127], "b"), ([-1, 128], "h"), ([-(2**15) - 1], "i"), ([-1, 2**31], "q"),
    ],
)  # fmt: skip
def test_columns_are_as_narrow_as_can_be(column: list[int], typecode: str) -> None:
    narrow = narrowest(array("q", column))
    assert (narrow.typecode, narrow.tolist()) == (typecode, column)


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """An index that is there already, alone in its folder."""
    path = tmp_path / "folder" / "film.idx"
    path.parent.mkdir()
    path.write_bytes(OLD)
    return path


def in_folder_of(path: Path) -> list[str]:
    return sorted(os.listdir(path.parent))


def test_an_index_is_replaced(index: Path) -> None:
    publish(str(index), NEW)
    assert index.read_bytes() == NEW
    assert in_folder_of(index) == ["film.idx"]
    assert index.stat().st_mode & 0o777 == 0o644 & ~current_umask()


def current_umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_folders_are_made(tmp_path: Path) -> None:
    publish(str(tmp_path / "a" / "b" / "film.idx"), NEW)
    assert (tmp_path / "a" / "b" / "film.idx").read_bytes() == NEW


def test_who_reads_the_old_one_goes_on_reading_it(index: Path) -> None:
    with index.open("rb") as reader:
        publish(str(index), NEW)
        assert reader.read() == OLD


def test_a_link_in_the_place_of_the_index_is_replaced_not_followed(index: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    index.unlink()
    index.symlink_to(victim)
    publish(str(index), NEW)
    assert (victim.read_bytes(), index.is_symlink(), index.read_bytes()) == (b"precious", False, NEW)


def test_a_link_in_the_place_of_the_temporary_file_is_not_followed(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    monkeypatch.setattr(os, "urandom", lambda _: b"guessed")
    (index.parent / f".vodsplice-{b'guessed'.hex()}.tmp").symlink_to(victim)
    with pytest.raises(FileExistsError):
        publish(str(index), NEW)
    assert (victim.read_bytes(), index.read_bytes()) == (b"precious", OLD)


def test_a_file_that_grows_too_large_leaves_the_old_index(index: Path) -> None:
    """The kernel takes a part of it first, then refuses."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(NEW) - 1, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            publish(str(index), NEW)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert index.read_bytes() == OLD
    assert in_folder_of(index) == ["film.idx"]


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "film").write_bytes(b"a file")
    with pytest.raises(NotADirectoryError):
        publish(str(tmp_path / "film" / "deep" / "film.idx"), NEW)


Traced = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def traced(index: Path, tool: Callable[[str], str], tmp_path: Path) -> Traced:
    """Publish in a process of its own under strace, with one of its system calls tampered with."""
    log = tmp_path / "strace.log"

    def run(*options: str) -> subprocess.CompletedProcess[str]:
        program = [sys.executable, "-c", PUBLISH, str(index)]
        done = subprocess.run(
            [tool("strace"), "-o", str(log), *options, *program],
            cwd=ROOT, check=False, capture_output=True, text=True, timeout=30,
        )  # fmt: skip
        return subprocess.CompletedProcess(done.args, done.returncode, log.read_text(), done.stderr)

    return run


CALLS = {
    "create": r"openat\(.*\.vodsplice-.*O_EXCL",
    "lock": r"flock\(",
    "write": r"write\(",
    "flush": r"fsync\(",
    "rename": r"rename\(.*\.vodsplice-",
    "open folder": r"openat\(.*O_DIRECTORY\) =",
    "flush folder": r"fsync\(",
}
"""The system calls of `publish` in their order, by what they do; each is found in a trace by a pattern."""


def tampering(trace: str, call: str, tamper: str) -> str:
    """strace's option that tampers with `call`, which it counts by name from the start of the process."""
    lines = trace.splitlines()
    hits = [number for number, line in enumerate(lines) if re.match(CALLS[call], line)]
    number = hits[-1] if call in ("flush folder", "open folder") else hits[0]
    name = lines[number].partition("(")[0]
    nth = sum(line.startswith(name + "(") for line in lines[: number + 1])
    return f"inject={name}:{tamper}:when={nth}"


@pytest.mark.requires_tool("strace")
def test_any_call_that_fails_leaves_a_whole_index_and_no_litter(traced: Traced, index: Path) -> None:
    trace = traced().stdout
    assert index.read_bytes() == NEW
    for call, name in (
        ("create", "ENOSPC"), ("lock", "ENOLCK"), ("write", "ENOSPC"), ("flush", "EIO"), ("rename", "EIO"),
        ("open folder", "EMFILE"), ("flush folder", "EIO"),
    ):  # fmt: skip
        index.write_bytes(OLD)
        done = traced("-e", tampering(trace, call, f"error={name}"))
        assert done.returncode == getattr(errno, name), (call, done.stderr)
        assert index.read_bytes() == (NEW if "folder" in call else OLD), call
        assert in_folder_of(index) == ["film.idx"], call


@pytest.mark.requires_tool("strace")
def test_interrupted_calls_are_made_again(traced: Traced, index: Path) -> None:
    trace = traced().stdout
    for call in ("create", "lock", "write", "flush", "flush folder"):
        index.write_bytes(OLD)
        done = traced("-e", tampering(trace, call, "error=EINTR"))
        assert (done.returncode, index.read_bytes() == NEW) == (0, True), (call, done.stderr)


@pytest.mark.requires_tool("strace")
def test_a_file_system_may_flush_no_folders(traced: Traced, index: Path) -> None:
    done = traced("-e", tampering(traced().stdout, "flush folder", "error=EINVAL"))
    assert (done.returncode, index.read_bytes() == NEW) == (0, True), done.stderr
    assert "EINVAL" in done.stdout


@pytest.mark.requires_tool("strace")
def test_a_writer_killed_at_any_call_leaves_a_whole_index(traced: Traced, index: Path) -> None:
    trace = traced().stdout
    for call in CALLS:
        index.write_bytes(OLD)
        done = traced("-e", tampering(trace, call, "signal=SIGKILL"))
        assert done.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL), (call, done.stderr)
        assert index.read_bytes() in (OLD, NEW), call
        litter = [name for name in in_folder_of(index) if name != "film.idx"]
        assert sweep(str(index.parents[1])) == len(litter) <= 1, call
        assert in_folder_of(index) == ["film.idx"], call


def test_sweep_leaves_everything_else_alone(index: Path, tmp_path: Path) -> None:
    keep = ("film.idx", ".vodsplice-other", "notes.tmp")
    for name in keep:
        (index.parent / name).write_bytes(b"kept")
    (index.parent / ".vodsplice-link.tmp").symlink_to(tmp_path)
    (index.parent / ".vodsplice-abandoned.tmp").write_bytes(b"left by a killed writer")
    assert sweep(str(tmp_path)) == 1
    assert in_folder_of(index) == sorted((*keep, ".vodsplice-link.tmp"))
    assert sweep(str(tmp_path / "nowhere")) == 0


def test_sweep_spares_the_file_of_a_living_writer(index: Path, tmp_path: Path) -> None:
    living = index.parent / ".vodsplice-living.tmp"
    with living.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert sweep(str(tmp_path)) == 0
    assert sweep(str(tmp_path)) == 1


REPEAT = """
import sys
from indexer.write import publish
for _ in range(150):
    publish(sys.argv[1], sys.argv[2].encode() * 5000)
"""


@pytest.fixture
def writers(index: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Two that publish different content under one name, again and again."""
    started = [
        subprocess.Popen([sys.executable, "-c", REPEAT, str(index), letter], cwd=ROOT) for letter in "ab"
    ]
    yield started
    for process in started:
        process.kill()
        process.wait()


def test_writers_and_sweepers_at_once_are_safe(
    index: Path, tmp_path: Path, writers: list[subprocess.Popen[bytes]]
) -> None:
    seen = set()
    while any(process.poll() is None for process in writers):
        content = index.read_bytes()
        seen.add(content[:1])
        assert content in (OLD, b"a" * 5000, b"b" * 5000)
        sweep(str(tmp_path))
    assert [process.returncode for process in writers] == [0, 0]
    assert in_folder_of(index) == ["film.idx"]
    assert {b"a", b"b"} <= seen
