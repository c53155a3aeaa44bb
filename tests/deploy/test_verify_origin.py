"""deploy/verify-origin.sh on a real origin, and on one behind a proxy that gets one thing wrong."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.running_origin import Origin, running_origin
from tests.deploy.faulty_proxy import Exchange, Fault, faulty_proxy, nothing
from tests.player.clips import write_clip
from tests.player.conftest import index

pytestmark = pytest.mark.requires_tool("curl")

SCRIPT = Path(__file__).parents[2] / "deploy" / "verify-origin.sh"
ARCHIVE = "a film/Über 100% 'cut'"


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Origin]:
    folder = tmp_path_factory.mktemp("verified")
    media_dir, index_dir = folder / "media", folder / "index"
    archive = media_dir / f"{ARCHIVE}.mp4"
    archive.parent.mkdir(parents=True)
    write_clip(archive)
    index(media_dir, index_dir)
    with running_origin(media_dir, index_dir, folder / "log", "--workers", "1") as running:
        yield running


def verify(*arguments: str, segments: str = "1") -> tuple[int, str]:
    """Its exit status and all it printed."""
    done = subprocess.run(
        [SCRIPT, *arguments],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"SEGMENTS": segments},
    )
    return done.returncode, done.stdout


def test_good_origin_passes(origin: Origin) -> None:
    status, said = verify(origin.base, ARCHIVE, segments="all")
    assert "FAIL" not in said
    assert status == 0
    assert "init.mp4: " in said
    assert "tracks 1 2" in said
    assert re.findall(r"^ok    (seg_\d+)", said, re.MULTILINE) == ["seg_0001", "seg_0002", "seg_0003"]
    assert re.search(r"^\d{3} checks, 0 failed$", said, re.MULTILINE)


def test_segments_are_spread(origin: Origin) -> None:
    _, said = verify(origin.base, ARCHIVE, segments="2")
    assert re.findall(r"seg_\d+", said) == ["seg_0001", "seg_0003"]


def replacing(header: str, value: str | None, *paths: str) -> Fault:
    def fault(exchange: Exchange) -> None:
        if exchange.is_for(*paths) and header in exchange.headers:
            del exchange.headers[header]
            if value is not None:
                exchange.headers[header] = value

    return fault


def forgetting(header: str) -> Fault:
    def fault(exchange: Exchange) -> None:
        exchange.asked.pop(header, None)

    return fault


def patching(path: str, old: bytes, new: bytes) -> Fault:
    """Other bytes, of the same length, wherever `old` is."""
    assert len(old) == len(new)

    def fault(exchange: Exchange) -> None:
        if exchange.is_for(path):
            exchange.body = exchange.body.replace(old, new)

    return fault


def spoiling_ranges(exchange: Exchange) -> None:
    if exchange.status == 206:
        exchange.body = exchange.body[::-1] if len(exchange.body) > 1 else b"?"


def caching_errors(exchange: Exchange) -> None:
    if exchange.status == 404:
        exchange.headers["cache-control"] = "public, max-age=300"


def serving_any_version(exchange: Exchange) -> None:
    exchange.path = exchange.path.replace("?v=0000000000", "")


def shrinking_heads(exchange: Exchange) -> None:
    if exchange.method == "HEAD":
        exchange.headers["content-length"] = "0"


def moving_data(exchange: Exchange) -> None:
    """The first trun points a mebibyte further on."""
    if exchange.is_for("seg_") and b"trun" in exchange.body:
        at = exchange.body.index(b"trun") + 12
        exchange.body = exchange.body[: at + 1] + b"\x10" + exchange.body[at + 2 :]


FAULTS = {
    "no tag": (nothing, replacing("etag", None, "/"), "ETag is missing, not strong"),
    "a weak tag": (nothing, replacing("etag", 'W/"x"', "seg_"), 'ETag is W/"x", not strong'),
    "no CORS": (nothing, replacing("access-control-allow-origin", None, "/"), "Allow-Origin is missing"),
    "a wrong type": (nothing, replacing("content-type", "text/plain", "seg_"), "Content-Type is text/plain"),
    "ranges ignored": (forgetting("range"), nothing, "status of Range: bytes=0-0 is 200, not 206"),
    "If-Range ignored": (forgetting("if-range"), nothing, "If-Range with another ETag is 206, not 200"),
    "conditions ignored": (forgetting("if-none-match"), nothing, "its ETag is 200, not 304"),
    "wrong bytes": (nothing, spoiling_ranges, "body of Range: bytes=-5 is missing, not right"),
    "a wrong HEAD": (nothing, shrinking_heads, "Content-Length of HEAD is 0, not"),
    "errors cached": (nothing, caching_errors, "Cache-Control is public, max-age=300, not no-store"),
    "old versions": (serving_any_version, nothing, "another version: status is 200, not 410"),
    "no end": (nothing, patching("playlist", b"#EXT-X-ENDLIST", b"#EXT-X-ENDLESS"), "not #EXT-X-ENDLIST"),
    "a box missing": (nothing, patching("init", b"trex", b"free"), "track 1 has no trex"),
    "a box renamed": (nothing, patching("seg_", b"tfdt", b"free"), "track 1 has no tfdt"),
    "boxes out of bounds": (nothing, moving_data, "mdat holds"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_faulty_origin_fails_in_words(name: str, origin: Origin) -> None:
    before, after, words = FAULTS[name]
    with faulty_proxy(origin.host, origin.port, before, after) as base:
        status, said = verify(base, ARCHIVE)
    assert status == 1
    assert [line for line in said.splitlines() if line.startswith("FAIL") and words in line], said
    assert not said.rstrip().endswith(" 0 failed")


def test_origin_behind_a_proxy_that_does_no_harm_passes(origin: Origin) -> None:
    with faulty_proxy(origin.host, origin.port) as base:
        assert verify(base, ARCHIVE)[0] == 0


@pytest.mark.parametrize(
    "arguments", [(), ("http://127.0.0.1:1",), ("127.0.0.1:1", "film"), ("http://x", "")]
)
def test_wrong_usage(arguments: tuple[str, ...]) -> None:
    status, said = verify(*arguments)
    assert (status, said.split(":")[0]) == (2, "usage")


def test_nothing_to_check(origin: Origin) -> None:
    status, said = verify(origin.base, "no such")
    assert status == 2
    assert "There is no such archive." in said
    status, said = verify("http://127.0.0.1:1", "film")
    assert (status, "no answer" in said) == (2, True)
