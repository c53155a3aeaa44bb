"""What is installed runs, and is upgraded and rolled back under load without a failed request."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import threading
from functools import partial
from pathlib import Path

import pytest

from tests.app.made_archive import make_archive
from tests.app.running_origin import eventually
from tests.bench.archive import Shape, write_archive
from tests.bench.catalogue import index
from tests.deploy.conftest import Machine, another_release
from tests.deploy.installed import Installed, run
from tests.nginx.load import digest, loaded
from tests.player.clips import write_clip
from tests.processes import children_of, command_of
from tests.readme import README

pytestmark = [pytest.mark.nginx, pytest.mark.timeout(600)]

SEGMENTS = [f"/v/film/seg_{number:04d}.m4s" for number in range(1, 5)]
TARGETS = [*SEGMENTS, *["/healthz", "/readyz"] * 2]
"""The latter go to gunicorn every time."""


def oracle(machine: Machine) -> dict[str, bytes]:
    replies = [machine.get(target) for target in SEGMENTS]
    assert [reply.status for reply in replies] == [200] * len(SEGMENTS)
    return {reply.headers["etag"]: digest(reply.body) for reply in replies}


def release_served_by(machine: Machine) -> set[str]:
    """The releases that the processes of gunicorn run from."""
    pids = [machine.manager.running["vodsplice.service"].pid]
    programs = [command_of(pid).partition(b"\0")[0] for pid in [*pids, *children_of(pids[0])]]
    return {Path(program.decode()).parts[-3] for program in programs if program}


def test_upgrade_and_rollback_fail_no_request(machine: Machine) -> None:
    here, systemctl = machine.installed, machine.manager.systemctl
    first, second = here.in_use(), another_release(here, "good")
    asked_before = len(machine.manager.asked)
    assert release_served_by(machine) == {first}
    with loaded(machine, TARGETS, oracle(machine)) as load:
        here.release("use", second, systemctl=systemctl)
        assert release_served_by(machine) == {second}
        load.wait_for_more(100)
        said = here.release("rollback", systemctl=systemctl)
        assert release_served_by(machine) == {first}
        load.wait_for_more(100)
    assert said == f"in use: {first}\n"
    assert (here.in_use(), here.in_use("previous")) == (first, second)
    listed = here.release("list", systemctl=systemctl).splitlines()
    assert [line for line in listed if "(" in line] == [f"{second} (previous)", f"{first} (in use)"]
    assert load.wrong == []
    assert set(load.outcomes) == {200}
    told = [["daemon-reload"], ["try-restart", "vodsplice.service"],
            ["try-reload-or-restart", "vodsplice-nginx.service"]]  # fmt: skip
    assert machine.manager.asked[asked_before:] == told * 2


@pytest.mark.parametrize("is_reloaded", [False, True])
def test_a_slow_download_holds_up_no_upgrade(machine: Machine, is_reloaded: bool) -> None:
    """It goes on, and ends, while the next release serves."""
    archive = write_archive(machine.media_dir / "slow.mp4", Shape(seconds=80), holes=False)
    index(archive, machine.media_dir, machine.index_dir)
    here, systemctl = machine.installed, machine.manager.systemctl
    first, second = here.in_use(), another_release(here, f"next-{is_reloaded:d}")
    with machine.socket(receive_buffer_bytes=64 << 10) as client:
        client.sendall(b"GET /v/slow/download.mp4 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        head, _, body = client.recv(4096).partition(b"\r\n\r\n")
        (length,) = re.findall(rb"(?i)content-length: (\d+)", head)
        if is_reloaded:
            master = machine.manager.running["vodsplice.service"].pid
            before = set(children_of(master))
            machine.manager.reload("vodsplice.service")
            assert eventually(lambda: not set(children_of(master)) <= before)
        here.release("use", second, systemctl=systemctl)
        assert machine.get("/healthz").status == 200
        received = len(body)
        while block := client.recv(1 << 16):
            received += len(block)
        assert received == int(length)
    here.release("use", first, systemctl=systemctl)


def test_release_that_does_not_come_up_is_taken_back(machine: Machine) -> None:
    here = machine.installed
    first, second = here.in_use(), another_release(here, "bad")
    (module,) = (here.home / "releases" / second).glob("lib/python3*/site-packages/app/wsgi.py")
    module.write_text("raise SystemExit('a mistake')\n")
    with pytest.raises(subprocess.CalledProcessError) as failed:
        here.release("use", second, systemctl=machine.manager.systemctl)
    assert failed.value.output.endswith(f"{second} does not come up; {first} is in use again\n")
    assert here.in_use() == first
    assert machine.get("/healthz").status == 200


def test_what_is_installed_names_the_places_it_is_in(machine: Machine) -> None:
    here = machine.installed
    for path in (here.settings / "vodsplice.toml", *here.unit_dir.iterdir()):
        text = path.read_text().replace(f"{here.root}/", "")
        assert re.findall(r"/(?:opt|etc|run|var/lib|var/log)/vodsplice\S*", text) == [], path


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["rollback"], "there is no previous release in {home}"),
        (["upgrade"], "nothing is installed in {home}: make install, or name the PREFIX of then"),
        (["use", "1.0"], "there is no release 1.0; list names them"),
    ],
)
def test_release_that_is_not_there(tmp_path: Path, words: list[str], said: str) -> None:
    with pytest.raises(subprocess.CalledProcessError) as failed:
        run("deploy/release.sh", *words, DESTDIR=str(tmp_path))
    assert failed.value.output == said.format(home=f"{tmp_path}/opt/vodsplice") + "\n"
    assert list(tmp_path.iterdir()) == []


def test_install_that_fails_leaves_nothing(tmp_path: Path) -> None:
    here = Installed(tmp_path)
    with pytest.raises(subprocess.CalledProcessError, match="make"):
        here.make("install", PIP_NO_INDEX="1", PIP_FIND_LINKS="/nowhere", PIP_CONFIG_FILE="/dev/null")
    assert list((here.home / "releases").iterdir()) == []
    assert not (here.home / "current").is_symlink()


def test_reload_of_both_servers_fails_no_request(machine: Machine) -> None:
    """As `systemctl reload` does it; a mistake in nginx's configuration changes nothing."""
    with loaded(machine, TARGETS, oracle(machine)) as load:
        for name in ("vodsplice.service", "vodsplice-nginx.service") * 2:
            machine.manager.reload(name)
            load.wait_for_more(100)
    assert load.wrong == []
    assert set(load.outcomes) == {200}
    listen = machine.installed.settings / "listen.conf"
    as_it_was = listen.read_text()
    listen.write_text("no such directive;\n")
    with pytest.raises(subprocess.CalledProcessError):
        machine.manager.reload("vodsplice-nginx.service")
    listen.write_text(as_it_was)
    assert machine.get(SEGMENTS[0]).status == 200


