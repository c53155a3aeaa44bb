"""The page, its files and the list of archives, asked of the application without a socket."""

from __future__ import annotations

import gzip
import os
import re
import subprocess
import sys
from base64 import b64encode
from hashlib import sha384
from pathlib import Path

import pytest

from app.page_assets import FOLDER, read_page
from app.page_routes import PAGE_OF_IDS, matching
from app.settings import Settings
from app.wsgi import create_app
from tests.app.conftest import Client, MakeArchive

ROOT = Path(__file__).parents[2]
PLAYERS = ROOT / "tests/player/node_modules"
MAX_TRANSFER_BYTES = 30_000
COMPRESSED = {"Accept-Encoding": "gzip"}


def addresses_in(html: str) -> list[str]:
    return re.findall(r'(?:href|src)="(page/[^"]+)"', html)


def test_page_names_files_that_are_there(client: Client) -> None:
    page = client.get("/")
    assert page.content_type == "text/html"
    assert page.headers["Cache-Control"] == "no-cache"
    names = addresses_in(page.text)
    assert {Path(name).name for name in names} == {path.name for path in FOLDER.iterdir()} - {"index.html"}
    for name in names:
        file = client.get(f"/{name}")
        assert file.status_int == 200
        assert file.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert file.headers["X-Content-Type-Options"] == "nosniff"
        assert file.body == (FOLDER / Path(name).name).read_bytes()


def test_page_is_small_on_the_wire(media_dir: Path, index_dir: Path) -> None:
    # Flask's own client: WebTest decompresses.
    client = create_app(Settings(media_dir=str(media_dir), index_dir=str(index_dir))).test_client()
    replies = [client.get("/", headers=COMPRESSED)]
    names = addresses_in(gzip.decompress(replies[0].data).decode())
    replies += [client.get(f"/{name}", headers=COMPRESSED) for name in set(names)]
    assert {reply.headers["Content-Encoding"] for reply in replies} == {"gzip"}
    assert sum(int(reply.headers["Content-Length"]) for reply in replies) < MAX_TRANSFER_BYTES


def test_each_coding_has_its_own_tag(client: Client) -> None:
    name = "/" + addresses_in(client.get("/").text)[0]
    plain, packed = client.get(name), client.get(name, headers=COMPRESSED)
    assert plain.headers["ETag"] != packed.headers["ETag"]
    assert {plain.headers["Vary"], packed.headers["Vary"]} == {"Accept-Encoding"}
    for reply, coding in ((plain, {}), (packed, COMPRESSED)):
        again = client.get(name, headers={"If-None-Match": reply.headers["ETag"], **coding})
        assert (again.status_int, again.body) == (304, b"")
    assert client.head(name).headers["Content-Length"] == plain.headers["Content-Length"]


def test_file_of_another_version_is_not_kept(client: Client) -> None:
    reply = client.get("/page/0000000000/style.css")
    assert (reply.status_int, reply.headers["Cache-Control"]) == (200, "no-cache")


@pytest.mark.parametrize("name", ["index.html", "none.js", "../wsgi.py", "..%2Fwsgi.py"])
def test_nothing_else_is_a_file_of_the_page(client: Client, name: str) -> None:
    reply = client.get(f"/page/x/{name}")
    assert (reply.status_int, reply.headers["Cache-Control"]) == (404, "no-store")


