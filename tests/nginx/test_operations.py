"""What operators see of both layers: one id in two logs, and counts of what never reaches gunicorn."""

from __future__ import annotations

import json
import os
import re
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.app.made_archive import make_archive, write_index
from tests.app.running_origin import eventually
from tests.app.scrape import scrape
from tests.nginx.running_stack import StackOrigin, nginx_workers, running_stack

pytestmark = pytest.mark.nginx

SEGMENT = "/v/film/seg_0001.m4s"
AIO = "aio threads;"


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


def test_how_many_answers_nginx_is_sending(tmp_path: Path) -> None:
    """By the line that the operators' page has for listen.conf."""
    page = (Path(__file__).parents[2] / "deploy" / "README.md").read_text()
    (line,) = re.findall(r"`(location = /nginx-status .*?)`", page)
    media_dir, index_dir = tmp_path / "media", tmp_path / "index"
    media_dir.mkdir()
    make_archive(media_dir, index_dir, "film", range_bytes=6 << 20)
    with running_stack(media_dir, index_dir, tmp_path / "log", "--workers", "1") as origin:
        configuration = origin.stack.prefix / "conf" / "listen.conf"
        configuration.write_text(f"{configuration.read_text()}{line}\n")
        origin.stack.nginx.send_signal(signal.SIGHUP)
        assert eventually(lambda: origin.get("/nginx-status").status == 200)
        with ExitStack() as clients:
            for _ in range(3):
                client = clients.enter_context(origin.socket(4096))
                client.sendall(f"GET {SEGMENT} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                assert client.recv(1)
            # Workers of before may still take a connection or two.
            assert eventually(lambda: b"Writing: 4 " in origin.get("/nginx-status").body)


def test_threads_read_for_nginx(tmp_path: Path) -> None:
    """By the line that the operators' page has for archives on a network."""
    assert f"`{AIO}`" in (Path(__file__).parents[2] / "deploy" / "README.md").read_text()
    media_dir, index_dir = tmp_path / "media", tmp_path / "index"
    media_dir.mkdir()
    make_archive(media_dir, index_dir, "film", segments=8, ranges=40)
    make_archive(media_dir, index_dir, "large", ranges=2, range_bytes=6 << 20)
    with running_stack(media_dir, index_dir, tmp_path / "log", "--workers", "1") as origin:
        targets = [f"/v/film/seg_{number:04d}.m4s" for number in range(1, 9)] + ["/v/large/seg_0001.m4s"]
        before = [origin.get(target).body for target in targets]
        configuration = origin.stack.prefix / "conf" / "listen.conf"
        configuration.write_text(f"{configuration.read_text()}{AIO}\n")
        workers = set(nginx_workers(origin))
        origin.stack.nginx.send_signal(signal.SIGHUP)
        assert eventually(lambda: workers.isdisjoint(nginx_workers(origin)))
        with ThreadPoolExecutor(8) as clients:
            replies = list(clients.map(origin.get, targets * 8))
        threads = {len(list(Path(f"/proc/{pid}/task").iterdir())) for pid in nginx_workers(origin)}
        assert [reply.body for reply in replies] == before * 8
        assert max(threads) > 1


def test_an_archive_that_changed_under_its_plan_is_counted(tmp_path: Path, metrics_address: str) -> None:
    """Whether or not it can be planned anew."""
    media_dir, index_dir = tmp_path / "media", tmp_path / "index"
    media_dir.mkdir()
    film = make_archive(media_dir, index_dir, "film")
    flags = ("--workers", "1", "--metrics-bind", metrics_address)
    with running_stack(media_dir, index_dir, tmp_path / "log", *flags) as origin:
        assert [origin.get(SEGMENT).status for _ in range(2)] == [200] * 2
        assert scrape(metrics_address).get("vodsplice_identity_mismatches_total", 0) == 0
        replacement = film.path.with_suffix(".new")
        replacement.write_bytes(bytes(reversed(film.path.read_bytes())))
        os.replace(replacement, film.path)
        assert [origin.get(SEGMENT).status for _ in range(3)] == [409] * 3
        assert scrape(metrics_address)["vodsplice_identity_mismatches_total"] == 3
        assert scrape(metrics_address)['vodsplice_refusals_total{cause="mismatch"}'] == 3
        write_index(film.index, film.path, 3, 3, 10_000, 100)
        assert [origin.get(SEGMENT).status for _ in range(2)] == [200] * 2
        assert scrape(metrics_address)["vodsplice_identity_mismatches_total"] == 4


def test_hits_are_counted_and_json_is_json(tmp_path: Path, metrics_address: str) -> None:
    media_dir, index_dir = tmp_path / "media", tmp_path / "index"
    media_dir.mkdir()
    make_archive(media_dir, index_dir, "film")
    logs = ("--access-log", "on", "--log-format", "json")
    flags = ("--workers", "1", "--metrics-bind", metrics_address, *logs)
    with running_stack(media_dir, index_dir, tmp_path / "log", *flags) as origin:
        configuration = origin.stack.prefix / "conf" / "logging.conf"
        configuration.write_text(configuration.read_text().replace("access.log text", "access.log json"))
        origin.stack.nginx.send_signal(signal.SIGHUP)
        assert eventually(lambda: origin.get("/healthz").status == 200 and "{" in origin.access_log)
        for _ in range(5):
            body = origin.get(SEGMENT, User_Agent='"quoted" \\').body

        hits, misses = (
            f'vodsplice_nginx_requests_total{{plan="{plan}",status="200"}}' for plan in ("hit", "miss")
        )
        wanted = {hits: 4, misses: 1}
        assert eventually(lambda: wanted.items() <= scrape(metrics_address).items())
        assert scrape(metrics_address)["vodsplice_nginx_sent_bytes_total"] >= 5 * len(body)
        of_nginx = [json.loads(line) for line in origin.access_log.splitlines() if SEGMENT in line]
        of_gunicorn = [
            json.loads(line) for line in (tmp_path / "log").read_text().splitlines() if SEGMENT in line
        ]
    of_nginx.sort(key=lambda line: line["plan"])  # each worker of nginx writes its own lines, some time later
    assert [line["plan"] for line in of_nginx] == [*["hit"] * 4, "miss"]
    assert [line["request_id"] for line in of_gunicorn] == [of_nginx[-1]["request_id"]]
    assert of_nginx[0]["user_agent"] == '"quoted" \\'
