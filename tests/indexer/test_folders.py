"""Where the two folders come from: flags, the environment, the server's file."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from indexer import cli, inspect_cli
from tests.indexer.conftest import Put


def test_folders_may_come_from_the_file_of_the_server(
    put: Put, media_dir: Path, index_dir: Path, tmp_path: Path
) -> None:
    """Which names settings of its own as well. Without an archive named, all of the media folder is meant."""
    put("deep/film.mp4")
    config = tmp_path / "vodsplice.toml"
    config.write_text(f'media_dir = "{media_dir}"\nindex_dir = "{index_dir}"\nsplice = true\n')
    assert CliRunner().invoke(cli.main, ["--config", str(config)]).stdout.startswith("1 indexed, ")
    assert (index_dir / "deep" / "film.idx").exists()
    elsewhere = ["--config", str(config), "--index-dir", str(tmp_path / "elsewhere")]
    assert CliRunner().invoke(cli.main, elsewhere).stdout.startswith("1 indexed, "), "a flag wins"
    config.write_text('media_dir = "/nowhere"')
    assert CliRunner().invoke(cli.main, ["--config", str(config)]).exit_code == 2


def test_what_is_wrong_with_the_file_is_told_as_the_server_tells_it(tmp_path: Path) -> None:
    config = tmp_path / "vodsplice.toml"
    for content, told in (
        ("media_dir = ", "cannot be read as TOML"),
        ("media_dri = '/films'", "unknown settings media_dri"),
        ("media_dir = 5", "media_dir: 5 is not a text"),
    ):
        config.write_text(content)
        outcome = CliRunner().invoke(cli.main, ["--config", str(config)])
        assert (outcome.exit_code, told in outcome.stderr) == (2, True), outcome.stderr


def test_folders_may_come_from_the_environment(
    put: Put, media_dir: Path, index_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put()
    monkeypatch.setenv("VODSPLICE_MEDIA_DIR", str(media_dir))
    monkeypatch.setenv("VODSPLICE_INDEX_DIR", str(index_dir))
    assert CliRunner().invoke(cli.main, ["--jobs", "1", str(media_dir)]).exit_code == 0
    assert (index_dir / "film.idx").exists()


def test_verify_takes_its_folders_from_the_file_of_the_server(
    put: Put, media_dir: Path, index_dir: Path, tmp_path: Path
) -> None:
    put()
    config = tmp_path / "vodsplice.toml"
    config.write_text(f'media_dir = "{media_dir}"\nindex_dir = "{index_dir}"\nsplice = true\n')
    assert CliRunner().invoke(cli.main, ["--config", str(config)]).exit_code == 0
    command = ["verify", "--config", str(config), str(index_dir / "film.idx")]
    assert CliRunner().invoke(inspect_cli.main, command).exit_code == 0
