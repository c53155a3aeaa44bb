"""What a file that cannot be had means for a request, whoever asked for it."""

from __future__ import annotations

import errno
import os
import re

import pytest

from app.errors import NotFound, OriginError, Overloaded, Unreadable
from app.file_errors import _ABSENT, refusal
from tests.test_architecture import ROOT

ABSENT = "It has gone."


@pytest.mark.parametrize(
    ("number", "wanted", "is_logged"),
    [
        (errno.ENOENT, NotFound, False),
        (errno.ENOTDIR, NotFound, False),
        (errno.EMFILE, Overloaded, True),
        (errno.ENOMEM, Overloaded, True),
        (errno.EACCES, Unreadable, True),
        (errno.EIO, Unreadable, True),
    ],
)
def test_absence_is_no_event_and_all_else_is(
    number: int, wanted: type[OriginError], is_logged: bool, caplog: pytest.LogCaptureFixture
) -> None:
    path = "/media/film.mp4"
    found = refusal(path, OSError(number, os.strerror(number), path), ABSENT)
    assert type(found) is wanted
    assert (str(found) == ABSENT) == (wanted is NotFound)
    assert path not in str(found)
    assert (f"{path}: {os.strerror(number)}; " in caplog.text) == is_logged


def test_nginx_takes_the_same_for_absence() -> None:
    names = re.search(r"(?m)^my @ABSENT = qw\((.+)\);$", (ROOT / "nginx" / "files.pm").read_text())
    assert names
    assert {getattr(errno, name) for name in names[1].split()} == set(_ABSENT)
