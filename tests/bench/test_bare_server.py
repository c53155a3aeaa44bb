"""The server that plans are measured against answers at all."""

from __future__ import annotations

import urllib.request
from pathlib import Path

from tests.bench import bare_server
from tests.bench.gunicorn_alone import running_gunicorn


def test_it_answers(tmp_path: Path) -> None:
    log, flags = tmp_path / "log", ("--workers", "1", "--splice", "on")
    with (
        running_gunicorn(log, *flags, module=bare_server.__name__) as bare,
        urllib.request.urlopen(bare.base + bare_server.ROUTE, timeout=60) as answer,
    ):
        assert (answer.status, answer.read()) == (200, b"")
