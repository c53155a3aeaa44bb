"""Sums by run, against the plainest way to add up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.cmaf.share import adder_of

few = st.lists(st.integers(0, 2), min_size=2, max_size=40)
many = st.lists(st.integers(0, 300), min_size=2, max_size=5)


@given(few | many, st.data())
def test_values_are_added_up_by_runs(run_samples: list[int], data: st.DataObject) -> None:
    count = sum(run_samples)
    values = data.draw(st.lists(st.integers(0, 1 << 32), min_size=count, max_size=count))
    sums, rest = [], values[:]
    for samples in run_samples:
        sums.append(sum(rest[:samples]))
        del rest[:samples]
    assert adder_of(tuple(run_samples))(values) == sums
