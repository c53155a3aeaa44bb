"""systemd's unit files as systemd reads them, as far as ours go."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Unit:
    """`settings` has every value of a key in order, whatever its section: no key of ours is in two."""

    name: str
    settings: Mapping[str, Sequence[str]]

    def one(self, key: str, default: str = "") -> str:
        return self.settings.get(key, [default])[-1]

    def all(self, key: str) -> Sequence[str]:
        return self.settings.get(key, [])

    def commands(self, key: str, main_pid: int = 0) -> list[list[str]]:
        """Its command lines, as words."""
        return [
            [word.replace("$MAINPID", str(main_pid)) for word in shlex.split(line)] for line in self.all(key)
        ]


def read_unit(path: Path) -> Unit:
    settings: dict[str, list[str]] = {}
    for line in path.read_text().splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.startswith(("#", "[")):
            settings.setdefault(key, []).append(value)
    return Unit(path.name, settings)
