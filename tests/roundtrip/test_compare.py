"""The comparison itself: it is silent about the same track, and says so of every way to differ from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import pytest

from tests.roundtrip.compare import differences, regrouped
from tests.roundtrip.packets import Packet, Stream

HIDDEN = 3
"""Samples that the edit list of the archive leaves out."""


def stream(packets: list[Packet], codec: str = "h264") -> Stream:
    return Stream("video", codec, 1, Fraction(1, 1000), tuple(packets))


def packet(number: int, *, shift: int = 0) -> Packet:
    """Sample `number` of an archive of 40 ms frames."""
    pts = 40 * number + shift
    return Packet(bytes([number]) * 9, number % 5 == 0, pts, pts, 40, 1000 + 9 * number, number < HIDDEN)


WHOLE = [packet(number) for number in range(12)]
SHOWN = [packet(number, shift=-100) for number in range(12)]


def damaged(number: int, **changes: object) -> Callable[[list[Packet]], list[Packet]]:
    return lambda served: [
        replace(each, **changes) if at == number else each  # type: ignore[arg-type]
        for at, each in enumerate(served)
    ]


def moved(by: int) -> Callable[[list[Packet]], list[Packet]]:
    return lambda served: [
        replace(each, pts=(each.pts or 0) + by, dts=(each.dts or 0) + by) for each in served
    ]


def test_same_track_has_no_differences() -> None:
    assert list(differences(stream(WHOLE), stream(SHOWN), stream(SHOWN))) == []


def test_a_tick_is_within_the_rounding_of_edit_lists() -> None:
    assert list(differences(stream(WHOLE), stream(SHOWN), stream(moved(1)(SHOWN)))) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda served: served[:-1], "12 packets of the archive came as 11"),
        (lambda served: [*served[:4], served[5], served[4], *served[6:]], "payload of 2 packets differs"),
        (damaged(7, payload=b"another"), "payload of 1 packets differs, of number 7"),
        (damaged(5, is_key=False), "is_key of 1 packets differs, of number 5"),
        (damaged(6, pts=150), "pts of 1 packets moved against the first, of number 6"),
        (damaged(6, dts=150), "dts of 1 packets moved against the first, of number 6"),
        (damaged(8, dts=0), "decode times go back"),
        (moved(2), "served +0.002000 to +0.002000 s after"),
        (moved(-40), "served -0.040000 to -0.040000 s after"),
    ],
)
def test_every_difference_is_told(change: Callable[[list[Packet]], list[Packet]], says: str) -> None:
    found = list(differences(stream(WHOLE), stream(SHOWN), stream(change(SHOWN))))
    assert any(says in line for line in found), found


def test_pcm_is_compared_by_the_packets_of_the_archive() -> None:
    singles = [
        replace(each, payload=each.payload[at : at + 1], pts=(each.pts or 0) + at)
        for each in WHOLE
        for at in range(9)
    ]
    whole, served = stream(WHOLE, "pcm_s16le"), stream(singles, "pcm_s16le")
    assert list(differences(whole, whole, served)) == []
    assert regrouped(served, whole).packets == whole.packets


def test_pcm_of_another_length_is_told() -> None:
    whole, served = stream(WHOLE, "pcm_s16le"), stream(WHOLE[:-1], "pcm_s16le")
    assert list(differences(whole, whole, served)) == ["12 packets of the archive came as 11"]


CUT = [replace(each, pts=number * 40) for number, each in enumerate(WHOLE[8:] + WHOLE[3:6])]
"""The archive by an edit list that swaps two parts."""


def test_an_edit_list_that_cuts_is_compared_by_what_it_shows() -> None:
    hidden = replace(WHOLE[2], pts=-40)
    assert list(differences(stream(WHOLE), stream(CUT), stream([hidden, *CUT]))) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda served: served[:-1], "shown packet 6 is not served at 0.240000 s"),
        (lambda served: [served[1], served[0], *served[2:]], "shown packet 1 is not served at 0.040000 s"),
        (damaged(4, pts=170), "shown packet 4 is not served at 0.160000 s"),
        (damaged(4, payload=b"another"), "shown packet 4 is not served at 0.160000 s"),
        (lambda served: [*served[:2], packet(2), *served[2:]], "1 packets are served among the shown ones"),
    ],
)
def test_every_difference_from_what_edits_show_is_told(
    change: Callable[[list[Packet]], list[Packet]], says: str
) -> None:
    (found,) = differences(stream(WHOLE), stream(CUT), stream(change(CUT)))
    assert found.startswith(says)
