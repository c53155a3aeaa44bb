"""Programs that the tests start: where each is looked for, and the Debian packages that bring it.

`make test` runs this file before any virtual environment exists, so the standard library has to do.
As root on Debian it installs what is missing; elsewhere it says what to install, and the cases that need
it are skipped with the same words (`tests/conftest.py` reads the same table).

A new tool is a new row of `TOOLS`, and `@pytest.mark.requires_tool("its name")` on the cases.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
POLICY = Path("/usr/sbin/policy-rc.d")


@dataclass(frozen=True, slots=True)
class Tool:
    """A program, or a file (a place with a slash); the first of `places` that is there is it."""

    name: str
    places: tuple[str, ...]
    packages: tuple[str, ...]
    remedy: str = ""

    def find(self) -> str | None:
        """Its absolute path. /usr/sbin is looked into too: an ordinary user's PATH does not name it."""
        path = os.environ.get("PATH", os.defpath) + ":/usr/local/sbin:/usr/sbin"
        for place in self.places:
            if "/" not in place:
                found = shutil.which(place, path=path)
            else:
                found = str(ROOT / place) if (ROOT / place).exists() else None
            if found:
                return found
        return None

    @property
    def how_to_get(self) -> str:
        return self.remedy or "apt-get install " + " ".join(self.packages)


_ROWS = (
    Tool("git", ("git",), ("git",)),
    Tool("curl", ("curl",), ("curl", "ca-certificates")),
    Tool("openssl", ("openssl",), ("openssl",)),
    Tool("debootstrap", ("debootstrap",), ("debootstrap",)),
    Tool("rsync", ("rsync",), ("rsync",)),
    Tool("logrotate", ("logrotate",), ("logrotate",)),
    Tool("ffmpeg", ("ffmpeg",), ("ffmpeg",)),
    Tool("ffprobe", ("ffprobe",), ("ffmpeg",)),
    Tool("strace", ("strace",), ("strace",)),
    Tool("nginx", ("nginx",), ("nginx",)),
    Tool(
        "nginx-perl",
        (
            "/usr/lib/nginx/modules/ngx_http_perl_module.so",
            "/usr/lib64/nginx/modules/ngx_http_perl_module.so",
            "/etc/nginx/modules/ngx_http_perl_module.so",
        ),
        ("libnginx-mod-http-perl",),
    ),
    Tool("perltidy", ("perltidy",), ("perltidy",)),
    Tool("perlcritic", ("perlcritic",), ("libperl-critic-perl",)),
    Tool("systemd-analyze", ("systemd-analyze",), ("systemd",)),
    Tool("systemctl", ("systemctl",), ("systemd",)),
    Tool("systemd-sysusers", ("systemd-sysusers",), ("systemd",)),
    Tool("chromium", ("chromium", "chromium-browser", "google-chrome"), ("chromium",)),
    Tool(
        "libatomic",  # of the node inside playwright
        (
            "/usr/lib/x86_64-linux-gnu/libatomic.so.1",
            "/usr/lib/aarch64-linux-gnu/libatomic.so.1",
            "/usr/lib64/libatomic.so.1",
            "/usr/lib/libatomic.so.1",
        ),
        ("libatomic1",),
    ),
    Tool("node", ("node",), ("nodejs",)),
    Tool("npm", ("npm",), ("npm",)),
    Tool(
        "players",
        ("tests/player/node_modules/.package-lock.json",),
        (),
        "npm ci --prefix tests/player",
    ),
)
TOOLS = {tool.name: tool for tool in _ROWS}


def missing_packages() -> list[str]:
    """Debian packages that would bring what is not here, each once."""
    return list(dict.fromkeys(p for tool in _ROWS if tool.find() is None for p in tool.packages))


@contextmanager
def _no_services_started() -> Iterator[None]:
    """Debian starts what it installs, nginx on port 80 included; the tests only want the program."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()


def install(packages: list[str]) -> None:
    """`apt-get install` of `packages`, quietly; raises CalledProcessError."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    apt_get = ["apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"]
    print("installing", *packages, flush=True)
    with _no_services_started():
        subprocess.run([*apt_get, "update"], check=True, env=environment)
        subprocess.run(
            [*apt_get, "install", "-y", "--no-install-recommends", *packages],
            check=True, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        )


def main() -> int:
    packages = missing_packages()
    if packages and os.geteuid() == 0 and shutil.which("apt-get"):
        try:
            install(packages)
        except subprocess.CalledProcessError as error:
            print(f"apt-get failed ({error.returncode}); going on without", file=sys.stderr)
    missing = [tool.name for tool in _ROWS if tool.packages and tool.find() is None]
    if missing:
        print(
            f"missing: {', '.join(missing)}; the cases that need them are skipped. To run them all:",
            f"  sudo apt-get install {' '.join(missing_packages())}",
            sep="\n",
            file=sys.stderr,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
