"""What the nginx in front has answered, counted from its access log (`nginx/logging.conf`) at each scrape.

Answers from kept plans never reach gunicorn, so only nginx knows of them, and a stock nginx counts nothing by
itself. Reading its log costs a request nothing. Counts begin at the end of the log as it is found, and go on
over rotation, by renaming or by truncation.
"""

from __future__ import annotations

import os
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import BinaryIO

from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

BLOCK_BYTES = 1 << 20
MAX_LINE_BYTES = 1 << 16

_LINE = re.compile(
    rb'^(?:\{.*","status":|.* )(\d{3})(?:,"bytes":| )(\d+)(?:,"seconds":|B )[\d.]+'
    rb'(?:,"plan":"|s id=\w+ plan=)([a-z-]+)',
    re.MULTILINE,
)
"""Both formats of logging.conf. A client cannot write `","` into the one; of the other, the end counts."""


class NginxLog(Collector):
    """Counts by status and by what the plan cache did: hit, miss, stale, bypass; - where it was not asked."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._answers: Counter[tuple[str, str]] = Counter()
        self._sent_bytes = 0
        self._rest = b""
        self._file: BinaryIO | None = None
        with suppress(OSError):
            self._file = open(path, "rb")  # noqa: SIM115 - kept open from scrape to scrape
            self._file.seek(0, os.SEEK_END)

    def close(self) -> None:
        """No more scrapes."""
        if self._file:
            self._file.close()

    def collect(self) -> Iterator[Metric]:
        with self._lock:
            self._read_on()
            answers = CounterMetricFamily(
                "vodsplice_nginx_requests",
                "Answers of the nginx in front, by status and plan cache.",
                labels=["status", "plan"],
            )
            for labels, count in sorted(self._answers.items()):
                answers.add_metric(labels, count)
            sent_bytes = CounterMetricFamily("vodsplice_nginx_sent_bytes", "Bytes of their bodies.")
            sent_bytes.add_metric([], self._sent_bytes)
        yield answers
        yield sent_bytes

    def _read_on(self) -> None:
        """To the end of the file that is open, and if another has its name by now, to the end of that."""
        if self._file:
            if os.fstat(self._file.fileno()).st_size < self._file.tell():
                self._file.seek(0)
            self._read_to_the_end(self._file)
        try:
            found = os.stat(self._path)
            if not found.st_size or (self._file and os.path.samestat(found, os.fstat(self._file.fileno()))):
                return  # nginx is told of a rotation after it, and goes on in the old file until then
            newer = open(self._path, "rb")  # noqa: SIM115
        except OSError:
            return  # not there yet
        if self._file:
            self._file.close()
        self._file, self._rest = newer, b""
        self._read_to_the_end(newer)

    def _read_to_the_end(self, file: BinaryIO) -> None:
        while block := file.read(BLOCK_BYTES):
            lines, newline, rest = (self._rest + block).rpartition(b"\n")
            self._rest = rest[-MAX_LINE_BYTES:]
            self._count(lines + newline)

    def _count(self, lines: bytes) -> None:
        for found in _LINE.finditer(lines):
            status, sent_bytes, plan = found.groups()
            self._answers[status.decode(), plan.decode()] += 1
            self._sent_bytes += int(sent_bytes)
