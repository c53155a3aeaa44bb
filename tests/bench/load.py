"""wrk as the load generator, and what the machine spends on its requests: the generator's part is in it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.machine import busy_s

SCRIPT = """\
local targets, at = {}, 0
local pause_ms = tonumber(os.getenv("PAUSE_MS"))
for line in io.lines(os.getenv("TARGETS")) do targets[#targets + 1] = line end
if pause_ms > 0 then
  delay = function() return math.floor(0.5 - pause_ms * math.log(1 - math.random())) end
end
request = function()
  at = at % #targets + 1
  return wrk.format("GET", targets[at])
end
done = function(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  local counts = string.format("%d %d %d", summary.requests, failed, summary.duration)
  print("RESULT " .. counts .. string.format(" %d", latency:percentile(99)))
end
"""


@dataclass(frozen=True, slots=True)
class Load:
    """What one run came to; `busy_us` is the machine's processor time a request."""

    requests: int
    busy_us: float
    requests_a_second: float
    p99_ms: float


def apply_load(
    base: str,
    targets: Sequence[str],
    folder: Path,
    *,
    seconds: int,
    connections: int = 8,
    pause_ms: int = 0,
    headers: Sequence[str] = (),
) -> Load:
    """Ask for `targets` in turn. Raises `RuntimeError` where one answer is no success.

    With `pause_ms`, each connection waits between an answer and its next request, so long on average: as long
    as strangers do (exponentially distributed), since all at once would be a crowd.
    """
    script, listed = folder / "load.lua", folder / "targets"
    script.write_text(SCRIPT)
    listed.write_text("\n".join(targets) + "\n")
    more = [word for header in headers for word in ("-H", header)]
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}", *more, "-s", str(script), base]
    environment = {"TARGETS": str(listed), "PAUSE_MS": str(pause_ms)}
    before_s = busy_s()
    finished = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    spent_s = busy_s() - before_s
    found = re.search(r"RESULT (\d+) (\d+) (\d+) (\d+)", finished.stdout)
    if not found or int(found[2]) or not int(found[1]):
        raise RuntimeError(f"requests failed: {finished.stdout}")
    requests, lasted_s = int(found[1]), int(found[3]) / 1e6
    return Load(requests, 1e6 * spent_s / requests, requests / lasted_s, int(found[4]) / 1000)
