"""A Debian of its own below a folder, made by debootstrap, and commands in it. Needs root."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.deploy.service_manager import ServiceManager
from tests.deploy.unit_files import Unit
from tests.processes import children_of
from tests.test_architecture import ROOT, tracked

RELEASE = "bookworm"
FRESH = "ca-certificates,procps,systemd"
"""What any installed Debian has, and debootstrap's least variant leaves out."""

SOURCES = "usr/src/vodsplice"
OF_THE_HOST = (
    "/etc/apt/apt.conf.d",
    "/etc/apt/sources.list.d",
    "/etc/apt/sources.list",
    "/etc/resolv.conf",
    "/etc/ssl/certs/ca-certificates.crt",
)
"""How this host reaches mirrors and registries."""


def make_base(folder: Path) -> Path:
    words = ["debootstrap", "--variant=minbase", f"--include={FRESH}", RELEASE, str(folder)]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    for name in OF_THE_HOST:
        there = folder / name[1:]
        if os.path.isdir(name):
            shutil.copytree(name, there, dirs_exist_ok=True)
        elif os.path.exists(name):
            shutil.copy(name, there)
    return folder


class DebianRoot:
    def __init__(self, base: Path, root: Path) -> None:
        subprocess.run(["cp", "-a", str(base), str(root)], check=True)
        self.root = root

    def copy_sources(self) -> None:
        for path in tracked():
            there = self.root / SOURCES / path
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, there)

    def sh(self, line: str, folder: str = "/") -> str:
        """A line of a shell, as root, with a /proc of its own; its output."""
        apart = ["--net"] if line.startswith("sysctl") else []  # nobody else is to notice
        environment = {key: value for key, value in os.environ.items() if key.startswith(("PIP_", "http"))}
        words = ["unshare", "--mount", "--pid", "--fork", *apart, f"--mount-proc={self.root}/proc", "chroot"]
        done = subprocess.run(
            [*words, str(self.root), "bash", "-euc", f"cd {folder}; {line}"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
            env=environment | {
                "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                "LANG": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive",
            },
        )  # fmt: skip
        if done.returncode:
            raise AssertionError(f"{line}\n{done.stdout}")
        return done.stdout

    def id_of(self, user: str) -> int:
        return int(self.sh(f"id -u {user}"))


WITH_PROC = 'mount -t proc -o subset=pid,hidepid=invisible proc "$0/proc"; exec "$@"'
"""As the units have it (ProcSubset=pid, ProtectProc=invisible), and still the same process."""


class DebianServices(ServiceManager):
    """The installed units, as their own users with their own capabilities, below the root."""

    def __init__(self, debian: DebianRoot, folder: Path) -> None:
        self._debian = debian
        super().__init__(debian.root / "usr/local/lib/systemd/system", folder)

    def command(self, unit: Unit, words: list[str]) -> list[str]:
        if words[0] == "/bin/kill":
            return words
        capabilities = unit.one("AmbientCapabilities").lower().replace("cap_", "+")
        granted = ",".join(["-all", *capabilities.split()])
        user = [f"--reuid={unit.one('User')}", f"--regid={unit.one('Group')}", "--init-groups"]
        limits = [
            "--no-new-privs",
            f"--inh-caps={granted}",
            f"--ambient-caps={granted}",
            f"--bounding-set={granted}",
        ]
        folder = ["env", "-C", unit.one("WorkingDirectory", "/")]
        root = str(self._debian.root)
        with_proc = ["unshare", "--mount", "sh", "-euc", WITH_PROC, root]
        return [*with_proc, "chroot", root, "setpriv", *user, *limits, *folder, *words]

    def listener(self, unit: Unit) -> socket.socket:
        path = self._debian.root / unit.one("ListenStream")[1:]
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        listener.listen(int(unit.one("Backlog")))
        owner = self._debian.id_of(unit.one("SocketUser"))
        os.chown(path, owner, owner)
        path.chmod(int(unit.one("SocketMode"), 8))
        return listener

    def runtime_dir(self, unit: Unit) -> str:
        name = Path("/run", unit.one("RuntimeDirectory"))
        folder = self._debian.root / str(name)[1:]
        folder.mkdir(exist_ok=True)
        owner = self._debian.id_of(unit.one("User"))
        os.chown(folder, owner, owner)
        return str(name)


@contextmanager
def image_running(
    debian: DebianRoot, shared: Path, stage_user: str, folder: str, words: Sequence[str]
) -> Iterator[Path]:
    """An image's command as its user, with `shared`'s folders as its volumes; where its output goes.

    As in a container, /dev/stdout is its user's.
    """
    volumes = ("/srv/media", "/var/lib/vodsplice", "/run/vodsplice")
    mounts = [f"mount --bind {shared / name[1:]} {debian.root}{name}" for name in volumes]
    user = f"--userspec={stage_user}:{stage_user}"
    line = " && ".join([*mounts, f'exec chroot {user} {debian.root} env -C {folder} "$@"'])
    apart = ["unshare", "--mount", "--pid", "--fork", f"--mount-proc={debian.root}/proc"]
    log = shared / f"{debian.root.name}-{len(list(shared.iterdir()))}.log"
    with log.open("ab") as output:
        owner = debian.id_of(stage_user)
        os.chown(log, owner, owner)
        command = [*apart, "bash", "-euc", line, "image", *words]
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        yield log
    finally:
        for first in children_of(process.pid):  # unshare passes no signal on
            os.kill(first, signal.SIGTERM)
        process.wait(60)
