"""nginx and gunicorn together on one machine, from the configuration that production uses.

`make stack` starts this in the foreground; tests and the bench start it too. Nothing is installed and nobody
needs to be root: the prefix that `nginx/nginx.conf` speaks of is a temporary folder, in memory where there is
/dev/shm, and only listen.conf is written anew, and a limit of files that is more than there may be. Ctrl-C,
SIGTERM, the end of the terminal or of either server ends both, after what they were sending, within
`STOP_TIMEOUT_S`.
"""

from __future__ import annotations

import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO, Any

import click

from app.terminal import terminal

CONFIGURATION = Path(__file__).parents[1] / "nginx"
MODULE = "ngx_http_perl_module.so"
MODULE_FOLDERS = ("/usr/lib/nginx/modules", "/usr/lib64/nginx/modules", "/etc/nginx/modules")
"""Of Debian and Alpine; of RHEL; of nginx's own packages and container images."""

IN_MEMORY = Path("/dev/shm")  # noqa: S108 - what is made there is a fresh folder of its owner's alone
START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 10
WATCH_S = 0.2
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Process = subprocess.Popen[bytes]


class CannotStart(Exception):
    """What is missing or in the way, and what to do."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to start. `port` 0 is any free one. Without `splice`, nginx does without its Perl module."""

    media_dir: Path
    index_dir: Path
    host: str = "127.0.0.1"
    port: int = 0
    splice: bool = True
    serve_flags: tuple[str, ...] = ()
    serve_program: tuple[str, ...] = (sys.executable, "-m", "app.cli")


@dataclass(frozen=True, slots=True)
class Stack:
    """Both servers, running; `prefix` is nginx's."""

    base: str
    prefix: Path
    nginx: Process
    gunicorn: Process


@contextmanager
def running(wanted: Wanted, output: IO[bytes] | None = None) -> Iterator[Stack]:
    """Start both and stop them in the end; what they print goes to `output`. Raises `CannotStart`."""
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))
    configuration = "nginx.conf" if wanted.splice else "nginx-sendfile.conf"
    folder = IN_MEMORY if os.access(IN_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="vodsplice-", dir=folder) as name, _listener(wanted) as listener:
        prefix = Path(name)
        host = f"[{wanted.host}]" if ":" in wanted.host else wanted.host
        address = f"{host}:{listener.getsockname()[1]}"
        _write_prefix(prefix, address, splice=wanted.splice)
        _limit_files(prefix / "conf" / configuration, most_files)
        printing = {"stdout": output, "stderr": output}
        with _process(_gunicorn_command(wanted, prefix), prefix, signal.SIGTERM, **printing) as gunicorn:
            _wait_for("gunicorn", gunicorn, prefix / "run" / "gunicorn.sock")
            # nginx takes the listener over as it would from an older nginx, or from systemd.
            inherited = {
                "env": os.environ | {"NGINX": f"{listener.fileno()};"},
                "pass_fds": (listener.fileno(),),
            }
            command = nginx_command(prefix, configuration)
            with _process(command, prefix, signal.SIGQUIT, **inherited, **printing) as nginx:
                listener.close()
                _wait_for("nginx", nginx, prefix / "run" / "nginx.pid")
                yield Stack(f"http://{address}", prefix, nginx, gunicorn)


def _listener(wanted: Wanted) -> socket.socket:
    try:
        (family, *_, place), *_ = socket.getaddrinfo(wanted.host, wanted.port, type=socket.SOCK_STREAM)
        listener = socket.create_server(place[:2], family=family, backlog=4096)
        listener.setblocking(False)  # nginx takes it to be: a worker would wait in accept for the next client
        return listener
    except OSError as error:
        reason = str(error.strerror).partition(" (while")[0]  # the address again, from `create_server`
        raise CannotStart(f"port {wanted.port} of {wanted.host}: {reason}; name another") from error


def _write_prefix(prefix: Path, address: str, *, splice: bool) -> None:
    shutil.copytree(CONFIGURATION, prefix / "conf")
    (prefix / "conf" / "listen.conf").write_text(f"listen {address};\n", encoding="utf-8")
    (prefix / "run").mkdir()
    (prefix / "logs").mkdir()
    if splice:
        (prefix / "modules").symlink_to(_module_folder())


