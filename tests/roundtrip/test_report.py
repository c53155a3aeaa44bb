"""The table of the corpus says what became of each file in this very run."""

from __future__ import annotations

import re

import pytest

from tests.corpus_report import BLOCK, PAGE, table
from tests.readme import block
from tests.roundtrip.measured import Cost

pytestmark = pytest.mark.corpus


def verdicts(lines: list[str]) -> dict[str, str]:
    """File -> served, refused or not finished."""
    rows = (re.match(r"\| `([^`]+)` \| (\w[\w ]*) \|", line) for line in lines)
    return {row[1]: row[2] for row in rows if row}


def test_table_says_what_became_of_each_file(costs: dict[str, Cost]) -> None:
    assert verdicts(block(BLOCK, PAGE.read_text())) == verdicts(table(costs, {})), (
        "make corpus-report writes it anew"
    )


def test_table_claims_nothing_less_than_exact() -> None:
    trips = [
        line.split("|")[4].strip()
        for line in block(BLOCK, PAGE.read_text())
        if re.match(r"\| `.*\| served \|", line)
    ]
    assert set(trips) <= {"exact", "exact [^ffmpeg]"}
