"""Log lines: short enough for one write, the same fields in both formats."""

from __future__ import annotations

import json
import logging
import os
import re
import sys

import pytest

from app import request_log
from app.request_note import note_of


def record() -> logging.LogRecord:
    try:
        raise ValueError("why")
    except ValueError:
        return logging.LogRecord(
            "vodsplice.x", logging.ERROR, __file__, 1, "what %s", ("now",), sys.exc_info()
        )


def test_json() -> None:
    line = json.loads(request_log.JsonFormatter().format(record()))
    assert (line["level"], line["logger"], line["message"]) == ("error", "vodsplice.x", "what now")
    assert line["process"] == os.getpid()
    assert line["exception"].endswith("ValueError: why")


def test_text() -> None:
    lines = request_log.TextFormatter().format(record()).splitlines()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z error what now", lines[0])
    assert lines[-1] == "ValueError: why"


@pytest.mark.parametrize("as_json", [False, True])
def test_a_line_is_one_write_that_a_pipe_takes_whole(monkeypatch: pytest.MonkeyPatch, as_json: bool) -> None:
    written: list[bytes] = []
    monkeypatch.setattr("app.request_log.os.write", lambda descriptor, line: written.append(line))
    environ = {"REQUEST_METHOD": "GET", "RAW_URI": "/v/" + "%C3%BC" * 1500, "REMOTE_ADDR": "::1"}
    note_of(environ).archive_id = "😀" * 2000
    request_log.write_request(environ, 200, 10, 0.0123, as_json=as_json)
    (line,) = written
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert len(line) <= request_log.MAX_LINE_BYTES
    if as_json:
        assert json.loads(line)["ms"] == 12.3


def test_a_line_that_cannot_be_written_fails_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with open("/dev/full", "wb") as full:
        monkeypatch.setattr(request_log, "STANDARD_OUTPUT", full.fileno())
        with pytest.raises(OSError, match="No space left on device"):
            os.write(request_log.STANDARD_OUTPUT, b"a line")
        request_log.write_request({"REQUEST_METHOD": "GET"}, 200, 10, 0.1, as_json=False)
