"""What an origin's `/metrics` says."""

from __future__ import annotations

import re
import urllib.request


def scrape(address: str) -> dict[str, float]:
    """Values by name and labels, as they are written."""
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=60) as reply:
        text = reply.read().decode()
    return {name: float(value) for name, value in re.findall(r"^(vodsplice_\S+) (\S+)$", text, re.MULTILINE)}
