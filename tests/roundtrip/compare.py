"""What a player gets of a track against what the archive holds of it. Pure functions over packets.

The archive is read twice by ffmpeg: without its edit list, for every sample in order, and with it, for the
time at which each is shown. The served track must be the first in content and the second in time; where the
edit list cuts or repeats, the second in both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

from tests.roundtrip.packets import Packet, Stream


def differences(whole: Stream, shown: Stream, served: Stream) -> Iterator[str]:
    """A line for each way in which `served` is not the archive's track, and none where it is.

    `whole` is the track without its edit list, `shown` with it.
    """
    if served.codec.startswith("pcm_"):  # ffmpeg reads MP4's PCM by the chunk, and fragments by the sample
        served = regrouped(served, whole)
    if _is_cut(whole, shown):
        yield from _of_edits(shown, served)
        return
    if len(whole.packets) != len(served.packets):
        yield f"{len(whole.packets)} packets of the archive came as {len(served.packets)}"
        return
    for what in ("payload", "is_key"):
        wrong = _unequal(_each(whole, what), _each(served, what))
        if wrong:
            yield f"{what} of {len(wrong)} packets differs, of number {wrong[0]} first"
    for what in ("pts", "dts"):
        wrong = _unequal(_since_first(whole, what), _since_first(served, what))
        if wrong:
            yield f"{what} of {len(wrong)} packets moved against the first, of number {wrong[0]} first"
    yield from _misplaced(whole, shown, served)
    decoded_at = [packet.dts for packet in served.packets if packet.dts is not None]
    if any(following < here for here, following in pairwise(decoded_at)):
        yield "decode times go back"


def shifts(whole: Stream, shown: Stream, served: Stream) -> list[Fraction]:
    """By how many seconds each packet is served later than the archive shows it; none for what it hides."""
    numbers = {packet.position: number for number, packet in enumerate(whole.packets)}
    found = []
    for packet in shown.packets:
        number = numbers.get(packet.position)
        if number is None or packet.is_discarded or packet.pts is None:
            continue
        pts = served.packets[number].pts
        if pts is not None:
            found.append(pts * served.time_base - packet.pts * shown.time_base)
    return found


def regrouped(served: Stream, whole: Stream) -> Stream:
    """`served` with its packets joined to the sizes of `whole`'s, if that comes out even."""
    packets: list[Packet] = []
    rest = iter(served.packets)
    for wanted in whole.packets:
        group: list[Packet] = []
        size = 0
        while size < len(wanted.payload) and (packet := next(rest, None)):
            group.append(packet)
            size += len(packet.payload)
        if not group or size != len(wanted.payload):
            return served
        packets.append(replace(group[0], payload=b"".join(packet.payload for packet in group)))
    return served if next(rest, None) else replace(served, packets=tuple(packets))


def _is_cut(whole: Stream, shown: Stream) -> bool:
    """Whether the samples have no one place in time: some are shown twice, or later by more than others."""
    media_times = {each.position: each.pts for each in whole.packets if each.pts is not None}
    kept = [each for each in shown.packets if not each.is_discarded and each.pts is not None]
    if any(each.position not in media_times for each in kept):
        return False  # then positions do not tell samples apart
    if len({each.position for each in kept}) < len(kept):
        return True
    delays = [
        (each.pts or 0) * shown.time_base - media_times[each.position] * whole.time_base for each in kept
    ]
    return bool(delays) and max(delays) - min(delays) > 2 * whole.time_base


def _of_edits(shown: Stream, served: Stream) -> Iterator[str]:
    """What is shown, in order and on time, and beside it only what lies ahead of that or after it."""
    tick = max(shown.time_base, served.time_base)
    rest = iter([(each, (each.pts or 0) * served.time_base) for each in served.packets])
    beside: list[Fraction] = []
    times: list[Fraction] = []
    for packet in shown.packets:
        if packet.is_discarded or packet.pts is None:
            continue
        times.append(packet.pts * shown.time_base)
        for candidate, time in rest:
            same = (candidate.payload, candidate.is_key) == (packet.payload, packet.is_key)
            if same and abs(time - times[-1]) <= tick:
                break
            beside.append(time)
        else:
            where = f"at {float(times[-1]):.6f} s, after those before it"
            yield f"shown packet {len(times) - 1} is not served {where}"
            return
    beside += [time for _, time in rest]
    between = [time for time in beside if min(times) <= time <= max(times)]
    if between:
        yield f"{len(between)} packets are served among the shown ones, at {float(between[0]):.6f} s first"


def _misplaced(whole: Stream, shown: Stream, served: Stream) -> Iterator[str]:
    found = shifts(whole, shown, served)
    if not found:
        yield "no packet that the archive shows has a time"
        return
    tick = max(shown.time_base, served.time_base)
    if max(map(abs, found)) > tick:
        yield f"served {float(min(found)):+.6f} to {float(max(found)):+.6f} s after the archive's own times"


def _each(stream: Stream, what: str) -> list[Any]:
    return [getattr(packet, what) for packet in stream.packets]


def _since_first(stream: Stream, what: str) -> list[Fraction | None]:
    times = _each(stream, what)
    first = times[0] if times else None
    return [None if None in (time, first) else (time - first) * stream.time_base for time in times]


def _unequal(one: Sequence[object], other: Sequence[object]) -> list[int]:
    return [number for number, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
