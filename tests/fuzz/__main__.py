"""`make fuzz SECONDS=N`: mutants against the indexer, in two processes.

One makes mutants at random from all seeds; the other, where atheris is installed, keeps those that reach new
code and mutates them further. What breaks a rule of `tests.fuzz.examine` is kept in `var/fuzz`, and the exit
status is 1. A find becomes a small named case of the tests.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from random import Random

from tests.conftest import CORPUS
from tests.fuzz.examine import examine
from tests.fuzz.mutate import mutant
from tests.fuzz.seeds import donors, forests, made, of_corpus

FINDS = Path("var/fuzz")
MAX_FINDS = 10


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 10**9, help="of the random numbers")
    options = parser.parse_args()
    FINDS.mkdir(parents=True, exist_ok=True)
    guided = start_guided(options.seconds) if find_spec("atheris") else None
    finds = run(options.seconds, options.seed)
    if guided is None:
        print("without atheris: no guided run")
    elif guided.wait() != 0:
        finds += 1
    return 1 if finds else 0


def start_guided(seconds: float) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.fuzz.guided", str(max(int(seconds), 1)), str(FINDS)]
    return subprocess.Popen(command)


def run(seconds: float, seed: int) -> int:
    """Mutants for `seconds`; the number of finds."""
    trees = forests(made() | of_corpus(CORPUS))
    boxes = donors(trees)
    outcomes: Counter[str] = Counter()
    finds = 0
    stop = time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as folder:
        for number in count(seed):
            if time.monotonic() > stop or finds == MAX_FINDS:
                break
            random = Random(number)
            content = mutant(random.choice(trees), boxes, random)
            try:
                outcomes[examine(content, Path(folder) / "mutant.mp4")] += 1
            except Exception:  # noqa: BLE001 - whatever it is, it is a find
                finds += 1
                path = FINDS / f"{hashlib.sha256(content).hexdigest()[:12]}.mp4"
                path.write_bytes(content)
                print(f"find {path}, of --seed {number}:\n{traceback.format_exc()}", flush=True)
    print(f"{outcomes.total()} mutants of {len(trees)} seeds from --seed {seed}: {dict(outcomes)}")
    print(f"{finds} finds in {FINDS}")
    return finds


if __name__ == "__main__":
    sys.exit(main())