def test_all_answers_are_by_the_new_settings(machine: Machine) -> None:
    """The README's command, where every worker of nginx remembers plans of before."""
    (said,) = re.findall(r"`(systemctl restart vodsplice && [^`]*)`", README.read_text())
    line = said.replace("/run/vodsplice", str(machine.installed.run_dir))
    line = line.replace("systemctl", str(machine.manager.systemctl))
    toml = machine.installed.settings / "vodsplice.toml"
    as_it_was = toml.read_text()

    def workers() -> set[int]:
        return set(children_of(machine.manager.running["vodsplice-nginx.service"].pid))

    def no_more(old: set[int]) -> bool:
        return old.isdisjoint(workers())

    def origins() -> set[str]:
        replies = [machine.get(SEGMENTS[0]) for _ in range(20)]
        return {reply.headers["access-control-allow-origin"] for reply in replies}

    for settings, origin in (
        (f'{as_it_was}cors_origin = "https://after.example"', "https://after.example"),
        (as_it_was, "*"),
    ):
        assert origins() != {origin}
        toml.write_text(settings)
        before = workers()
        run("bash", "-euc", line)
        assert eventually(partial(no_more, before))
        assert origins() == {origin}


@pytest.mark.parametrize("name", ["vodsplice.service", "vodsplice-nginx.service"])
def test_stop_lets_transfers_finish(machine: Machine, name: str) -> None:
    """More than sockets hold, to a slow reader of the server that is being stopped."""
    media = make_archive(
        machine.media_dir, machine.index_dir, "large", segments=1, range_bytes=4_000_000
    ).media[0]
    with raw_client(machine, name) as client:
        client.sendall(b"GET /v/large/seg_0001.m4s HTTP/1.0\r\n\r\n")
        received = client.recv(100)
        stopping = threading.Thread(target=machine.manager.stop, args=(name,))
        stopping.start()
        assert eventually(lambda: name not in machine.manager.running)
        while more := client.recv(65536):
            received += more
        stopping.join()
    assert received.endswith(media)
    machine.manager.start(name)
    assert eventually(machine.answers)


