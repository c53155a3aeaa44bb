"""vodsplice installed once a session, and a machine on which it runs from there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.made_archive import make_archive
from tests.app.running_origin import Origin, eventually
from tests.deploy.installed import Installed
from tests.deploy.service_manager import ServiceManager, obeying
from tests.free_port import free_port


class Machine(Origin):
    """A host with vodsplice running: what `installed` is a copy of, and its services."""

    def __init__(self, installed: Installed, manager: ServiceManager, port: int, media_dir: Path) -> None:
        index_dir = installed.root / "var" / "lib" / "vodsplice"
        gunicorn = manager.running["vodsplice.service"]
        super().__init__("127.0.0.1", port, media_dir, index_dir, manager.log, gunicorn)
        self.installed = installed
        self.manager = manager

    def answers(self) -> bool:
        """Whether both servers do."""
        try:
            return all(self.get(target).status == 200 for target in ("/healthz", "/v/film/seg_0001.m4s"))
        except OSError:
            return False


@pytest.fixture(scope="session")
def machine_port() -> Iterator[int]:
    with free_port() as port:
        yield port


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory, machine_port: int) -> Iterator[Machine]:
    """Installed once a session, with an archive `film` and both servers up: leave it so."""
    here = Installed(tmp_path_factory.mktemp("machine"))
    here.settings.mkdir(parents=True)
    (here.settings / "listen.conf").write_text(f"listen 127.0.0.1:{machine_port};\n")
    here.make("install", PIP_RETRIES="10", PIP_DEFAULT_TIMEOUT="60")
    for folder in (here.run_dir, here.root / "var/lib/vodsplice", here.root / "var/log/vodsplice"):
        folder.mkdir(parents=True)  # tmpfiles.conf
    toml = here.settings / "vodsplice.toml"
    media_dir = here.root / "media"
    toml.write_text(
        toml.read_text().replace("/srv/media", str(media_dir)).replace("127.0.0.1:9464", "127.0.0.1:0")
    )
    archive = make_archive(media_dir, here.root / "var/lib/vodsplice", segments=4, ranges=8)
    assert archive.path.exists()
    with obeying(ServiceManager(here.unit_dir, here.root), here.root) as manager:
        for name in ("vodsplice.socket", "vodsplice.service", "vodsplice-nginx.service"):
            manager.start(name)
        assert eventually((here.run_dir / "nginx.pid").exists), manager.log.read_text()
        yield Machine(here, manager, machine_port, media_dir)


def another_release(here: Installed, name: str) -> str:
    """A copy of the release in use, which takes a second where `make upgrade` takes ten; its name."""
    name = f"{here.in_use()}-{name}"
    shutil.copytree(here.home / "current", here.home / "releases" / name, symlinks=True)
    os.utime(here.home / "releases" / name)
    return name
