"""A bounded run of what `make fuzz` does without end, and that it can find something at all."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer.demux import extents
from tests.fuzz.examine import Broken, examine
from tests.fuzz.forest import written
from tests.fuzz.mutate import mutant
from tests.fuzz.seeds import donors, forests, made, of_corpus

MADE = made()
FORESTS = forests(MADE)
DONORS = donors(FORESTS)
in_bounds = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.mark.parametrize("name", MADE)
def test_seeds_are_whole_and_survive_planting(name: str, tmp_path: Path) -> None:
    """A seed that is refused early would leave everything behind that refusal untried."""
    assert written(FORESTS[list(MADE).index(name)]) == MADE[name]
    assert examine(MADE[name], tmp_path / "seed.mp4") == "indexed"


@given(seed=st.integers(0, 2**64))
@in_bounds
def test_mutants(seed: int, tmp_path: Path) -> None:
    """`python -m tests.fuzz --seed N` makes the same mutants of the same seeds."""
    random = Random(seed)
    examine(mutant(random.choice(FORESTS), DONORS, random), tmp_path / "mutant.mp4")


def test_mutants_get_far(tmp_path: Path) -> None:
    """Most are refused, for many reasons; some are indexed. All refused would mean that nothing was tried."""
    random = Random(1)
    mutants = [mutant(random.choice(FORESTS), DONORS, random) for _ in range(300)]
    outcomes = Counter(examine(content, tmp_path / "mutant.mp4") for content in mutants)
    assert len(set(mutants)) > 250
    assert set(outcomes) >= {"indexed", "Malformed", "Unfinished", "Unsupported"}
    assert outcomes["indexed"] > 30


def test_a_missing_check_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the check that samples lie within the file, a few thousand mutants must show it."""
    monkeypatch.setattr(extents, "max", lambda *_, **__: 0, raising=False)
    random = Random(1)

    def many() -> None:
        for _ in range(5000):
            examine(mutant(random.choice(FORESTS), DONORS, random), tmp_path / "mutant.mp4")

    with pytest.raises(Broken):
        many()


@pytest.mark.corpus
@given(seed=st.integers(0, 2**64))
@settings(in_bounds, max_examples=100)
def test_mutants_of_real_files(seed: int, corpus: Path, tmp_path: Path) -> None:
    files = of_corpus(corpus)
    random = Random(seed)
    name = random.choice(sorted(files))
    (forest,) = forests({name: files[name]})
    examine(mutant(forest, DONORS, random), tmp_path / "mutant.mp4")
