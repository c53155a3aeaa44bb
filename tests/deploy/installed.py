"""vodsplice as `make install` lays it down, in folders of a test's own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.test_architecture import ROOT

INSTALL_TIMEOUT_S = 300


@dataclass(frozen=True, slots=True)
class Installed:
    """`root` stands for / in every path; the units and settings say so too."""

    root: Path

    @property
    def home(self) -> Path:
        return self.root / "opt"

    @property
    def unit_dir(self) -> Path:
        return self.root / "lib" / "systemd" / "system"

    @property
    def settings(self) -> Path:
        return self.root / "etc" / "vodsplice"

    @property
    def run_dir(self) -> Path:
        return self.root / "run" / "vodsplice"

    def in_use(self, link: str = "current") -> str:
        return (self.home / link).readlink().name

    def command(self, name: str) -> str:
        return str(self.home / "current" / "bin" / name)

    def make(self, *words: str, systemctl: Path | None = None, **environment: str) -> str:
        """`make` of these targets, told where everything goes; its output. Raises `CalledProcessError`."""
        variables = {
            "PREFIX": self.home,
            "SYSCONFDIR": self.root / "etc",
            "LOCALSTATEDIR": self.root / "var",
            "RUNSTATEDIR": self.root / "run",
            "LIBDIR": self.root / "lib",
            "PYTHON": sys.executable,
            "SYSTEMCTL": systemctl or "true",
        }
        return run("make", *words, *(f"{name}={value}" for name, value in variables.items()), **environment)

    def release(self, *words: str, systemctl: Path) -> str:
        """The same of the release in use, as on a machine without the sources."""
        program = self.home / "current" / "deploy" / "release.sh"
        return run(str(program), *words, SYSTEMCTL=str(systemctl))


def run(*command: str, **environment: str) -> str:
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | environment, timeout=INSTALL_TIMEOUT_S,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout)
    return done.stdout
