"""Conditions and ranges over a Plan, as nginx decides them for a file."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.errors import PreconditionFailed, RangeNotSatisfiable
from app.http_answer import Answer, answer_to
from app.plan import FileIdentity, FileRanges, Plan, one_range

FILE = FileIdentity("/film.mp4", 1, 2, 1000, 3)
LAST_MODIFIED = "Sun, 06 Nov 1994 08:49:37 GMT"
PLAN = Plan(
    content_type="video/mp4",
    etag="tag",
    last_modified_s=784_111_777,
    max_age_s=60,
    immutable=False,
    pieces=(b"head", one_range(FILE, 100, 50), b"tail"),
)
LENGTH = 58


def answer(method: str = "GET", /, **headers: str) -> Answer:
    environ = {f"HTTP_{name}": value for name, value in headers.items()}
    return answer_to(PLAN, {"REQUEST_METHOD": method, **environ})


def test_whole() -> None:
    whole = answer()
    assert whole.status == "200 OK"
    assert whole.pieces == PLAN.pieces
    assert dict(whole.headers) == {
        "Content-Type": "video/mp4",
        "Content-Length": str(LENGTH),
        "Accept-Ranges": "bytes",
        "ETag": '"tag"',
        "Last-Modified": LAST_MODIFIED,
        "Cache-Control": "public, max-age=60",
    }


def test_part() -> None:
    part = answer(RANGE="bytes=2-10")
    assert part.status == "206 Partial Content"
    assert part.pieces == (b"ad", FileRanges(FILE, [100], [7], 7))
    assert dict(part.headers)["Content-Range"] == "bytes 2-10/58"
    assert dict(part.headers)["Content-Length"] == "9"


def test_head_has_the_headers_of_get_and_no_body() -> None:
    for headers in ({}, {"RANGE": "bytes=2-10"}):
        assert answer("HEAD", **headers).headers == answer("GET", **headers).headers
        assert answer("HEAD", **headers).pieces == ()


@pytest.mark.parametrize("tags", ['"tag"', 'W/"tag"', '"other", "tag"', '"other",W/"tag"', "*", ' , "tag"'])
def test_if_none_match(tags: str) -> None:
    same = answer(IF_NONE_MATCH=tags, RANGE="bytes=0-1")
    assert same.status == "304 Not Modified"
    assert same.pieces == ()
    assert {name for name, _ in same.headers} == {"ETag", "Last-Modified", "Cache-Control"}


@pytest.mark.parametrize("tags", ['"other"', "tag", '"ta"', '"tag', '"other", *', ""])
def test_if_none_match_of_another(tags: str) -> None:
    assert answer(IF_NONE_MATCH=tags).status == "200 OK"


def test_if_modified_since_takes_the_very_date() -> None:
    assert answer(IF_MODIFIED_SINCE=LAST_MODIFIED).status == "304 Not Modified"
    assert answer(IF_MODIFIED_SINCE="Sunday, 06-Nov-94 08:49:37 GMT").status == "304 Not Modified"
    assert answer(IF_MODIFIED_SINCE="Sun, 06 Nov 1994 08:49:38 GMT").status == "200 OK"
    assert answer(IF_MODIFIED_SINCE="yesterday").status == "200 OK"


def test_both_conditions_must_hold() -> None:
    assert answer(IF_MODIFIED_SINCE=LAST_MODIFIED, IF_NONE_MATCH='"other"').status == "200 OK"
    assert answer(IF_MODIFIED_SINCE="yesterday", IF_NONE_MATCH='"tag"').status == "200 OK"


@pytest.mark.parametrize(
    "headers",
    [
        {"IF_MATCH": '"other"'},
        {"IF_MATCH": 'W/"tag"'},
        {"IF_UNMODIFIED_SINCE": "Sun, 06 Nov 1994 08:49:36 GMT"},
        {"IF_UNMODIFIED_SINCE": "yesterday"},
    ],
)
def test_precondition_failed(headers: dict[str, str]) -> None:
    with pytest.raises(PreconditionFailed):
        answer(**headers)


def test_precondition_holds() -> None:
    assert answer(IF_MATCH='"other", "tag"', IF_UNMODIFIED_SINCE=LAST_MODIFIED).status == "200 OK"
    assert answer(IF_MATCH="*").status == "200 OK"


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ('"tag"', "206 Partial Content"),
        (LAST_MODIFIED, "206 Partial Content"),
        ('W/"tag"', "200 OK"),
        ('"other"', "200 OK"),
        ('"', "200 OK"),
        ("Sun, 06 Nov 1994 08:49:38 GMT", "200 OK"),
        ("yesterday", "200 OK"),
    ],
)
def test_if_range(condition: str, status: str) -> None:
    assert answer(RANGE="bytes=0-1", IF_RANGE=condition).status == status


def test_unsatisfiable() -> None:
    with pytest.raises(RangeNotSatisfiable):
        answer(RANGE="bytes=58-")
    assert answer(RANGE="bytes=58-", IF_RANGE='"other"').status == "200 OK"


@pytest.mark.parametrize("seconds", [-1, 0, 1 << 40])
def test_a_date_that_cannot_be_written_is_the_nearest_that_can(seconds: int) -> None:
    headers = dict(answer_to(replace(PLAN, last_modified_s=seconds), {"REQUEST_METHOD": "GET"}).headers)
    expected = "Fri, 31 Dec 9999 23:59:59 GMT" if seconds > 0 else "Thu, 01 Jan 1970 00:00:00 GMT"
    assert headers["Last-Modified"] == expected
