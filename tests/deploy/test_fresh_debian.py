"""The README's commands from a fresh Debian to an answer, and the images' steps in one: exams."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.app.running_origin import Origin, eventually
from tests.deploy.debian_root import SOURCES, DebianRoot, DebianServices, image_running, make_base
from tests.deploy.service_manager import obeying
from tests.deploy.test_images import Stage, readme_commands, stages
from tests.player.clips import write_clip

pytestmark = [
    pytest.mark.exam,
    pytest.mark.timeout(3600),
    pytest.mark.requires_tool("debootstrap"),
    pytest.mark.skipif(os.geteuid() != 0, reason="makes a Debian of its own, which root alone can do"),
]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_base(tmp_path_factory.mktemp("debian") / "base")


class Host(Origin):
    """nginx at a port of this host, whoever runs it."""

    def __init__(self, port: int) -> None:
        self.host, self.port = "127.0.0.1", port

    def plays(self, archive: str) -> bool:
        try:
            return self.get(f"/v/{archive}/seg_0001.m4s").status == 200
        except OSError:
            return False


def test_one_machine(base: Path, tmp_path: Path, port: int, metrics_address: str) -> None:
    debian = DebianRoot(base, tmp_path / "root")
    debian.copy_sources()
    lines = readme_commands("One machine")
    before_enabling = lines[: next(n for n, line in enumerate(lines) if "enable --now" in line)]
    for line in before_enabling:
        debian.sh(line.replace(" --now", ""), f"/{SOURCES}")  # systemd does not run there
    (enable,) = (line for line in lines if "enable --now" in line)
    assert "Created symlink" in debian.sh(enable.replace(" --now", ""))
    write_clip(debian.root / "srv/media/film.mp4")
    (debian.root / "etc/vodsplice/listen.conf").write_text(f"listen 127.0.0.1:{port};\n")
    toml = debian.root / "etc/vodsplice/vodsplice.toml"
    toml.write_text(toml.read_text().replace("127.0.0.1:9464", metrics_address))
    host = Host(port)
    with obeying(DebianServices(debian, tmp_path), tmp_path) as services:
        for name in ("vodsplice.socket", "vodsplice.service", "vodsplice-nginx.service"):
            services.start(name)
        assert services.run("vodsplice-index.service") == 0, services.log.read_text()
        assert eventually(lambda: host.plays("film"), 60), services.log.read_text()[:2000]
        assert "Cache-Status".lower() in host.get("/v/film/seg_0001.m4s").headers
        for name in ("vodsplice.service", "vodsplice-nginx.service"):
            services.reload(name)
        assert eventually(lambda: host.plays("film"), 60), services.log.read_text()
        debian.sh("make upgrade", f"/{SOURCES}")
        debian.sh("/opt/vodsplice/current/deploy/release.sh rollback")
    (index,) = (debian.root / "var/lib/vodsplice").glob("*.idx")
    assert index.stat().st_uid == debian.id_of("vodsplice")


def build(stage: Stage, debian: DebianRoot, others: dict[str, DebianRoot]) -> None:
    """What an image builder does."""
    for instruction, rest in stage.steps:
        if instruction == "RUN":
            debian.sh(rest)
        elif instruction == "COPY" and rest.startswith("--from="):
            other, source, _ = rest.removeprefix("--from=").split()
            there = debian.root / source[1:]
            shutil.copytree(others[other].root / source[1:], there, symlinks=True, dirs_exist_ok=True)
        elif instruction == "COPY":
            debian.copy_sources()


def test_images(base: Path, tmp_path: Path, port: int, metrics_address: str) -> None:
    """Both are built, and play what one of them indexed, through the folders that they share."""
    images: dict[str, DebianRoot] = {}
    for name, stage in stages().items():
        image = images.setdefault(name, DebianRoot(base, tmp_path / name))
        build(stage, image, images)
    user = images["origin"].id_of("vodsplice")
    assert user == images["nginx"].id_of("vodsplice")
    shared = tmp_path / "shared"
    for folder in ("srv/media", "var/lib/vodsplice", "run/vodsplice"):
        (shared / folder).mkdir(parents=True)
        os.chown(shared / folder, user, user)
    write_clip(shared / "srv/media/film.mp4")
    (images["nginx"].root / "etc/vodsplice/listen.conf").write_text(f"listen 127.0.0.1:{port};\n")
    toml = images["origin"].root / "etc/vodsplice/vodsplice.toml"
    toml.write_text(toml.read_text().replace("127.0.0.1:9464", metrics_address))
    command = {name: json.loads(stage.all("CMD")[0]) for name, stage in stages().items()}
    indexing = ["/opt/vodsplice/current/bin/vodsplice-index", *command["origin"][1:]]
    host = Host(port)
    with (
        image_running(images["origin"], shared, "vodsplice", "/", command["origin"]) as origin_log,
        image_running(images["origin"], shared, "vodsplice", "/", indexing) as index_log,
        image_running(images["nginx"], shared, "vodsplice", "/opt/vodsplice", command["nginx"]) as nginx_log,
    ):
        logs = (origin_log, index_log, nginx_log)
        assert eventually(lambda: host.plays("film"), 60), [log.read_text() for log in logs]
        assert eventually(lambda: "GET /v/film/seg_0001.m4s 200" in nginx_log.read_text())
