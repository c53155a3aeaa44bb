"""The units as systemd's own tools judge them, and what the sandboxes allow against what the services do."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.app.running_origin import eventually
from tests.deploy.conftest import Machine
from tests.deploy.unit_files import read_unit
from tests.test_architecture import ROOT

pytestmark = [pytest.mark.requires_tool("systemd-analyze"), pytest.mark.timeout(600)]

UNITS = sorted((ROOT / "deploy" / "systemd").iterdir())
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]
MOST_EXPOSED = 15
"""In tenths: systemd's scale goes from 0 to 10."""


def analyze(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )


@pytest.mark.parametrize("service", SERVICES, ids=lambda path: path.name)
def test_exposure(service: Path) -> None:
    done = analyze("security", "--offline=true", f"--threshold={MOST_EXPOSED}", service)
    assert done.returncode == 0, done.stdout
    assert "Overall exposure level" in done.stdout


@pytest.mark.parametrize("service", SERVICES, ids=lambda path: path.name)
def test_no_unit_is_given_up(service: Path) -> None:
    """By default systemd tries five times in 10 s; a mount may take longer."""
    assert read_unit(service).one("StartLimitIntervalSec") == "0"
    for unit in UNITS:
        if unit.suffix in (".path", ".socket"):
            assert read_unit(unit).one("TriggerLimitIntervalSec") == "0"


def test_threshold_is_one(tmp_path: Path) -> None:
    """The judge is awake: without its sandbox a service is too exposed."""
    bare = tmp_path / "vodsplice.service"
    bare.write_text("[Service]\nExecStart=/bin/true\n")
    assert analyze("security", "--offline=true", f"--threshold={MOST_EXPOSED}", bare).returncode != 0


@pytest.mark.nginx
def test_verify_has_nothing_to_say(machine: Machine) -> None:
    units = sorted(machine.installed.unit_dir.iterdir())
    assert [unit.name for unit in units] == [unit.name for unit in UNITS]
    done = analyze("verify", "--man=no", *units)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.nginx
@pytest.mark.requires_tool("systemctl")
def test_enabling(machine: Machine) -> None:
    """The commands of the README, for one machine and for one of many, in a root of its own."""
    readme = (ROOT / "README.md").read_text()
    command, of_many = re.findall(r"(?m)^ +systemctl enable --now (vodsplice.*)$", readme)
    root = machine.installed.root / "enabled"
    units = root / "usr/local/lib/systemd/system"
    units.mkdir(parents=True)
    for unit in UNITS:
        (units / unit.name).write_text(unit.read_text())
    subprocess.run(["systemctl", f"--root={root}", "enable", *command.split()], check=True)
    wanted = {path.name for path in root.glob("etc/systemd/system/*.wants/*")}
    has_install = {unit.name for unit in UNITS if "[Install]" in unit.read_text()}
    assert wanted == has_install
    assert set(of_many.split()) == {name for name in has_install if "index" not in name}


@pytest.mark.requires_tool("systemd-sysusers")
@pytest.mark.skipif(os.geteuid() != 0, reason="gives folders to another user, which root alone can do")
def test_user_and_folders(tmp_path: Path) -> None:
    for kind in ("sysusers", "tmpfiles"):
        folder = tmp_path / f"usr/local/lib/{kind}.d"
        folder.mkdir(parents=True)
        (folder / "vodsplice.conf").write_text((ROOT / "deploy" / f"{kind}.conf").read_text())
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/group").write_text("adm:x:4:\n")
    subprocess.run(["systemd-sysusers", f"--root={tmp_path}"], check=True)
    subprocess.run(["systemd-tmpfiles", f"--root={tmp_path}", "--create"], check=True)
    passwd = (tmp_path / "etc/passwd").read_text()
    (user,) = re.findall(r"(?m)^vodsplice:x:(\d+):", passwd)
    for parent, mode in (("run", 0o750), ("var/lib", 0o755), ("var/log", 0o750)):
        stat = (tmp_path / parent / "vodsplice").stat()
        assert (stat.st_uid, stat.st_mode & 0o777) == (int(user), mode)
    assert (tmp_path / "var/log/vodsplice/access.log").stat().st_mode & 0o777 == 0o640


