"""Conditions and ranges, asked of `app.http_answer` and of a stock nginx with the same bytes in a file."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPConnection

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.errors import OriginError
from app.http_answer import answer_to
from app.plan import Plan
from tests.app.running_origin import eventually
from tests.free_port import free_port, is_open

CONTENT = bytes(range(100))
LAST_MODIFIED_S = 784_111_777
LAST_MODIFIED = "Sun, 06 Nov 1994 08:49:37 GMT"
CONFIG = """
daemon off; master_process off; pid {folder}/pid; error_log stderr;
events {{ }}
http {{
    access_log off; max_ranges 1; default_type application/octet-stream;
    client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
    uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
    server {{ listen 127.0.0.1:{port}; root {folder}; }}
}}
"""

pytestmark = pytest.mark.requires_tool("nginx")


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with free_port() as port:
        yield port


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory, tool: Callable[[str], str], port: int) -> Iterator[int]:
    """The port of an nginx with one file, `/file`."""
    folder = tmp_path_factory.mktemp("nginx")
    folder.chmod(0o755)
    file = folder / "file"
    file.write_bytes(CONTENT)
    os.utime(file, (LAST_MODIFIED_S, LAST_MODIFIED_S))
    config = folder / "nginx.conf"
    config.write_text(CONFIG.format(folder=folder, port=port))
    process = subprocess.Popen([tool("nginx"), "-p", str(folder), "-c", str(config)])
    try:
        assert eventually(lambda: is_open(port))
        yield port
    finally:
        process.terminate()
        process.wait(60)


Reply = tuple[int, bytes, dict[str, str]]
COMPARED = ("content-length", "content-range", "etag", "last-modified", "content-type")
"""Accept-Ranges is not: nginx leaves it out of a 206."""


def ask_nginx(port: int, method: str, headers: dict[str, str]) -> Reply:
    with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request(method, "/file", headers=headers)
        response = connection.getresponse()
        body = response.read()
    return response.status, body, {name.lower(): value for name, value in response.getheaders()}


def ask_us(etag: str, method: str, headers: dict[str, str]) -> Reply:
    plan = Plan("application/octet-stream", etag, LAST_MODIFIED_S, 60, immutable=False, pieces=(CONTENT,))
    environ = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    try:
        answer = answer_to(plan, {"REQUEST_METHOD": method, **environ})
    except OriginError as error:
        return error.status, b"", {name.lower(): value for name, value in error.headers}
    body = b"".join(piece for piece in answer.pieces if isinstance(piece, bytes))
    return int(answer.status[:3]), body, {name.lower(): value for name, value in answer.headers}


TAGS = st.sampled_from(
    ["TAG", "W/TAG", '"other"', "*", "", "tag", ",", " ", '"x", TAG', '"x",W/TAG , "y"', "TAG x", '"']
)
DATES = st.sampled_from(
    [
        LAST_MODIFIED, "Sun, 06 Nov 1994 08:49:36 GMT", "Sun, 06 Nov 1994 08:49:38 GMT", "nonsense", "0",
        "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
    ]
)  # fmt: skip
SPEC = st.text(alphabet="0159- ,x", min_size=1, max_size=12)
RANGES = st.one_of(
    SPEC.map("bytes={}".format),
    st.builds("bytes={}-{}".format, st.integers(0, 130), st.integers(0, 130)),
    st.sampled_from(
        ["bytes=", "items=0-1", "BYTES=0-1", "bytes=0-", "bytes=-5", "bytes=18446744073709551616-", "0-1"]
    ),
)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "Range": RANGES,
        "If-Range": st.one_of(TAGS, DATES),
        "If-None-Match": TAGS,
        "If-Match": TAGS,
        "If-Modified-Since": DATES,
        "If-Unmodified-Since": DATES,
    },
)


@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(method=st.sampled_from(["GET", "HEAD"]), headers=HEADERS)
@example(method="GET", headers={"Range": "bytes=5-3"})
@example(method="GET", headers={"Range": "bytes=-0"})
@example(method="GET", headers={"Range": "bytes=0-1,2-3"})
def test_answers_are_alike(nginx: int, method: str, headers: dict[str, str]) -> None:
    etag = ask_nginx(nginx, "HEAD", {})[2]["etag"]
    named = {name: value.replace("TAG", etag).strip(" ") for name, value in headers.items()}
    theirs, ours = ask_nginx(nginx, method, named), ask_us(etag.strip('"'), method, named)
    assert ours[0] == theirs[0]
    if ours[0] < 300:
        assert ours[1] == theirs[1]
        assert {n: ours[2].get(n) for n in COMPARED} == {n: theirs[2].get(n) for n in COMPARED}
    elif ours[0] == 304:
        assert {n: ours[2].get(n) for n in COMPARED} == {n: theirs[2].get(n) for n in COMPARED}
    elif ours[0] == 416:
        assert ours[2]["content-range"] == theirs[2]["content-range"]
