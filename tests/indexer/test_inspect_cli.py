"""`vodsplice-inspect` as people and scripts use it: what it prints, and exit statuses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from indexer import cli, inspect_cli
from tests.indexer.conftest import Put, film

Inspect = Callable[..., Result]
Index = Callable[[], None]


@pytest.fixture
def inspect(media_dir: Path, index_dir: Path) -> Inspect:
    def invoke(command: str, *arguments: str | Path) -> Result:
        folders = (
            ["--media-dir", str(media_dir), "--index-dir", str(index_dir)] if command == "verify" else []
        )
        return CliRunner().invoke(inspect_cli.main, [command, *folders, *map(str, arguments)])

    return invoke


@pytest.fixture
def index(media_dir: Path, index_dir: Path) -> Index:
    """Index all of the media folder."""

    def run() -> None:
        folders = ["--media-dir", str(media_dir), "--index-dir", str(index_dir), "--jobs", "1"]
        assert CliRunner().invoke(cli.main, [*folders, str(media_dir)]).exit_code == 0

    return run


def test_show(put: Put, index: Index, index_dir: Path, inspect: Inspect) -> None:
    put()
    index()
    done = inspect("show", index_dir / "film.idx")
    assert done.exit_code == 0
    assert done.stdout.startswith("format: 2\nversion: ")
    assert "\nsegment  start_s" in done.stdout
    assert "\nsegment  start_s" not in inspect("show", "--no-rows", index_dir / "film.idx").stdout


@pytest.mark.parametrize("options", [[], ["--full"]])
def test_verify_all_is_well(
    options: list[str], put: Put, index: Index, index_dir: Path, inspect: Inspect
) -> None:
    put()
    put("deep/er/other.mp4")
    index()
    paths = [index_dir / "film.idx", index_dir / "deep/er/other.idx"]
    done = inspect("verify", *options, *paths)
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert all(line.startswith(f"{path}: holds") for path, line in zip(paths, lines, strict=True))
    # A fast fingerprint says nothing of the media, and --full must not seem to have compared it.
    assert all(("media bytes not compared" in line) == bool(options) for line in lines)


def test_verify_says_which_do_not_hold_and_goes_on(
    put: Put, index: Index, media_dir: Path, index_dir: Path, inspect: Inspect
) -> None:
    for name in ("damaged.mp4", "gone.mp4", "fine.mp4", "longer.mp4"):
        put(name)
    index()
    content = bytearray((index_dir / "damaged.idx").read_bytes())
    content[50] ^= 1
    (index_dir / "damaged.idx").write_bytes(content)
    (media_dir / "gone.mp4").unlink()
    put("longer.mp4", film(seconds=30))
    done = inspect("verify", *(index_dir / f"{name}.idx" for name in ("damaged", "gone", "fine", "longer")))
    assert done.exit_code == 1
    damaged, gone, fine, longer = done.stdout.splitlines()
    assert damaged.startswith(f"{index_dir}/damaged.idx: damaged: its checksum does not hold")
    assert damaged.endswith("; run vodsplice-index on its archive again")
    assert gone.startswith(
        f"{index_dir}/gone.idx: {media_dir}/gone.mp4: refused: cannot be read: No such file"
    )
    assert fine == f"{index_dir}/fine.idx: holds"
    assert longer.startswith(f"{index_dir}/longer.idx: {media_dir}/longer.mp4 has ")


@pytest.mark.parametrize("suffix", [".idx", ".title"])
def test_verify_names_the_folder_that_an_index_lies_outside_of(
    put: Put, index: Index, index_dir: Path, tmp_path: Path, inspect: Inspect, suffix: str
) -> None:
    for name in ("film.mp4",) if suffix == ".idx" else ("film/1080p.mp4", "film/720p.mp4"):
        put(name)
    index()
    elsewhere = (index_dir / "film").with_suffix(suffix).rename(tmp_path / f"film{suffix}")
    done = inspect("verify", elsewhere)
    assert done.exit_code == 1
    assert f"does not lie below the index folder {index_dir}: name another --index-dir" in done.stdout


def test_verify_of_a_title(
    put: Put, index: Index, media_dir: Path, index_dir: Path, inspect: Inspect
) -> None:
    for name in ("1080p", "720p", "480p"):
        put(f"film/{name}.mp4")
    index()
    path = index_dir / "film.title"
    done = inspect("verify", path)
    assert (done.exit_code, done.stdout) == (
        0,
        f"{path}: holds; its renditions have the indexes that were compared\n",
    )
    record = path.read_bytes()
    put("film/720p.mp4", film(seed=2))
    index()
    (index_dir / "film/1080p.idx").write_bytes(b"")
    (index_dir / "film/480p.idx").unlink()
    path.write_bytes(record)
    done = inspect("verify", "--full", path)
    assert done.exit_code == 1
    assert sorted(line.removeprefix(f"{path}: ") for line in done.stdout.splitlines()) == [
        "film/720p was indexed anew since it was compared; run vodsplice-index on it again",
        "the index of film/1080p is damaged: shorter than its fixed parts; run vodsplice-index on it again",
        "the index of film/480p cannot be read: No such file or directory; run vodsplice-index on it again",
    ]
    path.write_bytes(record[:-1])
    for command in ("verify", "show"):
        done = inspect(command, path)
        assert done.exit_code == 1
        assert done.output.endswith("; run vodsplice-index on its renditions again\n")


def test_show_of_a_damaged_index(index_dir: Path, inspect: Inspect) -> None:
    path = index_dir / "film.idx"
    path.write_bytes(b"no index, but as long as one has to be to be looked at as one")
    done = inspect("show", path)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == f"{path}: damaged: is no .idx file; run vodsplice-index on its archive again\n"


@pytest.mark.parametrize(
    "arguments", [["show"], ["show", "/nowhere.idx"], ["verify"], ["verify", "/nowhere.idx"], ["look"]]
)
def test_wrong_usage(arguments: list[str]) -> None:
    done = CliRunner().invoke(inspect_cli.main, arguments)
    assert done.exit_code == 2
    assert "Usage: " in done.stderr
