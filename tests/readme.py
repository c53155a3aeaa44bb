"""The README, and pages like it: what stands between markers, which commands write and tests compare.

A block is `<!-- name -->`, lines of Markdown, `<!-- /name -->`, each marker on a line of its own.
"""

from __future__ import annotations

import re
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"


def block(name: str, text: str | None = None) -> list[str]:
    """The lines of a block. Raises `ValueError` where the page has no such block."""
    return _find(name, README.read_text() if text is None else text)[2].strip("\n").split("\n")


def write_block(name: str, lines: list[str], path: Path = README) -> None:
    """Put `lines` in the place of what the block held."""
    text = path.read_text()
    found = _find(name, text)
    path.write_text(text[: found.start(2)] + "\n".join(lines) + "\n" + text[found.end(2) :])


def _find(name: str, text: str) -> re.Match[str]:
    found = re.search(rf"(?s)(<!-- {name} -->\n)(.*?)(<!-- /{name} -->\n)", text)
    if not found:
        raise ValueError(f"the page lacks the markers <!-- {name} --> and <!-- /{name} -->")
    return found
