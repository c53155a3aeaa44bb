"""The rules of playlists beyond their form, and the rates that they state. For `tests.oracle.hls`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import permutations

from tests.oracle.hls_line import Line

VIDEO = re.compile(r"avc|hvc|hev|dvh|av01|vp0|vvc")


def peak_bps(sizes: Sequence[int], lasting_s: Sequence[Fraction]) -> Fraction:
    """The peak segment bit rate (§4.1): of any contiguous segments that last between 0.5 and 1.5 target
    durations together; of all where there are none.
    """
    target_s = max(1, *(int(each + Fraction(1, 2)) for each in lasting_s))
    rates = []
    for first in range(len(sizes)):
        for stop in range(first + 1, len(sizes) + 1):
            whole_s = sum(lasting_s[first:stop], Fraction(0))
            if Fraction(1, 2) <= whole_s / target_s <= Fraction(3, 2):
                rates.append(Fraction(8 * sum(sizes[first:stop])) / whole_s)
    return max(rates, default=average_bps(sizes, lasting_s))


def average_bps(sizes: Sequence[int], lasting_s: Sequence[Fraction]) -> Fraction:
    return 8 * sum(sizes) / sum(lasting_s, Fraction(0))


def media(lines: Sequence[Line]) -> Iterator[str]:
    """§4.4.3, §4.4.4, §4.4.5."""
    tags = [line.tag for line in lines]
    lacking = {"EXT-X-TARGETDURATION", "EXTINF"} - set(tags)
    if lacking:
        yield f"lacks {' and '.join(sorted(lacking))}"
        return
    values = {line.tag: line.value for line in lines}
    lasting_s = [line.value.partition(",")[0] for line in lines if line.tag == "EXTINF"]
    if any(not re.fullmatch(r"\d+(\.\d+)?", each) for each in lasting_s):
        yield f"EXTINF among {', '.join(lasting_s)} are no decimals"
        return
    target_s = int(values["EXT-X-TARGETDURATION"])
    if max(int(Fraction(each) + Fraction(1, 2)) for each in lasting_s) > target_s:
        yield f"EXTINF:{max(lasting_s, key=Fraction)} is longer than the target duration {target_s}"
    if tags.index("EXT-X-TARGETDURATION") > tags.index("EXTINF"):
        yield "EXT-X-TARGETDURATION follows a segment"
    if values.get("EXT-X-PLAYLIST-TYPE") != "VOD" or tags[-1] != "EXT-X-ENDLIST":
        yield "is no VOD playlist that ends with EXT-X-ENDLIST"
    needed = 3 if "EXT-X-MAP" not in tags else 5 if "EXT-X-I-FRAMES-ONLY" in tags else 6
    if int(values.get("EXT-X-VERSION", 1)) < needed:
        yield f"EXT-X-VERSION is below {needed}"
    yield from _maps(lines)
    ranges = [line for line in lines if line.tag == "EXT-X-DATERANGE"]
    if ranges and "EXT-X-PROGRAM-DATE-TIME" not in tags:
        yield "EXT-X-DATERANGE without EXT-X-PROGRAM-DATE-TIME"
    ids = Counter(line.text("ID") for line in ranges)
    yield from (f"EXT-X-DATERANGE ID {each} is there {ids[each]} times" for each in ids if ids[each] > 1)
    undated = [line.text("ID") for line in ranges if not line.text("START-DATE")]
    yield from (f"EXT-X-DATERANGE {each} lacks START-DATE" for each in undated)


def _maps(lines: Sequence[Line]) -> Iterator[str]:
    """A segment of MP4 has a map before it, and another one only behind a discontinuity (§4.4.4.5)."""
    current, announced = "", False
    for line in lines:
        if line.tag == "EXT-X-DISCONTINUITY":
            announced = True
        elif line.tag == "EXT-X-MAP":
            if current not in ("", line.text("URI")) and not announced:
                yield f"{line.text('URI')} comes without EXT-X-DISCONTINUITY"
            current = line.text("URI")
        elif not line.tag:
            announced = False
            if re.search(r"\.(m4s|mp4)(\?|$)", line.value) and not current:
                yield f"{line.value} has no EXT-X-MAP"


def together(playlists: Iterable[Sequence[Line]]) -> Iterator[str]:
    """Of all media playlists that one multivariant playlist names (§6.2.4): all tell the time that they begin
    at, which is one, or none does; those that have date ranges have the same; and all have the same target
    duration but for those of subtitles and of I-frames, which need not.
    """
    clocks, ranges, targets = set(), set(), set()
    for lines in playlists:
        clocks.add(next((line.value for line in lines if line.tag == "EXT-X-PROGRAM-DATE-TIME"), None))
        ranges.add(tuple(sorted(line.value for line in lines if line.tag == "EXT-X-DATERANGE")))
        if not any(line.tag == "EXT-X-I-FRAMES-ONLY" or _is_webvtt(line) for line in lines):
            targets |= {line.value for line in lines if line.tag == "EXT-X-TARGETDURATION"}
    if len(targets) > 1:
        yield f"EXT-X-TARGETDURATION is {' or '.join(sorted(targets))}"
    if len(clocks) > 1:
        yield f"EXT-X-PROGRAM-DATE-TIME is {' or '.join(sorted(map(str, clocks)))}"
    if len(ranges - {()}) > 1:
        yield "EXT-X-DATERANGE are not the same"


def _is_webvtt(line: Line) -> bool:
    return not line.tag and re.search(r"\.vtt(\?|$)", line.value) is not None


def multivariant(lines: Sequence[Line]) -> Iterator[str]:
    """§4.4.6."""
    media = [line for line in lines if line.tag == "EXT-X-MEDIA"]
    variants = [line for line in lines if line.tag == "EXT-X-STREAM-INF"]
    if not variants:
        yield "has no EXT-X-STREAM-INF"
    groups: dict[tuple[str, str], list[Line]] = {}
    for line in media:
        groups.setdefault((line.text("TYPE"), line.text("GROUP-ID")), []).append(line)
    for group, members in groups.items():
        yield from (f"{group}: {line}" for line in _group(members))
    yield from _same_members(groups, variants)
    for line in (*variants, *(each for each in lines if each.tag == "EXT-X-I-FRAME-STREAM-INF")):
        yield from (f"{line.tag}:{line.value}: {each}" for each in _stream(line, groups))
    captions = {line.attributes.get("CLOSED-CAPTIONS") for line in variants}
    if "NONE" in captions and captions != {"NONE"}:
        yield "CLOSED-CAPTIONS=NONE is in some variants only"
    for kind in ("AUDIO", "SUBTITLES"):
        used = {line.text(kind) for line in variants}
        yield from (f"nothing uses {group}" for group in groups if group[0] == kind and group[1] not in used)
    yield from _session_data(lines)


def _group(members: Sequence[Line]) -> Iterator[str]:
    """§4.4.6.1."""
    names = Counter(line.text("NAME") for line in members)
    yield from (f"NAME {name} is there {count} times" for name, count in names.items() if count > 1)
    if sum(line.text("DEFAULT") == "YES" for line in members) > 1:
        yield "has several DEFAULT members"
    chosen = [line for line in members if line.text("AUTOSELECT") == "YES"]
    alike = Counter(tuple(map(line.text, ("LANGUAGE", "FORCED", "CHARACTERISTICS"))) for line in chosen)
    yield from (f"{each} is AUTOSELECT {alike[each]} times" for each in alike if alike[each] > 1)
    for line in members:
        if line.text("DEFAULT") == "YES" and line.text("AUTOSELECT") != "YES":
            yield f"{line.text('NAME')} is DEFAULT, not AUTOSELECT"
        if line.text("TYPE") == "SUBTITLES" and not line.text("URI"):
            yield f"{line.text('NAME')} has no URI"
        if line.text("TYPE") != "SUBTITLES" and line.text("FORCED"):
            yield f"{line.text('NAME')} is FORCED, and no SUBTITLES"
        if line.text("TYPE") == "AUDIO" and not line.text("CHANNELS"):
            yield f"{line.text('NAME')} does not tell its CHANNELS"


def _same_members(groups: dict[tuple[str, str], list[Line]], variants: Sequence[Line]) -> Iterator[str]:
    """Groups of one type have the same members, alike but for URI and CHANNELS (§4.4.6.1.1); but a group of
    sounds may lack what there is in another codec.
    """
    codecs = {line.text("AUDIO"): _sounds(line) for line in variants}
    for (kind, group), (other_kind, other) in permutations(groups, 2):
        if kind != other_kind:
            continue
        own = {line.text("NAME"): _shared(line) for line in groups[kind, group]}
        may_lack = kind == "AUDIO" and codecs.get(group) != codecs.get(other)
        for line in groups[kind, other]:
            name = line.text("NAME")
            if name not in own and not may_lack:
                yield f"group {group} of {kind} lacks {name} of {other}"
            if own.get(name, _shared(line)) != _shared(line):
                yield f"{name} is not the same in {group} and {other} of {kind}"


def _shared(line: Line) -> dict[str, str]:
    free = ("URI", "CHANNELS", "GROUP-ID")
    return {name: value for name, value in line.attributes.items() if name not in free}


def _sounds(variant: Line) -> set[str]:
    return {each for each in variant.text("CODECS").split(",") if not VIDEO.match(each)}


def _stream(line: Line, groups: dict[tuple[str, str], list[Line]]) -> Iterator[str]:
    """§4.4.6.2, §4.4.6.3."""
    codecs = line.text("CODECS").split(",")
    if not line.text("CODECS"):
        yield "lacks CODECS"
    if len(set(codecs)) != len(codecs):
        yield "names a codec twice"
    if len({tuple(each.split(".")[:2]) for each in _sounds(line)}) > 1:
        yield "has sounds of several kinds, and players that lack one play none"
    if int(line.text("AVERAGE-BANDWIDTH") or 0) > int(line.text("BANDWIDTH")):
        yield "AVERAGE-BANDWIDTH is more than BANDWIDTH"
    if "FRAME-RATE" in line.attributes and not re.fullmatch(r"\d+\.\d{3}", line.text("FRAME-RATE")):
        yield "FRAME-RATE has not three decimals"
    is_video = any(VIDEO.match(each) for each in codecs)
    if is_video != ("RESOLUTION" in line.attributes):
        yield "RESOLUTION and a codec of video do not go together"
    for kind in ("AUDIO", "SUBTITLES"):
        if line.text(kind) and (kind, line.text(kind)) not in groups:
            yield f"has no {kind} group {line.text(kind)}"


def _session_data(lines: Sequence[Line]) -> Iterator[str]:
    """§4.4.6.4."""
    data = [line for line in lines if line.tag == "EXT-X-SESSION-DATA"]
    for line in data:
        if ("VALUE" in line.attributes) == ("URI" in line.attributes):
            yield f"EXT-X-SESSION-DATA {line.text('DATA-ID')} has not one of VALUE and URI"
    keys = Counter((line.text("DATA-ID"), line.text("LANGUAGE")) for line in data)
    yield from (f"EXT-X-SESSION-DATA {key} is there twice" for key, count in keys.items() if count > 1)
