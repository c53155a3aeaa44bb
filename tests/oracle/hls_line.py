"""A line of a playlist, as the checker has it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Line:
    """A tag with its value and, where it has a list of them, its attributes; or a URI, whose `tag` is ""."""

    tag: str
    value: str
    attributes: dict[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """A quoted attribute without its quotes; "" where it is not there."""
        return self.attributes.get(name, "").strip('"')
