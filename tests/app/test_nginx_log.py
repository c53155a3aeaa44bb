"""Answers of the nginx in front, counted from its log in both formats."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from app.nginx_log import NginxLog

TEXT = "2026-11-25T20:00:00+00:00 ::1 GET {target} {status} {size}B 0.010s id=0123abcd plan={plan}\n"
JSON = (
    '{{"time":"2026-11-25T20:00:00+00:00","request_id":"0123abcd","client":"::1","method":"GET",'
    '"target":"{target}","status":{status},"bytes":{size},"seconds":0.010,'
    '"plan":"{plan}","user_agent":"{agent}","referer":""}}\n'
)


def line(form: str, status: int, size: int, plan: str, target: str = "/v/a", agent: str = "x") -> str:
    return form.format(status=status, size=size, plan=plan, target=target, agent=agent)


def append(log: Path, *lines: str) -> None:
    with log.open("a") as file:
        file.write("".join(lines))


class Scraped:
    """`counts()` is what a scrape of the log says, by labels; "bytes" is the sum of them."""

    def __init__(self, log: Path) -> None:
        self.collector = NginxLog(str(log))
        self._registry = CollectorRegistry()
        self._registry.register(self.collector)

    def counts(self) -> dict[str, float]:
        found = {}
        for family in text_string_to_metric_families(generate_latest(self._registry).decode()):
            for sample in family.samples:
                labels = sample.labels
                found[f"{labels['plan']} {labels['status']}" if labels else "bytes"] = sample.value
        return found


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "access.log"


@pytest.fixture
def scraped(log: Path) -> Iterator[Scraped]:
    append(log, line(TEXT, 200, 7, "hit"))  # of before: not counted
    scraped = Scraped(log)
    assert scraped.counts() == {"bytes": 0}
    yield scraped
    scraped.collector.close()


@pytest.mark.parametrize("form", [TEXT, JSON], ids=["text", "json"])
def test_by_status_and_plan(scraped: Scraped, log: Path, form: str) -> None:
    append(log, line(form, 200, 5, "hit"), line(form, 206, 6, "hit"), line(form, 404, 10, "-"))
    assert scraped.counts() == {"hit 200": 1, "hit 206": 1, "- 404": 1, "bytes": 21}
    append(log, line(form, 200, 5, "miss"), line(form, 200, 4, "hit"))
    assert scraped.counts() == {"hit 200": 2, "hit 206": 1, "- 404": 1, "miss 200": 1, "bytes": 30}


@pytest.mark.parametrize("form", [TEXT, JSON], ids=["text", "json"])
def test_a_line_is_counted_when_it_is_whole(scraped: Scraped, log: Path, form: str) -> None:
    whole = line(form, 200, 5, "hit")
    append(log, whole[:50])
    assert scraped.counts() == {"bytes": 0}
    append(log, whole[50:], "not a line of this log\n", "\n")
    assert scraped.counts() == {"hit 200": 1, "bytes": 5}


def test_clients_cannot_write_what_is_counted(scraped: Scraped, log: Path) -> None:
    forged_text = "/ 500 9B 1.0s id=0 plan=forged"
    forged_json = '\\",\\"status\\":500,\\"bytes\\":9,\\"seconds\\":1.0,\\"plan\\":\\"forged\\",'
    append(
        log,
        line(TEXT, 200, 1, "hit", target=forged_text),
        line(JSON, 200, 1, "hit", target=forged_json, agent=forged_json + forged_text),
    )
    assert scraped.counts() == {"hit 200": 2, "bytes": 2}


def test_rotation_loses_nothing(scraped: Scraped, log: Path) -> None:
    append(log, line(TEXT, 200, 1, "hit"))
    old = log.rename(log.with_suffix(".1"))
    log.touch()
    append(old, line(TEXT, 200, 1, "hit"))  # before nginx has been told
    assert scraped.counts() == {"hit 200": 2, "bytes": 2}
    append(old, line(TEXT, 200, 1, "hit"))
    append(log, line(TEXT, 200, 1, "miss"))
    assert scraped.counts() == {"hit 200": 3, "miss 200": 1, "bytes": 4}
    os.truncate(log, 0)
    append(log, line(TEXT, 304, 0, "hit"))
    assert scraped.counts() == {"hit 200": 3, "miss 200": 1, "hit 304": 1, "bytes": 4}


def test_a_log_that_comes_later(log: Path) -> None:
    scraped = Scraped(log)
    assert scraped.counts() == {"bytes": 0}
    append(log, line(TEXT, 200, 1, "hit"))
    assert scraped.counts() == {"hit 200": 1, "bytes": 1}
    scraped.collector.close()
