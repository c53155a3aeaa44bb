"""Each archive of `tests.golden.archives`, indexed and printed by the product, against the text kept here.

After a change that is meant to change them: `make test ARGS="tests/golden --update-goldens"`, then read the
difference that git shows.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from indexer import cli, inspect_cli, pipeline
from tests.golden.archives import ARCHIVES, BESIDE
from tests.media.mp4_file import write_mp4

GOLDENS = Path(__file__).parent


@pytest.mark.parametrize("name", ARCHIVES)
def test_golden(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> None:
    monkeypatch.setattr(pipeline, "GENERATOR", "vodsplice of the goldens")  # part of an index and its digest
    archive = write_mp4(tmp_path / f"{name}.mp4", ARCHIVES[name]())
    for beside, content in BESIDE.get(name, {}).items():
        (tmp_path / beside).write_text(content)
    for path in tmp_path.iterdir():
        os.utime(path, ns=(0, 0))
    folders = ["--media-dir", str(tmp_path), "--index-dir", str(tmp_path)]
    done = CliRunner().invoke(cli.main, [*folders, "--jobs", "1", str(archive)])
    assert done.exit_code == 0, done.output
    shown = CliRunner().invoke(inspect_cli.main, ["show", str(tmp_path / f"{name}.idx")])
    assert shown.exit_code == 0, shown.output

    golden = GOLDENS / f"{name}.txt"
    if pytestconfig.getoption("--update-goldens"):
        golden.write_text(shown.output, encoding="utf-8")
    assert shown.output == golden.read_text(encoding="utf-8")


def test_every_golden_has_its_archive() -> None:
    assert {path.stem for path in GOLDENS.glob("*.txt")} == set(ARCHIVES)
