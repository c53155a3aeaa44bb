"""What operators see of both layers: one id in two logs, and counts of what never reaches gunicorn."""

from __future__ import annotations

import json
import re
import signal
import socket
import urllib.request
from pathlib import Path

import pytest

from tests.app.made_archive import make_archive
from tests.app.running_origin import eventually
from tests.nginx.running_stack import StackOrigin, running_stack

pytestmark = pytest.mark.nginx

SEGMENT = "/v/film/seg_0001.m4s"


def test_one_id_through_both_layers(spliced: StackOrigin) -> None:
    make_archive(spliced.media_dir, spliced.index_dir, "film")
    cold, hot = spliced.get(SEGMENT), spliced.get(SEGMENT)
    cold_id, hot_id = (reply.headers["x-request-id"] for reply in (cold, hot))
    assert eventually(lambda: cold_id in spliced.access_log and hot_id in spliced.access_log)
    (of_nginx,) = (line for line in spliced.access_log.splitlines() if cold_id in line)
    assert re.search(r" GET /v/film/seg_0001\.m4s 200 \d+B \d\.\d+s id=[0-9a-f]{32} plan=miss$", of_nginx)
    (of_gunicorn,) = (line for line in spliced.log.read_text().splitlines() if cold_id in line)
    assert of_gunicorn.endswith(f" id={cold_id} via=splice")
    assert hot_id not in spliced.log.read_text()


def test_hits_are_counted_and_json_is_json(tmp_path: Path) -> None:
    media_dir, index_dir = tmp_path / "media", tmp_path / "index"
    media_dir.mkdir()
    make_archive(media_dir, index_dir, "film")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    flags = ("--workers", "1", "--metrics-bind", address, "--access-log", "on", "--log-format", "json")
    with running_stack(media_dir, index_dir, tmp_path / "log", *flags) as origin:
        configuration = origin.stack.prefix / "conf" / "logging.conf"
        configuration.write_text(configuration.read_text().replace("access.log text", "access.log json"))
        origin.stack.nginx.send_signal(signal.SIGHUP)
        assert eventually(lambda: origin.get("/healthz").status == 200 and "{" in origin.access_log)
        for _ in range(5):
            body = origin.get(SEGMENT, User_Agent='"quoted" \\').body

        def counted() -> dict[str, float]:
            with urllib.request.urlopen(f"http://{address}/metrics", timeout=60) as reply:
                text = reply.read().decode()
            found = re.findall(r"^(vodsplice_nginx\S+) (\S+)$", text, re.MULTILINE)
            return {name: float(value) for name, value in found}

        hits, misses = (
            f'vodsplice_nginx_requests_total{{plan="{plan}",status="200"}}' for plan in ("hit", "miss")
        )
        assert eventually(lambda: counted().get(hits) == 4)
        assert counted()[misses] == 1
        assert counted()["vodsplice_nginx_sent_bytes_total"] >= 5 * len(body)
        of_nginx = [json.loads(line) for line in origin.access_log.splitlines() if SEGMENT in line]
        of_gunicorn = [
            json.loads(line) for line in (tmp_path / "log").read_text().splitlines() if SEGMENT in line
        ]
    of_nginx.sort(key=lambda line: line["plan"])  # each worker of nginx writes its own lines, some time later
    assert [line["plan"] for line in of_nginx] == [*["hit"] * 4, "miss"]
    assert [line["request_id"] for line in of_gunicorn] == [of_nginx[-1]["request_id"]]
    assert of_nginx[0]["user_agent"] == '"quoted" \\'
