"""The images are made by the steps that are tested here, and start what the units start."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass, field

from app.settings import load
from tests.deploy.unit_files import read_unit
from tests.setup.tools import TOOLS
from tests.test_architecture import ROOT, tracked

DEPLOY = ROOT / "deploy"
README = (ROOT / "README.md").read_text()


@dataclass(frozen=True, slots=True)
class Stage:
    """An image of the Containerfile: what it is made from, and its instructions in order."""

    base: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def all(self, instruction: str) -> list[str]:
        return [rest for name, rest in self.steps if name == instruction]


def stages() -> dict[str, Stage]:
    found: dict[str, Stage] = {}
    for line in (DEPLOY / "Containerfile").read_text().replace("\\\n", " ").splitlines():
        instruction, _, rest = line.partition(" ")
        if instruction == "FROM":
            base, _, name = rest.partition(" AS ")
            stage = found.setdefault(name, Stage(base))
        elif line and not line.startswith("#"):
            stage.steps.append((instruction, rest))
    return found


def readme_commands(heading: str) -> list[str]:
    section = README.split(f"### {heading}\n")[1].split("\n### ")[0]
    return re.findall(r"(?m)^ {4}(\S.*)$", section)


def commands(stage: Stage) -> list[str]:
    return [command for rest in stage.all("RUN") for command in rest.split(" && ")]


def installed_packages(stage: Stage) -> set[str]:
    words = [shlex.split(command) for command in commands(stage) if command.startswith("apt-get install")]
    return {word for command in words for word in command[2:] if not word.startswith("-")}


def test_commands_are_those_of_the_units() -> None:
    for name, unit in (("origin", "vodsplice.service"), ("nginx", "vodsplice-nginx.service")):
        stage, service = stages()[name], read_unit(DEPLOY / "systemd" / unit)
        (command,) = stage.all("CMD")
        assert [json.loads(command)] == service.commands("ExecStart")
        assert stage.all("STOPSIGNAL") == [service.one("KillSignal", "SIGTERM")]
        assert stage.all("USER") == [service.one("User")]
    assert stages()["nginx"].all("WORKDIR") == [read_unit(DEPLOY / "systemd" / unit).one("WorkingDirectory")]


def test_what_is_installed_is_what_the_readme_says() -> None:
    (line,) = re.findall(r"(?m)^ +apt-get install -y (make .*)$", README)
    packages = set.union(*(installed_packages(stage) for stage in stages().values()))
    assert packages == set(line.split()) - {"curl"}
    assert set(TOOLS["nginx-perl"].packages) <= installed_packages(stages()["nginx"])
    assert {stage.base for stage in stages().values()} == {"docker.io/library/debian:12-slim"}


def test_the_origin_is_installed_by_make() -> None:
    assert any(
        command.endswith("make -C /usr/src/vodsplice install") for command in commands(stages()["origin"])
    )
    assert all(command.startswith("--from=origin ") for command in stages()["nginx"].all("COPY"))


def test_nothing_else_gets_into_an_image() -> None:
    """What .dockerignore lets through is what release.sh takes from its tree, and is under git."""
    text = (DEPLOY / "release.sh").read_text()
    named = re.findall(r"\$source_tree\"?/(?:\{([^}]+)\}|([\w.]+))", text)
    taken = {each for group, one in named for each in (group or one).split(",")}
    first, *rules = [
        line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"
    ]
    let_in = {rule[1:] for rule in rules if rule.startswith("!")}
    assert (first, [rule for rule in rules if rule[0] != "!"]) == ("*", ["**/__pycache__"])
    assert let_in == {*taken, "Makefile"}
    assert let_in <= {path.parts[0] for path in tracked()}


def test_metrics_are_for_other_containers() -> None:
    """And nothing is read that is in another one."""
    (words,) = stages()["origin"].all("ENV")
    environ = dict(word.split("=") for word in words.split())
    settings = load({}, environ, str(DEPLOY / "vodsplice.toml")).settings
    host, _, port = settings.metrics_bind.partition(":")
    assert (host, settings.nginx_log) == ("0.0.0.0", "")
    assert stages()["origin"].all("EXPOSE") == [port]
    assert f"127.0.0.1:{port}:{port}" in (DEPLOY / "compose.yaml").read_text()
    assert f"http://localhost:{port}/metrics" in (DEPLOY / "README.md").read_text()


def test_folders_are_those_of_tmpfiles() -> None:
    folders = re.findall(r"(?m)^d (\S+)", (DEPLOY / "tmpfiles.conf").read_text())
    for stage in stages().values():
        (made,) = [set(shlex.split(each)[6:]) for each in commands(stage) if each.startswith("install -d")]
        assert made <= {*folders, "/srv/media"}
    assert {"/srv/media", *folders} == made


def test_compose_knows_the_images_and_grants_the_time_of_the_units() -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    assert set(re.findall(r"target: (\w+)", text)) == set(stages())
    grace = re.findall(r"stop_grace_period: (\d+)s", text)
    units = ("vodsplice.service", "vodsplice-nginx.service")
    assert grace == [read_unit(DEPLOY / "systemd" / unit).one("TimeoutStopSec") for unit in units]
