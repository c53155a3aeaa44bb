"""`vodsplice-index` as people and scripts use it: exit statuses, lines, jobs."""

from __future__ import annotations

import errno
import os
import re
import signal
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.idx.view import open_idx
from indexer import cli
from indexer.archives import ArchivePath
from indexer.pipeline import Options, Outcome, index_archive
from tests.indexer.conftest import Put
from tests.indexer.demux import made_mp4

Run = Callable[..., Result]


@pytest.fixture
def run(media_dir: Path, index_dir: Path) -> Run:
    """The command in this process, on one job unless told otherwise."""

    def invoke(*arguments: str | Path) -> Result:
        folders = ["--media-dir", str(media_dir), "--index-dir", str(index_dir), "--jobs", "1"]
        return CliRunner().invoke(cli.main, [*folders, *map(str, arguments)])

    return invoke


def test_a_folder_of_archives(run: Run, put: Put, media_dir: Path, index_dir: Path) -> None:
    put("one.mp4")
    put("deep/er/two.mp4")
    done = run(media_dir)
    assert done.exit_code == 0
    lines = sorted(done.stderr.splitlines())
    assert [line.partition(": ")[0] for line in lines] == [
        str(media_dir / "deep/er/two.mp4"),
        str(media_dir / "one.mp4"),
    ]
    assert all(": indexed: H.264 High@1.0 + AAC-LC" in line for line in lines)
    assert re.fullmatch(
        r"2 indexed, 0 up to date, 0 refused in \d+\.\d s: \d+\.\d kB of indexes for \d+\.\d kB\n",
        done.stdout,
    )
    assert open_idx(str(index_dir / "deep/er/two.idx")).segment_count == 3


def test_a_folder_of_other_files_tells_what_is_looked_for(run: Run, media_dir: Path) -> None:
    (media_dir / "film.avi").touch()
    done = run(media_dir)
    assert (done.exit_code, done.stdout.startswith("0 indexed, ")) == (0, True)
    assert done.stderr.startswith("nothing found: folders are searched for .mp4 .m4v .mov ")
    assert done.stderr.count("\n") == 1


def test_again_skips_what_is_up_to_date_in_silence(run: Run, put: Put, media_dir: Path) -> None:
    put("one.mp4")
    run(media_dir)
    put("two.mp4")
    done = run(media_dir)
    assert (done.exit_code, done.stderr.count("\n")) == (0, 1)
    assert done.stdout.startswith("1 indexed, 1 up to date, 0 refused in ")
    assert run("--force", media_dir).stdout.startswith("2 indexed, 0 up to date, 0 refused in ")


def test_one_refused_does_not_stop_the_others(run: Run, put: Put, media_dir: Path) -> None:
    (media_dir / "a-broken.mp4").write_bytes(b"this is no film")
    put("film.mp4")
    put("film.mov")
    done = run(media_dir)
    assert done.exit_code == 1
    broken, indexed, clash = done.stderr.splitlines()
    assert broken.startswith(
        f"{media_dir}/a-broken.mp4: malformed: does not begin with a box of an MP4 file; "
    )
    assert indexed.startswith(f"{media_dir}/film.mp4: indexed: ")
    assert clash == f"{media_dir}/film.mov: refused: film.mp4 has the same id; rename one of the two"
    assert "1 indexed, 0 up to date, 2 refused in" in done.stdout


def test_one_that_is_gone_does_not_stop_the_others(run: Run, put: Put, media_dir: Path) -> None:
    """As where a shell names what is in a folder, and a file of it goes."""
    done = run(put("film.mp4"), media_dir / "gone.mp4")
    assert (done.exit_code, done.stderr.count("\n")) == (1, 2)
    assert f"{media_dir}/gone.mp4: refused: cannot be read: No such file or directory; check " in done.stderr
    assert "1 indexed, 0 up to date, 1 refused in" in done.stdout


def test_what_became_of_titles_is_in_the_summary(run: Run, put: Put, media_dir: Path) -> None:
    put("film/1080p.mp4")
    put("film/720p.mp4")
    (media_dir / "other.toml").write_text("[[renditions]]")
    done = run(media_dir)
    assert done.exit_code == 1
    assert "\nother: refused as a title: other.toml: has [[renditions]]; write " in done.stderr
    assert done.stdout.startswith("2 indexed, 0 up to date, 0 refused, 1 title refused in ")
    (media_dir / "other.toml").unlink()
    (media_dir / "film/720p.mp4").unlink()
    done = run(media_dir)
    assert done.exit_code == 0
    assert done.stderr == "film: no title any more: fewer than two of its renditions are left\n"
    assert done.stdout.startswith("0 indexed, 1 up to date, 0 refused, 1 title withdrawn in ")


def test_a_refusal_names_file_box_offset_rule_and_remedy(run: Run, media_dir: Path) -> None:
    tables = (made_mp4.stts((3, 10)), made_mp4.stsc((1, 3, 1)), made_mp4.stsz(4, 5, 6), made_mp4.stco(9999))
    (media_dir / "film.mp4").write_bytes(made_mp4.movie(made_mp4.trak(tables)))
    done = run(media_dir)
    assert done.exit_code == 1
    (line,) = done.stderr.splitlines()
    shape = r".*/film\.mp4: malformed: moov/trak\[1\]/mdia/minf/stbl[^ ]* at byte \d+: .*9999.*; .+"
    assert re.fullmatch(shape, line), line


