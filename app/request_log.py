"""Log lines: one a request, and the others in the same manner, as text or as JSON.

A request's line is built by hand and written with one `write`: a formatter's machinery would cost more than
the rest of a small request. Lines are at most `MAX_LINE_BYTES`, which a pipe takes whole (POSIX PIPE_BUF),
so those of several workers do not mix. Targets are as the client spelled them, without control characters.
"""

from __future__ import annotations

import json
import logging
import os
import time
from contextlib import suppress
from typing import Any

from app.request_note import note_of

STANDARD_OUTPUT = 1
MAX_LINE_BYTES = 4096
_MAX_TARGET = 2048
_MAX_ID = 128


def write_request(
    environ: dict[str, Any], status: int, server_sent_bytes: int, seconds: float, *, as_json: bool
) -> None:
    """One line on standard output."""
    note = note_of(environ)
    target = environ.get("RAW_URI", "")[:_MAX_TARGET]
    sent_bytes = server_sent_bytes + note.sent_bytes
    if as_json:
        record = {
            "time": _now(),
            "request_id": note.request_id,
            "client": environ.get("REMOTE_ADDR", ""),
            "method": environ["REQUEST_METHOD"],
            "target": target,
            "status": status,
            "bytes": sent_bytes,
            "ms": round(seconds * 1000, 1),
            "route": note.route,
            "archive": note.archive_id[:_MAX_ID],
            "delivery": note.delivery,
            "cause": note.cause,
        }
        line = json.dumps(record)
    else:
        line = (
            f"{_now()} {environ.get('REMOTE_ADDR') or '-'} {environ['REQUEST_METHOD']} {target} {status} "
            f"{sent_bytes}B {seconds * 1000:.1f}ms id={note.request_id} via={note.delivery or '-'}"
            f"{' cause=' + note.cause if note.cause else ''}"
        )
    write_line(line)


def write_line(line: str) -> None:
    """On standard output, cut to `MAX_LINE_BYTES`. Where nobody reads that, or its disk is full, the line is
    lost: what it tells of was done.
    """
    with suppress(OSError):
        os.write(STANDARD_OUTPUT, line.encode()[: MAX_LINE_BYTES - 1] + b"\n")


class JsonFormatter(logging.Formatter):
    """A log record as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        fields = {
            "time": _now(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
            "message": record.getMessage(),
        }
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        return json.dumps(fields)


class TextFormatter(logging.Formatter):
    """A log record as one line, and a traceback's lines where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        line = f"{_now(record.created)} {record.levelname.lower()} {record.getMessage()}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def set_up(log_format: str) -> None:
    """Send warnings and worse to standard error, in one format for all."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if log_format == "json" else TextFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


def _now(at: float | None = None) -> str:
    """RFC 3339 in UTC, to the millisecond."""
    at = time.time() if at is None else at
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(at))}.{int(at * 1000) % 1000:03d}Z"