@pytest.mark.nginx
@pytest.mark.requires_tool("logrotate")
def test_log_is_rotated_and_goes_on(machine: Machine, tmp_path: Path) -> None:
    """Without the switch to the user of the log, whom these tests do not have."""
    here, log = machine.installed, machine.installed.root / "var/log/vodsplice/access.log"
    text = (here.root / "etc/logrotate.d/vodsplice").read_text()
    assert f"{log.parent}/*.log {{" in text
    text = re.sub(r"(?m)^ +su .*$", "", text).replace(" vodsplice adm", "")
    own = tmp_path / "rotate.conf"
    own.write_text(text.replace("systemctl", str(machine.manager.systemctl)))
    own.chmod(0o600)
    assert machine.get("/healthz?before").status == 200
    assert eventually(lambda: "/healthz?before" in log.read_text())
    subprocess.run(["logrotate", "--force", "--state", tmp_path / "state", own], check=True)
    assert eventually(lambda: machine.answers() and "/healthz" in log.read_text())
    assert "/healthz?before" in log.with_name("access.log.1").read_text()
    assert "/healthz?before" not in log.read_text()


def allowed_calls(service: Path) -> set[str]:
    """The system calls that SystemCallFilter= leaves, its sets spelled out by systemd."""
    calls: set[str] = set()
    for value in read_unit(service).all("SystemCallFilter"):
        named = calls_of(value.removeprefix("~").split())
        calls = calls - named if value.startswith("~") else calls | named
    return calls


def calls_of(sets: list[str]) -> set[str]:
    calls: set[str] = set()
    for line in analyze("syscall-filter", *sets).stdout.splitlines()[1:]:
        word = line.strip()
        if word.startswith("@") and word not in sets:
            calls |= calls_of([word])
        elif word and not word.startswith(("#", "@")):
            calls.add(word)
    return calls


SANDBOX = """
mount --make-rprivate /
while [ "$1" != -- ]; do mount --bind "$1" "$1"; shift; done
shift
mount -t tmpfs tmpfs /var/tmp
mount -o remount,bind,ro /
mount -t proc -o subset=pid,hidepid=invisible proc /proc
exec "$@"
"""
"""ProtectSystem=strict but for ReadWritePaths=, PrivateTmp=, ProcSubset=pid and ProtectProc=invisible."""


@pytest.mark.nginx
@pytest.mark.requires_tool("strace")
@pytest.mark.parametrize("service", SERVICES, ids=lambda path: path.name)
def test_sandbox_allows_what_is_done(machine: Machine, service: Path) -> None:
    """Every system call of a start, requests, a reload and a stop; as root, among the sandbox's files."""
    name, manager = service.name, machine.manager
    traces = machine.installed.root / "traces"
    traces.mkdir(exist_ok=True)
    trace = traces / service.stem
    tracing = ["strace", "-D", "-f", "-qq", "-e", "signal=none", "-o", str(trace)]
    unit = manager.unit(name)
    writable = [str(traces), *unit.one("ReadWritePaths").split()]
    if unit.one("RuntimeDirectory"):
        writable.append(manager.runtime_dir(unit))
    sandbox = ["unshare", "--mount", "sh", "-euc", SANDBOX, "sandbox", *writable, "--"]
    manager.prefix[name] = [*(sandbox if os.geteuid() == 0 else []), *tracing]
    if read_unit(service).one("Type") == "oneshot":
        manager.run(name)
    else:
        manager.stop(name)
        manager.start(name)
        assert eventually(machine.answers)
        manager.reload(name)
        assert eventually(machine.answers)
        manager.stop(name)
    del manager.prefix[name]
    if name not in manager.running and read_unit(service).one("Type") != "oneshot":
        manager.start(name)
        assert eventually(machine.answers)
    called = set(re.findall(r"(?m)^\d+ +(\w+)\(", trace.read_text()))
    assert {"execve", "read"} <= called
    if os.geteuid() == 0:  # an nginx that is root gives its workers a user; the unit's is none
        called -= {"setgroups", "setuid", "setgid"}
    assert called - allowed_calls(service) == set()
