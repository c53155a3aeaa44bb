"""The knobs that resolve themselves, and the line that says how."""

from __future__ import annotations

import resource

import pytest

from app.capacity import MEBIBYTE, Capacity, Host, audit_line, resolve
from app.settings import Settings

GIBIBYTE = 1024 * MEBIBYTE


@pytest.mark.parametrize(
    ("host", "transfers", "archives"),
    [
        pytest.param(Host(cores=2, memory_bytes=16 * GIBIBYTE, files=1 << 20), 128, 512, id="by cores"),
        pytest.param(Host(cores=8, memory_bytes=16 * GIBIBYTE, files=256), 32, 256, id="by open files"),
        pytest.param(Host(cores=8, memory_bytes=512 * MEBIBYTE, files=1 << 20), 32, 64, id="by memory"),
        pytest.param(Host(cores=1, memory_bytes=1, files=3), 1, 1, id="never none"),
    ],
)
def test_the_scarcest_decides(host: Host, transfers: int, archives: int) -> None:
    found = resolve(Settings(), host)
    assert found.workers == host.cores
    assert (found.max_inflight_segments, found.max_open_archives) == (transfers, archives)


@pytest.mark.parametrize(("cores", "workers"), [(1, 2), (2, 2), (3, 3)])
def test_workers_that_plan_are_two_at_least(cores: int, workers: int) -> None:
    host = Host(cores=cores, memory_bytes=16 * GIBIBYTE, files=1 << 20)
    assert resolve(Settings(splice=True), host).workers == workers


def test_what_is_given_holds() -> None:
    settings = Settings(workers=3, max_open_archives=7, max_inflight_segments=5, permit_wait_timeout_s=1)
    found = resolve(settings, Host(cores=1, memory_bytes=1, files=1))
    assert (found.workers, found.max_open_archives, found.max_inflight_segments) == (3, 7, 5)


@pytest.mark.parametrize("files", [256, 1024, 1 << 20])
@pytest.mark.parametrize("cores", [1, 2, 64])
def test_a_worker_s_share_fits_its_descriptors(cores: int, files: int) -> None:
    host = Host(cores, 64 * GIBIBYTE, files)
    found = resolve(Settings(), host)
    share = found.share()
    transfers = found.max_inflight_segments  # one worker may have all of them
    assert share.open_archives + transfers + share.connections <= files
    assert share.threads > transfers + share.waiting


def test_shares_are_within_the_whole() -> None:
    share = Capacity(4, 10, 10, 5.0, 100).share()
    assert share.open_archives * 4 <= 10


def test_audit_line() -> None:
    host = Host(cores=2, memory_bytes=GIBIBYTE, files=1024)
    settings = Settings(workers=1, permit_wait_timeout_s=2.5)
    line = audit_line(resolve(settings, host), {"workers": "flag", "permit_wait_timeout": "env"}, host)
    assert line == (
        "capacity: workers=1 (flag) max_open_archives=128 (auto) max_inflight_segments=64 (auto) "
        "permit_wait_timeout=2.5s (env) from cores=2 memory=1024MiB files=1024"
    )


def test_the_probe_sees_this_process() -> None:
    host = Host.probe()
    assert host.files == resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    assert host.cores >= 1
    assert host.memory_bytes > 64 * MEBIBYTE