def _limit_files(configuration: Path, most: int) -> None:
    """Workers of nginx that may not have as many open as it says would all log an alert."""
    directive = re.compile(r"(?<=^worker_rlimit_nofile )\d+", re.MULTILINE)
    text = configuration.read_text(encoding="utf-8")
    text = directive.sub(lambda found: str(min(int(found[0]), most)), text)
    configuration.write_text(text, encoding="utf-8")


def _module_folder() -> str:
    for folder in MODULE_FOLDERS:
        if os.path.exists(os.path.join(folder, MODULE)):
            return folder
    raise CannotStart(
        f"nginx's Perl module ({MODULE}) is in none of {', '.join(MODULE_FOLDERS)}: install "
        "libnginx-mod-http-perl (Debian, Ubuntu) or nginx-mod-http-perl (Alpine, RHEL), or do without "
        "(make stack ARGS=--no-splice)"
    )


def _gunicorn_command(wanted: Wanted, prefix: Path) -> list[str]:
    flags = {
        "--media-dir": wanted.media_dir.absolute(),
        "--index-dir": wanted.index_dir.absolute(),
        "--bind": "unix:run/gunicorn.sock",
        "--splice": "on" if wanted.splice else "off",
        "--access-log": "off",
        "--nginx-log": prefix / "logs" / "access.log",
    }
    words = [str(word) for flag in flags.items() for word in flag]
    return [*wanted.serve_program, *words, *wanted.serve_flags]


def nginx_command(prefix: Path, configuration: str) -> list[str]:
    """nginx in the foreground of `prefix`, as the user who asks for it. Raises `CannotStart`."""
    program = shutil.which("nginx", path=os.environ.get("PATH", os.defpath) + ":/usr/sbin:/usr/local/sbin")
    if program is None:
        raise CannotStart("there is no nginx: install it (Debian, Ubuntu: nginx libnginx-mod-http-perl)")
    as_us = ["-g", "user root;"] if os.geteuid() == 0 else []
    return [program, "-p", str(prefix), "-c", f"conf/{configuration}", "-e", "stderr", *as_us]


@contextmanager
def _process(
    command: Sequence[str], folder: Path, ends_on: signal.Signals, **options: Any
) -> Iterator[Process]:
    """In a session of its own and without the terminal, so that its end reaches it from here alone, as Ctrl-C
    does, and in order.
    """
    process = subprocess.Popen(
        command, cwd=folder, start_new_session=True, stdin=subprocess.DEVNULL, **options
    )
    try:
        yield process
    finally:
        process.send_signal(ends_on)
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_TIMEOUT_S)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # workers outlive a master that was killed
        process.wait()


def _wait_for(name: str, process: Process, path: Path) -> None:
    """Until `path`, which `process` makes, is there."""
    for _ in range(START_TIMEOUT_S * 50):
        if path.exists():
            return
        if process.poll() is not None:
            raise CannotStart(f"{name} ended with status {process.returncode}; it says why above")
        time.sleep(0.02)
    raise CannotStart(f"{name} did not start within {START_TIMEOUT_S} s")


def _folder(**attributes: Any) -> Any:
    return click.Path(file_okay=False, exists=True, path_type=Path, **attributes)


def _end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - a signal handler
    """Once: another signal would end the end, and leave a server behind."""
    for each in ENDING:
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt


@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--media-dir", type=_folder(), required=True, help="Where the archives are.")
@click.option("--index-dir", type=_folder(), required=True, help="Where vodsplice-index put their indexes.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8080, show_default=True, help="0: any free one.")
@click.option("--splice/--no-splice", default=True, help="Without: for an nginx that has no Perl module.")
@click.argument("serve_flags", nargs=-1, type=click.UNPROCESSED)
def main(**options: Any) -> None:
    """Run nginx and gunicorn in the foreground; further flags are those of vodsplice-serve."""
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup has it
            signal.signal(number, _end)
    with suppress(KeyboardInterrupt):
        try:
            with running(Wanted(**options)) as stack:
                click.echo(f"open {stack.base}/ (Ctrl-C ends it; nginx logs to {stack.prefix}/logs)")
                watched = terminal()
                while stack.nginx.poll() is None and stack.gunicorn.poll() is None:
                    if watched and watched.poll(0):
                        return
                    time.sleep(WATCH_S)
                raise CannotStart("one of the two servers ended, and took the other with it")
        except CannotStart as error:
            raise click.ClickException(str(error)) from error


if __name__ == "__main__":
    main()
