"""wrk as the load generator, and the machine's busy time while it runs.

Busy time is that of the whole machine (`/proc/stat`), the generator included: on loopback the kernel bills a
transfer to either side, so a process's own CPU misleads.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_SCRIPT = """\
local targets = {{ {targets} }}
local at = 0
request = function()
  at = at % #targets + 1
  return wrk.format("GET", targets[at])
end
done = function(summary, latency, requests)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  print(string.format("RESULT %d %d %d", summary.requests, failed, latency:percentile(99)))
end
"""


@dataclass(frozen=True, slots=True)
class Load:
    """What one run came to; `busy_us` is the machine's, a request."""

    requests: int
    busy_us: float
    requests_per_s: float
    p99_ms: float


def apply_load(
    base: str, targets: Sequence[str], script: Path, *, seconds: int, connections: int = 8
) -> Load:
    """Ask for `targets` in turn, over and over. Raises `RuntimeError` where one answer is no success."""
    script.write_text(_SCRIPT.format(targets=", ".join(f'"{target}"' for target in targets)))
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}", "-s", str(script), base]
    before_ticks = _busy_ticks()
    finished = subprocess.run(command, check=True, capture_output=True, text=True)
    busy_ticks = _busy_ticks() - before_ticks
    found = re.search(r"RESULT (\d+) (\d+) (\d+)", finished.stdout)
    if not found or int(found[2]):
        raise RuntimeError(f"requests failed: {finished.stdout}")
    requests = int(found[1])
    busy_us = 1e6 * busy_ticks / os.sysconf("SC_CLK_TCK") / requests
    return Load(requests, busy_us, requests / seconds, int(found[3]) / 1000)


def _busy_ticks() -> int:
    with open("/proc/stat") as stat:
        ticks = [int(word) for word in stat.readline().split()[1:9]]
    idle = ticks[3] + ticks[4]  # idle and iowait
    return sum(ticks) - idle
