"""How much this host can carry: the knobs that are `auto` become numbers, and one line says why.

The limits are the host's as the process meets them: cores it may run on, memory and processor quota of its
control group, open files. Everything here is for all workers together; `Capacity.share` is one worker's.
"""

from __future__ import annotations

import os
import resource
from collections.abc import Mapping
from dataclasses import dataclass

from app.settings import Settings

MEBIBYTE = 1 << 20

PLANNING_WORKERS = 2
"""At least, where nginx splices: each plans in its main loop, so while one waits for a disk to open an
index, another plans. More than there are cores get in each other's way: on two cores 2, 3 and 4 computed
1,385, 1,147 and 1,061 plans a second, with 8.8, 9.1 and 9.8 ms as the 99th percentile of 480 a second
(means of 4 rounds in turn).
"""

TRANSFERS_PER_CORE = 64
TRANSFER_BYTES = 4 * MEBIBYTE
"""A slow reader's price at worst: the kernel's send buffer (tcp_wmem, 4 MiB) and a thread's stack."""

ARCHIVE_BYTES = 1 * MEBIBYTE
"""An open index's: its header and lists, and the pages of its columns that requests touch.

Of one of 2.2 MB some 150 kB are resident after a segment, and all of it where everybody watches.
"""

ARCHIVES_AT_MOST = 256
"""A worker's. Visited once each, they hold 40 MB; opening another one takes 1 ms."""

SPARE_FILES = 128
"""Descriptors of a worker that are neither transfers nor indexes: listeners, logs, idle connections."""

WAITING_AT_MOST = 512
"""Requests of a worker that wait for a permit, each in a thread of some 50 kB; more are refused at once."""

SMALL_REQUEST_THREADS = 8
"""Threads of a worker that no transfer takes: playlists, health and plans go on while all permits are out."""


@dataclass(frozen=True, slots=True)
class Host:
    """What a process is given. `files` is per process; the others are shared by all workers."""

    cores: int
    memory_bytes: int
    files: int

    @classmethod
    def probe(cls) -> Host:
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        physical_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        files = soft if soft != resource.RLIM_INFINITY else 1 << 20
        cores = min(len(os.sched_getaffinity(0)), _cgroup_cores())
        return cls(cores, min(physical_bytes, _cgroup_memory_bytes()), files)


@dataclass(frozen=True, slots=True)
class Share:
    """One worker's part of a `Capacity`. `threads` carry all it does at once: it may have every transfer."""

    open_archives: int
    waiting: int
    threads: int
    connections: int


@dataclass(frozen=True, slots=True)
class Capacity:
    """The knobs as numbers."""

    workers: int
    max_open_archives: int
    max_inflight_segments: int
    permit_wait_timeout_s: float
    worker_files: int

    def share(self) -> Share:
        waiting = max(1, min(WAITING_AT_MOST, self.worker_files // 8))
        threads = self.max_inflight_segments + waiting + SMALL_REQUEST_THREADS
        return Share(
            open_archives=max(1, self.max_open_archives // self.workers),
            waiting=waiting,
            threads=threads,
            connections=threads + self.worker_files // 8,
        )


def resolve(settings: Settings, host: Host) -> Capacity:
    """Where a knob is given it holds; where it is auto the scarcest of the host's means decides."""
    workers = settings.workers or max(host.cores, PLANNING_WORKERS if settings.splice else 1)
    files = max(host.files - SPARE_FILES, 8)
    transfers = min(
        TRANSFERS_PER_CORE * host.cores,
        files // 4,  # a socket and an archive each; a quarter is for indexes, one for those who wait or idle
        host.memory_bytes // 4 // TRANSFER_BYTES,
    )
    archives = min(ARCHIVES_AT_MOST * workers, files // 4 * workers, host.memory_bytes // 8 // ARCHIVE_BYTES)
    return Capacity(
        workers=workers,
        max_open_archives=settings.max_open_archives or max(archives, workers),
        max_inflight_segments=settings.max_inflight_segments or max(transfers, 1),
        permit_wait_timeout_s=settings.permit_wait_timeout_s,
        worker_files=files,
    )


def audit_line(capacity: Capacity, sources: Mapping[str, str], host: Host) -> str:
    """Each knob's value and source (flag, env, file, auto, default), and the inputs of the automatic ones."""
    knobs = ("workers", "max_open_archives", "max_inflight_segments")
    told = [f"{name}={getattr(capacity, name)} ({sources.get(name, 'auto')})" for name in knobs]
    wait_source = sources.get("permit_wait_timeout", "default")
    wait = f"permit_wait_timeout={capacity.permit_wait_timeout_s:g}s ({wait_source})"
    inputs = f"cores={host.cores} memory={host.memory_bytes // MEBIBYTE}MiB files={host.files}"
    return f"capacity: {' '.join([*told, wait])} from {inputs}"


def _cgroup_cores() -> int:
    """The processor quota of this control group, in cores rounded up; very many where there is none."""
    quota, _, period = _cgroup_file("cpu.max").partition(" ")
    return max(1, -(-int(quota) // int(period))) if quota.isdecimal() and period.isdecimal() else 1 << 20


def _cgroup_memory_bytes() -> int:
    limit = _cgroup_file("memory.max")
    return int(limit) if limit.isdecimal() else 1 << 62


def _cgroup_file(name: str) -> str:
    """A file of the unified hierarchy, as a container sees its own group; empty where there is none."""
    try:
        with open("/proc/self/cgroup", encoding="ascii") as file:
            group = next((line[3:].strip() for line in file if line.startswith("0::")), "/")
        with open(f"/sys/fs/cgroup{group.rstrip('/')}/{name}", encoding="ascii") as file:
            return file.read().strip()
    except (OSError, UnicodeDecodeError):
        return ""
