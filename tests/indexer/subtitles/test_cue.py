"""Which cues are shown, in what order."""

from __future__ import annotations

from indexer.subtitles.cue import Cue, shown


def cue(start_ms: int, end_ms: int, payload: str) -> Cue:
    return Cue(start_ms, end_ms, "", payload)


def order(*cues: Cue) -> list[str]:
    return [each.payload for each in shown(cues, 10_000)]


def test_cues_come_by_their_start() -> None:
    assert order(cue(2000, 3000, "b"), cue(1000, 5000, "a"), cue(3000, 4000, "c")) == ["a", "b", "c"]


def test_those_that_start_together_come_as_they_came_whenever_they_end() -> None:
    assert order(cue(1000, 2000, "z"), cue(1000, 3000, "y"), cue(1000, 1500, "x")) == ["z", "y", "x"]


def test_those_that_run_at_the_start_of_playback_come_by_their_own_start() -> None:
    assert order(cue(-1000, 500, "later"), cue(-2000, 500, "earlier"), cue(0, 500, "last")) == [
        "earlier",
        "later",
        "last",
    ]


def test_what_is_the_same_comes_once_where_it_came_first() -> None:
    a, b = cue(1000, 2000, "b"), cue(1000, 2000, "a")
    assert shown([a, b, a, b], 10_000) == (a, b)
    assert shown([cue(-5, 9, "x"), cue(-7, 9, "x")], 10_000) == (cue(0, 9, "x"),)


def test_what_is_not_seen_is_left_out() -> None:
    unseen = cue(-9, 0, "before"), cue(5, 5, "no time"), cue(10_000, 10_001, "after")
    assert order(*unseen, cue(9999, 12_000, "seen")) == ["seen"]