def raw_client(machine: Machine, name: str) -> socket.socket:
    """A connection with small buffers, to nginx or to gunicorn itself."""
    if name == "vodsplice-nginx.service":
        return machine.socket(receive_buffer_bytes=65536)
    client = socket.socket(socket.AF_UNIX)
    client.connect(str(machine.installed.run_dir / "gunicorn.sock"))
    return client


def test_killed_servers_start_again(machine: Machine) -> None:
    """Over the sockets that they left behind."""
    for name in ("vodsplice.service", "vodsplice-nginx.service"):
        os.killpg(machine.manager.running[name].pid, signal.SIGKILL)
        machine.manager.running.pop(name).wait()
        machine.manager.start(name)
    assert eventually(machine.answers)


def test_indexer_takes_what_arrives(machine: Machine) -> None:
    """With the folders of the server's settings; refusals are no failure of the unit."""
    (machine.media_dir / "deep").mkdir()
    write_clip(machine.media_dir / "deep" / "new.mp4")
    (machine.media_dir / "broken.mp4").write_bytes(b"no film at all")
    (machine.media_dir / "recording.mp4").write_bytes(bytes.fromhex("000000106674797069736f6d00000000"))
    name = "vodsplice-index.service"
    status = machine.manager.run(name)
    assert str(status) in machine.manager.unit(name).one("SuccessExitStatus").split()
    assert machine.get("/v/deep/new/playlist.m3u8").status == 200
    assert "broken.mp4: malformed" in machine.log.read_text()


@pytest.mark.requires_tool("curl")
@pytest.mark.requires_tool("openssl")
def test_tls(machine: Machine, port: int) -> None:
    """The provided example with a certificate where certbot's hook puts it; curl is the judge."""
    here = machine.installed
    folder = here.settings / "tls"
    folder.mkdir()
    key, certificate = folder / "privkey.pem", folder / "fullchain.pem"
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]
    run("openssl", *words.split(), *names)
    listen = here.settings / "listen.conf"
    plain = listen.read_text()
    example = (here.home / "current/nginx/conf/listen-tls.conf.example").read_text()
    assert f"ssl_certificate {certificate};" in example
    tls = example.replace("listen 443", f"listen 127.0.0.1:{port}").replace("listen [::]:443", "# listen")
    listen.write_text(plain + tls)
    machine.manager.reload("vodsplice-nginx.service")
    url = f"https://localhost:{port}{SEGMENTS[0]}"
    curl = [
        "curl",
        "-s",
        "--retry",
        "20",
        "--retry-connrefused",
        "--retry-delay",
        "1",
        "--cacert",
        str(certificate),
    ]
    done = subprocess.run([*curl, url], stdout=subprocess.PIPE, check=True)
    assert done.stdout == machine.get(SEGMENTS[0]).body
    listen.write_text(plain)
    machine.manager.reload("vodsplice-nginx.service")


@pytest.mark.exam
def test_upgrade_from_sources(tmp_path: Path, port: int) -> None:
    """`make upgrade` and `make rollback`, whole."""
    here = Installed(tmp_path)
    here.settings.mkdir(parents=True)
    (here.settings / "listen.conf").write_text(f"listen 127.0.0.1:{port};\n")
    here.make("install")
    first = here.in_use()
    assert "is not in use yet" in here.make("install")
    assert here.in_use() == first
    here.make("upgrade")
    assert (here.in_use("previous"), here.in_use() == first) == (first, False)
    here.make("rollback")
    assert here.in_use() == first
