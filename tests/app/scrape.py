"""What an origin's `/metrics` says."""

from __future__ import annotations

import re
import socket
import urllib.request


def free_address() -> str:
    """For a listener of metrics."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


def scrape(address: str) -> dict[str, float]:
    """Values by name and labels, as they are written."""
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=60) as reply:
        text = reply.read().decode()
    return {name: float(value) for name, value in re.findall(r"^(vodsplice_\S+) (\S+)$", text, re.MULTILINE)}