def test_what_is_not_finished_yet_has_a_status_of_its_own(run: Run, put: Put, media_dir: Path) -> None:
    (media_dir / "recording.mp4").write_bytes(made_mp4.ftyp() + made_mp4.box("mdat", bytes(100)))
    put("film.mp4")
    done = run(media_dir)
    assert done.exit_code == 3
    assert "1 indexed, 0 up to date, 0 refused, 1 not finished yet in" in done.stdout
    (media_dir / "broken.mp4").write_bytes(b"this is no film")
    assert run(media_dir).exit_code == 1, "some refused says more"


def test_an_empty_folder_is_nothing_to_do(run: Run, media_dir: Path) -> None:
    done = run(media_dir)
    assert (done.exit_code, done.stdout[:40]) == (0, "0 indexed, 0 up to date, 0 refused in 0.")


@pytest.mark.parametrize(
    "arguments",
    [
        ["/nowhere/film.mp4"],
        [sys.executable],  # outside the media folder
        ["--media-dir", "/nowhere", "."],
        ["--jobs", "0", "."],
        ["--segment-duration", "0", "."],
        ["--segment-duration", "soon", "."],
        ["--slop", "51", "."],
        ["--digest", "md5", "."],
        ["--no-such-option", "."],
        ["--config", "/nowhere/vodsplice.toml"],
        ["--config", sys.executable],
    ],
)
def test_wrong_usage(run: Run, arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.exit_code == 2
    assert "Usage: " in done.stderr
    assert done.stdout == ""


def test_an_index_folder_that_cannot_be_made_is_told_without_a_number(run: Run, media_dir: Path) -> None:
    error = run("--index-dir", "/proc/nowhere", media_dir).stderr.splitlines()[-1]
    assert error == (
        "Error: /proc/nowhere cannot be written: No such file or directory;"
        " see to its folder, or name another --index-dir"
    )


def test_names_that_are_not_durable_are_told_in_a_line(
    run: Run, put: Put, index_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(paths: Iterable[str]) -> None:
        raise OSError(errno.EIO, f"Input/output error, {len([*paths])} index")

    monkeypatch.setattr(cli, "flush_folders", fail)
    done = run(put())
    assert done.exit_code == 1
    assert done.stderr.splitlines()[-1] == (
        f"Error: {index_dir} cannot be written: Input/output error, 1 index;"
        " see to its folder, or name another --index-dir"
    )


def test_options_reach_the_index(run: Run, put: Put, media_dir: Path, index_dir: Path) -> None:
    put()
    run("--segment-duration", "3.5", "--slop", "2.5", "--digest", "full", media_dir)
    header = open_idx(str(index_dir / "film.idx")).header
    assert (header.segment_duration_ms, header.slop) == (3500, 0.025)
    assert header.source.fingerprint_kind == "full"


def test_the_litter_of_killed_writers_is_swept_up(run: Run, put: Put, index_dir: Path) -> None:
    litter = index_dir / ".vodsplice-0123.tmp"
    litter.write_bytes(b"half an index")
    run(put())
    assert sorted(path.name for path in index_dir.iterdir()) == ["film.idx"]


def test_a_name_cannot_break_its_line(run: Run, media_dir: Path) -> None:
    (media_dir / "a\nb\x1b[2J.mp4").touch()
    (line,) = run(media_dir).stderr.splitlines()
    assert line.startswith(f"{media_dir}/a\\nb\\x1b[2J.mp4: refused: its path holds control characters")


@pytest.mark.parametrize("jobs", ["2", "8"])
def test_several_jobs(run: Run, put: Put, media_dir: Path, index_dir: Path, jobs: str) -> None:
    for number in range(5):
        put(f"{number}.mp4")
    (media_dir / "broken.mp4").write_bytes(b"this is no film")
    done = run("--jobs", jobs, media_dir)
    assert done.exit_code == 1
    assert done.stdout.startswith("5 indexed, 0 up to date, 1 refused in ")
    assert len(list(index_dir.glob("*.idx"))) == 5


def killed_by_one(archive: ArchivePath, options: Options) -> Outcome:
    if archive.id == "killer":
        os.kill(os.getpid(), signal.SIGKILL)
    return index_archive(archive, options)


def test_an_archive_that_kills_its_indexer_is_refused_and_stops_no_other(
    run: Run, put: Put, media_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the kernel does where memory runs out."""
    monkeypatch.setattr(cli, "index_archive", killed_by_one)
    for name in ("a.mp4", "b.mp4", "killer.mp4", "z.mp4"):
        put(name)
    done = run("--jobs", "2", media_dir)
    assert done.exit_code == 1
    # One whose result was lost with the workers is found up to date.
    assert re.match(r"3 indexed, 0 up|2 indexed, 1 up|1 indexed, 2 up", done.stdout), done.stdout
    assert " to date, 1 refused in " in done.stdout
    assert f"{media_dir}/killer.mp4: refused: its indexer was killed" in done.stderr
