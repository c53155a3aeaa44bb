"""What systemd does with our units, where systemd does not run: exactly their commands, sockets and signals.

Sandboxes and users are not put on; `tests/deploy/test_units.py` compares what the services do with what
their sandboxes let them. `systemctl` is a program that asks this manager, for deploy/release.sh.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.deploy.unit_files import Unit, read_unit

START_TIMEOUT_S = 60
Process = subprocess.Popen[bytes]

ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin", "LANG": "C.UTF-8"}
"""What systemd gives a service: nothing of the environment of these tests."""

ACTIVATE = 'export LISTEN_FDS=1 LISTEN_PID=$$; exec "$@" 3<&{0}'
"""How systemd passes a socket: the third descriptor, for this very process."""

SYSTEMCTL = """#!{python}
import socket, sys
with socket.socket(socket.AF_UNIX) as manager:
    manager.connect({address!r})
    manager.sendall("\\0".join(sys.argv[1:]).encode() + b"\\n")
    sys.exit(int(manager.makefile().readline()))
"""


class ServiceManager:
    """Services by the name of their unit. Their output goes to `log`; `prefix` goes before their commands."""

    def __init__(self, unit_dir: Path, folder: Path) -> None:
        self.log = folder / "journal"
        self.systemctl = folder / "systemctl"
        self.running: dict[str, Process] = {}
        self.asked: list[list[str]] = []
        self.prefix: dict[str, list[str]] = {}
        self._unit_dir = unit_dir
        self._folder = folder
        self._stopped: list[Process] = []
        self._sockets: dict[str, socket.socket] = {}
        self._units: dict[str, Unit] = {}
        self.daemon_reload()

    def unit(self, name: str) -> Unit:
        return self._units[name]

    def daemon_reload(self) -> None:
        self._units = {path.name: read_unit(path) for path in self._unit_dir.iterdir()}

    def start(self, name: str) -> None:
        """Raises `CalledProcessError` where the service does not come up."""
        unit = self._units[name]
        if name.endswith(".socket"):
            self._sockets[name] = self.listener(unit)
            return
        for command in unit.commands("ExecStartPre"):
            subprocess.run(self.command(unit, command), check=True)
        start = self._start_notifying if unit.one("Type") == "notify" else self._popen
        self.running[name] = start(unit)

    def _start_notifying(self, unit: Unit) -> Process:
        """Its socket is passed to it, and it is up when it says so."""
        listener = self._sockets[unit.one("Requires")]
        address = f"vodsplice-{id(self)}-{time.monotonic_ns()}"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notices:
            notices.bind(f"\0{address}")
            notices.settimeout(0.1)
            environment = {"NOTIFY_SOCKET": f"@{address}", "RUNTIME_DIRECTORY": self.runtime_dir(unit)}
            process = self._popen(unit, environment, listener)
            for _ in range(START_TIMEOUT_S * 10):
                if process.poll() is not None:
                    raise subprocess.CalledProcessError(process.returncode, unit.name)
                with suppress(TimeoutError):
                    if notices.recv(4096).startswith(b"READY=1"):
                        return process
        os.killpg(process.pid, signal.SIGKILL)
        raise subprocess.TimeoutExpired(unit.name, START_TIMEOUT_S)

    def _popen(
        self, unit: Unit, environment: dict[str, str] | None = None, listener: socket.socket | None = None
    ) -> Process:
        (command,) = unit.commands("ExecStart")
        command = [*self.prefix.get(unit.name, []), *self.command(unit, command)]
        fds = (listener.fileno(),) if listener else ()
        if listener:
            command = ["bash", "-c", ACTIVATE.format(listener.fileno()), "systemd", *command]
        with self.log.open("ab") as output:
            return subprocess.Popen(
                command, stdout=output, stderr=output, pass_fds=fds, start_new_session=True,
                env=ENVIRONMENT | (environment or {}),
            )  # fmt: skip

    def stop(self, name: str) -> None:
        """As the unit says: its signal to the main process, which is killed after its timeout. So is the rest
        then, unless `KillMode=process` lets it be (systemd.kill(5)). Raises `TimeoutExpired` after that.
        """
        process, unit = self.running.pop(name), self._units[name]
        mode = unit.one("KillMode")
        assert mode in ("mixed", "process"), mode
        os.kill(process.pid, signal.Signals[unit.one("KillSignal", "SIGTERM")])
        has_ended = _ends(process, float(unit.one("TimeoutStopSec")))
        kill = os.kill if mode == "process" else os.killpg
        kill(process.pid, signal.SIGKILL)
        self._stopped.append(process)
        if not has_ended:
            raise subprocess.TimeoutExpired(name, float(unit.one("TimeoutStopSec")))

    def reload(self, name: str) -> None:
        unit = self._units[name]
        for command in unit.commands("ExecReload", self.running[name].pid):
            subprocess.run(self.command(unit, command), check=True, env=ENVIRONMENT)

    def run(self, name: str) -> int:
        """A service of one run (Type=oneshot); its exit status."""
        return self._popen(self._units[name]).wait(START_TIMEOUT_S)

    def command(self, unit: Unit, words: list[str]) -> list[str]:
        """How a command of a unit is started."""
        return ["env", "-C", unit.one("WorkingDirectory", "/"), *_allowed_as_root(words)]

    def listener(self, unit: Unit) -> socket.socket:
        """What a .socket unit describes."""
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(unit.one("ListenStream"))
        listener.listen(int(unit.one("Backlog")))
        return listener

    def runtime_dir(self, unit: Unit) -> str:
        """A folder for RuntimeDirectory=."""
        folder = self._folder / unit.one("RuntimeDirectory")
        folder.mkdir(parents=True, exist_ok=True)
        return str(folder)

    def end(self) -> None:
        """Of all services, those that were stopped included."""
        for process in (*self.running.values(), *self._stopped):
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        for listener in self._sockets.values():
            listener.close()

    def obey(self, words: list[str]) -> None:
        """One call of systemctl."""
        self.asked.append(words)
        if len(words) == 2 and "." not in words[1]:
            words[1] += ".service"
        match words:
            case ["daemon-reload"]:
                self.daemon_reload()
            case ["try-restart", name] if name in self.running:
                self.stop(name)
                self.start(name)
            case ["restart", name]:
                if name in self.running:
                    self.stop(name)
                self.start(name)
            case ["reload" | "try-reload-or-restart", name] if name in self.running:
                self.reload(name)
            case ["kill", "--kill-who=main", signal_, name]:
                self.running[name].send_signal(signal.Signals["SIG" + signal_.removeprefix("--signal=")])
            case ["try-restart" | "try-reload-or-restart", _]:
                pass
            case _:
                raise AssertionError(f"systemctl {words}")


def _ends(process: Process, within_s: float) -> bool:
    """It is not waited for then: its number stays that of its group, whose others may live on."""
    descriptor = os.pidfd_open(process.pid)
    try:
        ended, _, _ = select.select([descriptor], [], [], within_s)
    finally:
        os.close(descriptor)
    return bool(ended)


def _allowed_as_root(command: list[str]) -> list[str]:
    """nginx as root gives its workers to another user; its unit says to whom (User=), and here it is us."""
    is_nginx = os.path.basename(command[0]) == "nginx"
    return [*command, "-g", "user root;"] if is_nginx and os.geteuid() == 0 else command


@contextmanager
def obeying(manager: ServiceManager, folder: Path) -> Iterator[ServiceManager]:
    """The manager does what its `systemctl` is told, and its services end with the block."""
    address = str(folder / "manager.sock")
    manager.systemctl.write_text(SYSTEMCTL.format(python=sys.executable, address=address))
    manager.systemctl.chmod(0o755)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        thread = threading.Thread(target=_answer, args=(manager, listener))
        thread.start()
        try:
            yield manager
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            manager.end()


def _answer(manager: ServiceManager, listener: socket.socket) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        with client, client.makefile("rw") as lines:
            try:
                manager.obey(lines.readline().rstrip("\n").split("\0"))
            except (subprocess.SubprocessError, OSError):
                lines.write("1\n")
            else:
                lines.write("0\n")
