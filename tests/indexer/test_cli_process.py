"""`vodsplice-index` and `vodsplice-inspect` as processes: what terminals, pipes, full disks get; Ctrl-C."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

from tests.indexer.conftest import Put

COMMAND = [sys.executable, "-c", "from indexer.cli import main; main()"]


def arguments_of(media_dir: Path, index_dir: Path) -> list[str]:
    return [*COMMAND, "--media-dir", str(media_dir), "--index-dir", str(index_dir), str(media_dir)]


def test_a_terminal_gets_a_progress_bar(put: Put, media_dir: Path, index_dir: Path) -> None:
    for number in range(3):
        put(f"{number}.mp4")
    ours, theirs = pty.openpty()
    command, terminal = arguments_of(media_dir, index_dir), os.environ | {"TERM": "xterm"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs, env=terminal) as process:
        os.close(theirs)
        shown = b"".join(iter(lambda: read_terminal(ours), b"")).decode()
        assert process.wait(timeout=100) == 0
    os.close(ours)
    assert "indexing" in shown
    assert "3/3" in shown
    assert shown.count(": indexed: ") == 3


def read_terminal(descriptor: int) -> bytes:
    """What is there; nothing once the other side is closed, which Linux calls an error."""
    try:
        return os.read(descriptor, 4096)
    except OSError:
        return b""


def test_a_pipe_gets_plain_lines(put: Put, media_dir: Path, index_dir: Path) -> None:
    put()
    done = subprocess.run(
        arguments_of(media_dir, index_dir), capture_output=True, text=True, check=True, timeout=100
    )  # fmt: skip
    assert "\x1b" not in done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"{media_dir}/film.mp4: indexed: ")
    assert done.stdout.count("\n") == 1


INSPECT = [sys.executable, "-c", "from indexer.inspect_cli import main; main()"]


def test_standard_output_that_is_full_is_told_in_a_line(put: Put, media_dir: Path, index_dir: Path) -> None:
    put()
    index, idx = arguments_of(media_dir, index_dir), str(index_dir / "film.idx")
    folders = index[len(COMMAND) : -1]
    for command in (index, [*INSPECT, "show", idx], [*INSPECT, "verify", *folders, idx]):
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=100, check=False
            )
        assert done.returncode == 1
        last = done.stderr.splitlines()[-1]
        assert last == "Error: standard output cannot be written: No space left on device"
        assert "Traceback" not in done.stderr


def test_what_standard_output_cannot_encode_is_spelt_out(put: Put, media_dir: Path, index_dir: Path) -> None:
    put("日本 é.mp4")
    subprocess.run(arguments_of(media_dir, index_dir), capture_output=True, check=True, timeout=100)
    show = [*INSPECT, "show", "--no-rows", str(index_dir / "日本 é.idx")]
    latin = os.environ | {"PYTHONIOENCODING": "latin-1"}
    done = subprocess.run(show, env=latin, capture_output=True, check=True, timeout=100)
    assert b"\narchive: \\u65e5\\u672c \xe9.mp4, " in done.stdout


def test_a_locale_of_another_encoding_is_wrong_usage(put: Put, media_dir: Path, index_dir: Path) -> None:
    """What Python does about the C locale by itself it does about no other, so it is told not to."""
    put()
    index, idx = arguments_of(media_dir, index_dir), str(index_dir / "film.idx")
    subprocess.run(index, capture_output=True, check=True, timeout=100)
    ascii_names = os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    for command in (index, [*INSPECT, "verify", idx, *index[len(COMMAND) : -1]]):
        done = subprocess.run(command, env=ascii_names, capture_output=True, check=False, timeout=100)
        assert done.returncode == 2
        assert b"names of files in ascii, and they are UTF-8 here: set LC_ALL=C.UTF-8\n" in done.stderr


SLOW = """
import os
import signal
import time
from indexer import cli, pipeline
def slowly(archive, options):
    os.write(1, b"started\\n")  # one call, so that two processes cannot mix their lines
    time.sleep(3600)
cli.index_archive = slowly
signal.signal(signal.SIGINT, signal.default_int_handler)  # which shells ignore in the background
cli.main()
"""


def test_ctrl_c_ends_it_at_once_without_a_traceback(put: Put, media_dir: Path, index_dir: Path) -> None:
    for number in range(4):
        put(f"{number}.mp4")
    command = [sys.executable, "-c", SLOW, *arguments_of(media_dir, index_dir)[3:], "--jobs", "2"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert [process.stdout.readline() for _ in range(2)] == ["started\n"] * 2
        os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=100)
    assert process.returncode == 1
    assert errors.strip().splitlines()[-1] == "Aborted!"
    assert "Traceback" not in errors
