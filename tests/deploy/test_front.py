"""The nginx in front of many nodes: an archive is one node's, and another's only while that one is away."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from app.routes import _TRACK
from deploy.stack import nginx_command
from tests.app.running_origin import ask, eventually
from tests.deploy.test_images import readme_commands
from tests.free_port import free_ports
from tests.test_architecture import ROOT

pytestmark = pytest.mark.requires_tool("nginx")

PARTS = (
    "playlist.m3u8", "master.m3u8", "init.mp4", "seg_0001.m4s", "seg_0002.m4s?v=0123456789",
    "video/seg_0001.m4s", "audio-en/playlist.m3u8", "audio-en-2/init.mp4", "text-eng/seg_0001.vtt",
)  # fmt: skip
ARCHIVES = [f"films/number-{number}" for number in range(200)]
NODES = ("one", "two", "three")

AROUND = """
daemon off;
pid nginx.pid;
error_log stderr crit;
worker_processes 1;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path .; proxy_temp_path .; fastcgi_temp_path .; scgi_temp_path .; uwsgi_temp_path .;
    {nodes}
    include conf.d/*.conf;
    include sites-enabled/*;
}}
"""
NODE = """
server {{
    listen 127.0.0.1:{port};
    default_type text/plain;
    add_header Retry-After 5 always;
    location / {{ return {status} "{name}"; }}
    location /v/broken/ {{ return 503 "{name}"; }}
}}
"""

DEBIANS_SITE = """
server {
    listen 80 default_server;
    listen [::]:80 default_server;
    root /var/www/html;
    index index.html index.htm index.nginx-debian.html;
    server_name _;
    location / {
        try_files $uri $uri/ =404;
    }
}
"""
"""sites-enabled/default as its nginx package has it, without comments."""

AS_A_TEST = """
systemctl() { test "$*" = "reload nginx"; }
apt-get() { test "$*" = "install -y nginx"; }
EDITOR=true
"""
"""Commands of the README that are not for a machine that only tests them."""


def set_up(conf: Path) -> None:
    """The README's commands, where `conf` is what a fresh Debian has as /etc/nginx."""
    for folder in ("conf.d", "sites-enabled"):
        (conf / folder).mkdir(parents=True)
    (conf / "sites-enabled" / "default").write_text(DEBIANS_SITE)
    commands = readme_commands("Many machines")
    of_the_front = commands[commands.index("apt-get install -y nginx") :]
    script = AS_A_TEST + "\n".join(of_the_front).replace("/etc/nginx", str(conf))
    subprocess.run(["bash", "-euc", script], cwd=ROOT, check=True, env={"PATH": os.environ["PATH"]})


@contextmanager
def fronted(
    folder: Path, ports: Sequence[int], up: Sequence[str] = NODES, refusing: Sequence[str] = ()
) -> Iterator[int]:
    """The port of the provided configuration before nodes that say their names. Some are up, and some of
    those have nothing but 503.
    """
    port, *nodes = ports
    conf = folder / "conf"
    set_up(conf)
    for path in (*conf.glob("conf.d/*"), *conf.glob("sites-enabled/*")):
        text = path.read_text().replace("listen 80", f"listen 127.0.0.1:{port}")
        text = re.sub(r"(?m)^ +listen \[::\].*\n", "", text)
        for address, node in zip(re.findall(r"server (10\.\S+)", text), nodes, strict=False):
            text = text.replace(address, f"127.0.0.1:{node}")
        path.write_text(text)
    named = zip(NODES, nodes, strict=True)
    listening = "".join(
        NODE.format(port=node, name=name, status=503 if name in refusing else 200)
        for name, node in named
        if name in up
    )
    (conf / "nginx.conf").write_text(AROUND.format(nodes=listening))
    process = subprocess.Popen(nginx_command(folder, "nginx.conf"), cwd=folder)
    try:
        assert eventually((folder / "nginx.pid").exists)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def nodes_of(port: int, parts: Sequence[str] = PARTS[:1]) -> Mapping[str, set[str]]:
    """Archive -> who answers for these parts of it."""
    found: dict[str, set[str]] = {archive: set() for archive in ARCHIVES}
    with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        for archive in ARCHIVES:
            for part in parts:
                found[archive].add(ask(connection, f"/v/{archive}/{part}").body.decode())
    return found


@pytest.fixture(scope="module")
def ports() -> Iterator[list[int]]:
    """Of the front and of the nodes. They decide where archives go, so all cases share them."""
    with free_ports(1 + len(NODES)) as ports:
        yield ports


def test_an_archive_is_one_nodes(tmp_path: Path, ports: list[int]) -> None:
    with fronted(tmp_path, ports) as port:
        found = nodes_of(port, PARTS)
    assert {len(nodes) for nodes in found.values()} == {1}
    share = Counter(node for nodes in found.values() for node in nodes)
    assert set(share) == set(NODES)
    assert min(share.values()) >= len(ARCHIVES) // 10


def test_the_others_keep_theirs_while_one_is_away(tmp_path: Path, ports: list[int]) -> None:
    with fronted(tmp_path / "all", ports) as port:
        before = nodes_of(port)
    with fronted(tmp_path / "two", ports, ("one", "two")) as port:
        after = nodes_of(port)
    moved = {archive for archive in ARCHIVES if before[archive] != after[archive]}
    assert moved == {archive for archive in ARCHIVES if before[archive] == {"three"}}
    assert {node for archive in moved for node in after[archive]} == {"one", "two"}


def test_a_node_that_has_lost_its_gunicorn_is_done_without(tmp_path: Path, ports: list[int]) -> None:
    """Whatever is asked of it, and with none of its archives in the way of another's."""
    with fronted(tmp_path / "all", ports) as port:
        before = nodes_of(port)
    with fronted(tmp_path / "one", ports, refusing=("three",)) as port:
        after = nodes_of(port)
    moved = {archive for archive in ARCHIVES if before[archive] != after[archive]}
    assert moved == {archive for archive in ARCHIVES if before[archive] == {"three"}}
    assert set.union(*(after[archive] for archive in moved)) == {"one", "two"}


def test_a_refused_archive_costs_no_node_its_others(tmp_path: Path, ports: list[int]) -> None:
    """503 is one archive's: it cannot be read, or too much of it is underway. All nodes say so."""
    with fronted(tmp_path, ports) as port:
        before = nodes_of(port)
        with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
            refusals = [ask(connection, "/v/broken/playlist.m3u8") for _ in range(12)]
        after = nodes_of(port)
    assert {reply.status for reply in refusals} == {503}
    assert {reply.headers["retry-after"] for reply in refusals} == {"5"}
    assert after == before


def test_names_that_only_begin_as_tracks_do_are_archives(tmp_path: Path, ports: list[int]) -> None:
    """A folder of them is spread over the nodes like any other."""
    conf = (ROOT / "deploy" / "front.conf.example").read_text()
    assert f"(/{_TRACK.pattern})?/" in conf
    with (
        fronted(tmp_path, ports) as port,
        closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection,
    ):
        for name in ("video_{}", "audio.{}", "text {}", "videos{}"):
            paths = (f"/v/cam/{name.format(n).replace(' ', '%20')}/seg_0001.m4s" for n in range(30))
            assert {ask(connection, path).body.decode() for path in paths} == set(NODES)
