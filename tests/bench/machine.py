"""What this machine spends: processor time of all of it, memory of a process, and what kind it is.

Processor time is that of the whole machine (`/proc/stat`). On loopback the kernel bills the sender for some
runs and the receiver for others, so that the time of single processes misleads by a factor of three.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
IDLE_FIELDS = (3, 4)
"""Of the line `cpu`: idle, waiting for a disk."""
GUEST_FIELDS = 8
"""From here on, time that is in other fields as well."""


def busy_s() -> float:
    """Seconds of work of all processors since the machine started."""
    with open("/proc/stat", encoding="ascii") as file:
        fields = [int(word) for word in file.readline().split()[1:]]
    return (
        sum(fields[:GUEST_FIELDS]) / TICKS_A_SECOND - sum(fields[at] for at in IDLE_FIELDS) / TICKS_A_SECOND
    )


def busy_share(seconds: float = 2.0) -> float:
    """How much of the machine is at work, when nothing is asked of it: what others do."""
    before_s, started_s = busy_s(), time.monotonic()
    time.sleep(seconds)
    return (busy_s() - before_s) / (time.monotonic() - started_s) / (os.cpu_count() or 1)


def resident_bytes(pid: int) -> int:
    return _status_bytes(pid, "VmRSS")


def own_bytes(pid: int) -> int:
    """What a process has to itself, and would be free without it."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    lines = (line for line in rollup.splitlines() if line.startswith("Private_"))
    return sum(int(line.split()[1]) * 1024 for line in lines)


def description() -> str:
    """The kind of machine: a figure means nothing without it."""
    cpuinfo = Path("/proc/cpuinfo").read_text()
    model = next((line for line in cpuinfo.splitlines() if line.startswith("model name")), "unknown: unknown")
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    kernel = os.uname().release.split("-")[0]
    return f"{os.cpu_count()} x {model.partition(': ')[2]}, {gigabytes:.0f} GB, Linux {kernel}"


def _status_bytes(pid: int, name: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024
    raise ValueError(f"process {pid} has no {name}")
