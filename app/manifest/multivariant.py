"""The multivariant playlist (RFC 8216 §4.3.4, RFC 8216bis §4.4.6): one variant a group of audio.

Audio tracks of one codec and channel count form a group, so that a player takes the group it can decode;
each group is joined with the video in a variant of its own. An archive without video has its audio alone.
Rates are bits a second, measured segment by segment at index time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, count

from app.idx.header import TrackFacts, ViewFacts
from app.idx.view import Idx
from app.manifest.hls import CONTENT_TYPE, MAX_AGE_S, VERSION
from app.manifest.urls import PLAYLIST, versioned
from app.plan import FileIdentity, Plan

Rendition = tuple[TrackFacts, ViewFacts]
Groups = dict[str, list[Rendition]]


def plan_multivariant(idx: Idx, archive: FileIdentity) -> Plan:
    """The playlist that names the playlists of all tracks."""
    return Plan(
        content_type=CONTENT_TYPE,
        etag=f"{idx.version}-master",
        last_modified_s=archive.mtime_ns // 1_000_000_000,
        max_age_s=MAX_AGE_S,
        immutable=False,
        pieces=("\n".join((*_lines(idx), "")).encode(),),
        guards=(idx.identity, archive),
    )


def _lines(idx: Idx) -> Iterator[str]:
    renditions = [(idx.tracks[view.tracks[0]].facts, view) for view in idx.header.views[1:]]
    videos = [each for each in renditions if each[0].kind == "video"]
    groups = _groups(each for each in renditions if each[0].kind == "audio")
    yield "#EXTM3U"
    yield f"#EXT-X-VERSION:{VERSION}"
    if all(view.independent for _, view in renditions):
        yield "#EXT-X-INDEPENDENT-SEGMENTS"
    for group, members in groups.items():
        yield from _audio(group, members, idx.version)
    for video in videos:
        for group, members in groups.items():
            yield from _variant(video, [video, *members], group, idx.version)
        if not groups:
            yield from _variant(video, [video], "", idx.version)
    if not videos:
        for group, members in groups.items():
            yield from _variant(members[0], members, group, idx.version)


def _groups(audios: Iterator[Rendition]) -> Groups:
    groups: Groups = {}
    for facts, view in audios:
        groups.setdefault(f"{facts.codec}-{facts.channels}ch", []).append((facts, view))
    return groups


def _audio(group: str, members: list[Rendition], version: str) -> Iterator[str]:
    names: list[str] = []
    for number, (facts, view) in enumerate(members):
        names.append(_unused(facts.title or (facts.language if facts.language != "und" else "Audio"), names))
        attributes = {
            "TYPE": "AUDIO",
            "GROUP-ID": _quoted(group),
            "NAME": _quoted(names[-1]),
            **({"LANGUAGE": _quoted(facts.language)} if facts.language != "und" else {}),
            "DEFAULT": "YES" if number == 0 else "NO",
            "AUTOSELECT": "YES",
            "CHANNELS": _quoted(str(facts.channels)),
            "URI": _quoted(versioned(f"{view.name}/{PLAYLIST}", version)),
        }
        yield "#EXT-X-MEDIA:" + _listed(attributes)


def _unused(name: str, taken: Sequence[str]) -> str:
    """`name`, numbered where it is taken: members of a group need names of their own (§4.4.6.1)."""
    numbered = (f"{name} {number}" for number in count(2))
    return next(each for each in chain((name,), numbered) if each not in taken)


def _variant(leading: Rendition, members: list[Rendition], group: str, version: str) -> Iterator[str]:
    """One EXT-X-STREAM-INF. A player plays one of a group's members at a time: the largest one counts."""
    facts, view = leading
    others = [each for _, each in members if each is not view]
    codecs = dict.fromkeys(each.codec for each, _ in members)
    attributes = {
        "BANDWIDTH": str(view.peak_bps + max((each.peak_bps for each in others), default=0)),
        "AVERAGE-BANDWIDTH": str(view.average_bps + max((each.average_bps for each in others), default=0)),
        "CODECS": _quoted(",".join(codecs)),
    }
    if facts.supplemental_codec:
        attributes["SUPPLEMENTAL-CODECS"] = _quoted(facts.supplemental_codec)
    if facts.kind == "video":
        attributes["RESOLUTION"] = f"{facts.width}x{facts.height}"
        if facts.frame_rate_milli:
            attributes["FRAME-RATE"] = f"{facts.frame_rate_milli / 1000:.3f}"
        attributes["VIDEO-RANGE"] = facts.video_range or "SDR"
    if group:
        attributes["AUDIO"] = _quoted(group)
    if facts.kind == "video":
        attributes["CLOSED-CAPTIONS"] = "NONE"
    yield "#EXT-X-STREAM-INF:" + _listed(attributes)
    yield versioned(f"{view.name}/{PLAYLIST}", version)


def _listed(attributes: dict[str, str]) -> str:
    return ",".join(f"{name}={value}" for name, value in attributes.items())


def _quoted(value: str) -> str:
    """A quoted-string (§4.2), which can hold no quote and no line break."""
    return '"' + "".join("'" if each == '"' else max(each, " ") for each in value) + '"'
