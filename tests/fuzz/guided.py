"""Coverage-guided fuzzing: `python -m tests.fuzz.guided SECONDS FOLDER`.

libFuzzer keeps the mutants that reach new code of the indexer, and mutates them as `tests.fuzz.mutate` does.
A find is left in FOLDER.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from random import Random

import atheris

with atheris.instrument_imports(include=["indexer"]):
    from tests.fuzz.examine import examine

from tests.fuzz.forest import planted
from tests.fuzz.mutate import mutant
from tests.fuzz.seeds import donors, forests, made

SEEDS = made()
FORESTS = forests(SEEDS)
DONORS = donors(FORESTS)
MAX_BYTES = 100_000


def mutate(content: bytes, max_bytes: int, seed: int) -> bytes:
    random = Random(seed)
    return mutant(planted(content) or random.choice(FORESTS), DONORS, random)[:max_bytes]


def main() -> None:
    seconds, finds = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        known = Path(folder) / "known"
        known.mkdir()
        for number, content in enumerate(SEEDS.values()):
            (known / str(number)).write_bytes(content)
        arguments = [
            sys.argv[0],
            f"-max_total_time={seconds}",
            f"-max_len={MAX_BYTES}",
            f"-artifact_prefix={finds}/",
            "-timeout=10",
            "-rss_limit_mb=1024",
            "-verbosity=0",
            "-print_final_stats=1",
            str(known),
        ]
        target = Path(folder) / "mutant.mp4"
        atheris.Setup(arguments, lambda content: examine(content, target) and None, custom_mutator=mutate)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