def test_page_may_load_nothing_from_elsewhere_but_hls_js(media_dir: Path, index_dir: Path) -> None:
    settings = Settings(
        media_dir=str(media_dir), index_dir=str(index_dir), hls_js_url="https://cdn.example/hls.js#sha384-x"
    )
    page = Client(create_app(settings)).get("/")
    policy = dict(part.strip().split(" ", 1) for part in page.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self' https://cdn.example/hls.js"
    assert not any("unsafe" in sources or "*" in sources for sources in policy.values())
    assert 'data-hls-js="https://cdn.example/hls.js" data-hls-js-integrity="sha384-x"' in page.text


@pytest.mark.parametrize("url", ["", "/lib/hls.js"])
def test_own_or_no_hls_js_needs_no_other_host(url: str) -> None:
    assert "script-src 'self';" in read_page(url).content_security_policy


def test_file_of_hls_js_is_served_along(tmp_path: Path) -> None:
    file = tmp_path / "hls #1.js"
    file.write_bytes(b"Hls")
    page = read_page(f"file:{file}")
    assert page.files["hls.min.js"].plain == b"Hls"
    assert f'data-hls-js="page/{page.version}/hls.min.js"'.encode() in page.index.plain
    assert b'modulepreload" href="page/%b/hls' % page.version.encode() not in page.index.plain
    assert page.version != read_page("").version


@pytest.mark.parametrize("url", ['https://cdn.example/"><script>', "https://cdn.example/a;script-src *"])
def test_odd_url_of_hls_js_escapes_nowhere(url: str) -> None:
    page = read_page(url)
    assert b"<script>" not in page.index.plain
    assert page.content_security_policy.count("script-src") == 1 + url.count("script-src")
    assert "; script-src *" not in page.content_security_policy


def test_page_is_the_same_in_any_locale() -> None:
    """Without Python's own ways out of the C locale, as it is in any other that is not UTF-8."""
    script = "import os; from app.page_assets import read_page as r; os.write(1, r('').index.plain)"
    environ = os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environ, cwd=ROOT, capture_output=True, timeout=60, check=True
    )
    assert done.stdout == read_page("").index.plain


@pytest.mark.requires_tool("players")
def test_default_hls_js_is_the_one_tested_with() -> None:
    url, _, integrity = Settings().hls_js_url.partition("#")
    package = re.search(r"/hls\.js@([^/]+)/(dist/.*)", url)
    assert package is not None
    assert f'"version": "{package[1]}"' in (PLAYERS / "hls.js/package.json").read_text()
    digest = sha384((PLAYERS / "hls.js" / package[2]).read_bytes()).digest()
    assert integrity == "sha384-" + b64encode(digest).decode()


def test_list_is_empty_before_anything_is_indexed(client: Client) -> None:
    reply = client.get("/api/archives")
    assert reply.json == {"ids": [], "next": None, "count": 0, "is_complete": True}
    assert reply.headers["Cache-Control"] == "public, max-age=2"


def test_list_names_archives_that_play(client: Client, make: MakeArchive) -> None:
    for archive_id in ("b", "a/Ü 2", "a/1"):
        make(archive_id)
    assert client.get("/api/archives").json["ids"] == ["a/1", "a/Ü 2", "b"]


def test_list_leaves_out_an_archive_that_is_gone(client: Client, make: MakeArchive, media_dir: Path) -> None:
    make("film")
    make("gone").path.unlink()
    assert client.get("/api/archives").json["ids"] == ["film"]


def test_list_comes_in_pages(client: Client, media_dir: Path, index_dir: Path) -> None:
    ids = [f"film {number:03}" for number in range(2 * PAGE_OF_IDS + 1)]
    for each in ids:
        (index_dir / f"{each}.idx").touch()
        (media_dir / f"{each}.mp4").touch()
    found: list[str] = []
    cursor: str | None = ""
    for size in (PAGE_OF_IDS, PAGE_OF_IDS, 1):
        page = client.get("/api/archives", {"cursor": cursor}).json
        assert (len(page["ids"]), page["count"]) == (size, len(ids))
        found += page["ids"]
        cursor = page["next"]
    assert (found, cursor) == (ids, None)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", (0, 1, 2)),
        ("  ", (0, 1, 2)),
        ("metro", (0,)),
        ("1927 LANG", (0,)),
        ("STRASSE", (2,)),
        ("lang x", ()),
    ],
)
def test_search_finds_every_word_anywhere(query: str, found: tuple[int, ...]) -> None:
    ids = ("Lang/Metropolis (1927)", "Lang/M", "Straße")
    assert matching(ids, query) == tuple(ids[place] for place in found)


def test_search_is_bounded(client: Client) -> None:
    assert client.get("/api/archives", {"q": "x" * 201}).status_int == 400


def test_list_of_too_many_says_so(client: Client, make: MakeArchive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.listing.MAX_ARCHIVES", 1)
    for archive_id in "ab":
        make(archive_id)
    assert client.get("/api/archives").json["is_complete"] is False
