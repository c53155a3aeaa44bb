"""Liveness and readiness."""

from __future__ import annotations

from pathlib import Path

from webtest import TestApp


def test_health(client: TestApp) -> None:
    reply = client.get("/healthz")
    assert (reply.status_int, reply.text, reply.headers["Cache-Control"]) == (200, "ok\n", "no-store")


def test_ready_while_both_folders_can_be_read(client: TestApp, media_dir: Path, index_dir: Path) -> None:
    assert client.get("/readyz").status_int == 200
    index_dir.rmdir()
    reply = client.get("/readyz")
    assert (reply.status_int, reply.headers["Cache-Control"]) == (503, "no-store")
    assert reply.headers["Retry-After"] == "10"
    assert reply.text == "not ready: the index folder cannot be read\n"
    media_dir.rmdir()
    assert "media and the index folder" in client.get("/readyz").text


def test_a_missing_index_folder_is_no_empty_origin(client: TestApp, index_dir: Path) -> None:
    index_dir.rmdir()
    reply = client.get("/api/archives")
    assert (reply.status_int, reply.text) == (503, "The archives cannot be listed at present.\n")
    assert reply.headers["Retry-After"] == "10"
