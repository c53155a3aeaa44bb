"""The Range header as nginx's ngx_http_range_filter_module reads it, with max_ranges 1."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import RangeNotSatisfiable
from app.http_range import asked_for

LENGTH = 100


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("", None),
        ("bytes=", None),
        ("items=0-1", None),
        ("bytes 0-1", None),
        ("bytes=0-0", (0, 1)),
        ("bytes=0-99", (0, 100)),
        ("bytes=0-", (0, 100)),
        ("bytes=99-", (99, 100)),
        ("bytes=10-1000", (10, 100)),
        ("bytes=-1", (99, 100)),
        ("bytes=-1000", (0, 100)),
        ("BYTES=1-2", (1, 3)),
        ("bytes= 1 - 2 ", (1, 3)),
        ("bytes=0000000000000000000000000001-2", (1, 3)),
        ("bytes=5-9223372036854775807", (5, 100)),
        ("bytes=200-300,1-2", (1, 3)),
        ("bytes=5-3,1-2", (1, 3)),
        ("bytes=0-1,2-3", None),
        ("bytes=0-1,2-3,nonsense", None),
    ],
)
def test_as_nginx_reads_it(header: str | None, expected: tuple[int, int] | None) -> None:
    assert asked_for(header, LENGTH, "tag") == expected


@pytest.mark.parametrize(
    "header",
    [
        "bytes=100-", "bytes=100-200", "bytes=-0", "bytes=5-3", "bytes=x", "bytes=--1", "bytes=1",
        "bytes=1-2x", "bytes=- 5", "bytes=1-2,x", "bytes=1-2,", "bytes=,1-2",
        "bytes=9223372036854775808-", "bytes=١-٢", "bytes=-" + "9" * 5000,
    ],
)  # fmt: skip
def test_unsatisfiable(header: str) -> None:
    with pytest.raises(RangeNotSatisfiable) as caught:
        asked_for(header, LENGTH, "tag")
    assert caught.value.headers == (("Content-Range", "bytes */100"), ("ETag", '"tag"'))


@given(st.text(alphabet="0123456789-, xbytes=", max_size=30), st.integers(0, 1 << 40))
def test_a_range_is_always_within_the_body(text: str, length: int) -> None:
    try:
        found = asked_for("bytes=" + text, length, "tag")
    except RangeNotSatisfiable:
        return
    assert found is None or 0 <= found[0] < found[1] <= length
