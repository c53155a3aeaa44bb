"""The multivariant playlist (RFC 8216 §4.3.4, RFC 8216bis §4.4.6): one variant a group of audio.

Audio tracks of one codec and channel count form a group, so that a player takes the group it can decode;
each group is joined with every video in a variant of its own. What has no video has its audio alone.
Texts form one group, which every variant names.
Rates are bits a second, measured segment by segment at index time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from app.clip import WHOLE, Clip
from app.idx.header import TrackFacts
from app.manifest.attributes import listed, quoted
from app.manifest.hls import CONTENT_TYPE, VERSION
from app.manifest.presentation import Presentation, Rendition, Subtitles, unused
from app.manifest.session import session_tags
from app.manifest.urls import IFRAMES, PLAYLIST, versioned
from app.plan import Plan

Groups = dict[str, list[Rendition]]

TEXTS_GROUP = "subtitles"
DESCRIBES_VIDEO = "public.accessibility.describes-video"
FOR_HEARING_IMPAIRED = (
    "public.accessibility.transcribes-spoken-dialog,public.accessibility.describes-music-and-sound"
)
"""CHARACTERISTICS of sound that tells what is seen, and of texts that tell sounds (RFC 8216bis §4.4.6.1)."""


def plan_multivariant(shown: Presentation, clip: Clip = WHOLE) -> Plan:
    """The playlist; what it names is of the same clip. Raises `Malformed` for a clip of nothing."""
    content = write_multivariant(shown.clipped(clip))
    return shown.plan(clip.tagged("master"), CONTENT_TYPE, content)


def write_multivariant(shown: Presentation) -> bytes:
    """The playlist, UTF-8."""
    return "\n".join((*_lines(shown), "")).encode()


def _lines(shown: Presentation) -> Iterator[str]:
    videos, groups = shown.of_kind("video"), _groups(shown.of_kind("audio"))
    yield "#EXTM3U"
    yield f"#EXT-X-VERSION:{VERSION}"
    if all(each.view.independent for each in shown.renditions):
        yield "#EXT-X-INDEPENDENT-SEGMENTS"
    yield from session_tags(shown)
    for group, members in groups.items():
        yield from _media(_audio(group, members))
    yield from _media(_texts(shown.webvtt))
    for video in videos:
        for group, members in groups.items():
            yield from _variant(video, members, group, shown.webvtt)
        if not groups:
            yield from _variant(video, [], "", shown.webvtt)
        yield from _iframes(video)
    if not videos:
        for group, members in groups.items():
            yield from _variant(members[0], members, group, shown.webvtt)


def _groups(audios: Sequence[Rendition]) -> Groups:
    """Languages and titles to choose from are the same in every group (§4.4.6.1.1): where a group's codec
    lacks one, the first group that has it lends it.
    """
    groups: dict[str, dict[tuple[str, str, int], Rendition]] = {}
    for each in audios:
        facts = each.facts
        members = groups.setdefault(f"{facts.codec}-{facts.hls_channels or facts.channels}ch", {})
        alike = sum(key[:2] == (facts.language, facts.title) for key in members)
        members[facts.language, facts.title, alike] = each
    lent: dict[tuple[str, str, int], Rendition] = {}
    for key, each in chain.from_iterable(members.items() for members in groups.values()):
        lent.setdefault(key, each)
    return {
        group: [members.get(key, each) for key, each in lent.items()] for group, members in groups.items()
    }


def _media(members: Iterable[dict[str, str]]) -> Iterator[str]:
    """The EXT-X-MEDIA of a group. What players may choose by themselves differs in language or purpose
    (§4.4.6.1.1): of those alike, as a film and a commentary on it, that is the first.
    """
    seen = set()
    for attributes in members:
        alike = tuple(map(attributes.get, ("LANGUAGE", "FORCED", "CHARACTERISTICS")))
        if alike in seen:
            attributes["AUTOSELECT"] = "NO"
        seen.add(alike)
        yield "#EXT-X-MEDIA:" + listed(attributes)


def _audio(group: str, members: list[Rendition]) -> Iterator[dict[str, str]]:
    names: list[str] = []
    for number, member in enumerate(members):
        facts = member.facts
        names.append(unused(facts.label, names))
        yield {
            "TYPE": "AUDIO",
            "GROUP-ID": quoted(group),
            "NAME": quoted(names[-1]),
            **_language(facts.language),
            "DEFAULT": "YES" if number == 0 else "NO",
            "AUTOSELECT": "YES",
            **({"CHARACTERISTICS": quoted(DESCRIBES_VIDEO)} if "description" in facts.roles else {}),
            "CHANNELS": quoted(facts.hls_channels or str(facts.channels)),
            "URI": quoted(_playlist(member)),
        }


def _texts(texts: Sequence[Subtitles]) -> Iterator[dict[str, str]]:
    names: list[str] = []
    for text in texts:
        names.append(unused(text.facts.label, names))
        yield {
            "TYPE": "SUBTITLES",
            "GROUP-ID": quoted(TEXTS_GROUP),
            "NAME": quoted(names[-1]),
            **_language(text.facts.language),
            "DEFAULT": "NO",
            "AUTOSELECT": "YES",
            **({"FORCED": "YES"} if text.facts.forced else {}),
            **({"CHARACTERISTICS": quoted(FOR_HEARING_IMPAIRED)} if text.facts.hearing_impaired else {}),
            "URI": quoted(_playlist(text)),
        }


def _language(language: str) -> dict[str, str]:
    return {"LANGUAGE": quoted(language)} if language != "und" else {}


def _iframes(video: Rendition) -> Iterator[str]:
    """EXT-X-I-FRAME-STREAM-INF (§4.4.6.3), where there are I-frames to choose from."""
    facts, idx = video.facts, video.idx
    if idx.iframes is None:
        return
    attributes = {
        "BANDWIDTH": str(idx.header.iframes.peak_bps),
        "AVERAGE-BANDWIDTH": str(idx.header.iframes.average_bps),
        "CODECS": quoted(",".join(facts.codecs)),
        **_supplemental(facts),
        "RESOLUTION": f"{facts.width}x{facts.height}",
        "VIDEO-RANGE": facts.video_range or "SDR",
        "URI": quoted(_playlist(video, IFRAMES)),
    }
    yield "#EXT-X-I-FRAME-STREAM-INF:" + listed(attributes)


def _variant(
    leading: Rendition, sounds: Sequence[Rendition], group: str, texts: Sequence[Subtitles]
) -> Iterator[str]:
    """One EXT-X-STREAM-INF. A player plays one of a group's members at a time: the largest one counts.

    What leads without a picture is itself one of `sounds`.
    """
    facts = leading.facts
    codecs = dict.fromkeys(codec for each in (leading, *sounds) for codec in each.facts.codecs)
    pictures = [leading.view] if facts.kind == "video" else []
    choices = pictures, [each.view for each in sounds], [each.facts for each in texts]
    peaks_bps = (max((each.peak_bps for each in rates), default=0) for rates in choices)
    averages_bps = (max((each.average_bps for each in rates), default=0) for rates in choices)
    attributes = {
        "BANDWIDTH": str(sum(peaks_bps)),
        "AVERAGE-BANDWIDTH": str(sum(averages_bps)),
        "CODECS": quoted(",".join(codecs)),
        **_supplemental(facts),
    }
    if facts.kind == "video":
        attributes["RESOLUTION"] = f"{facts.width}x{facts.height}"
        if facts.frame_rate_milli:
            attributes["FRAME-RATE"] = f"{facts.frame_rate_milli / 1000:.3f}"
        attributes["VIDEO-RANGE"] = facts.video_range or "SDR"
    if group:
        attributes["AUDIO"] = quoted(group)
    if texts:
        attributes["SUBTITLES"] = quoted(TEXTS_GROUP)
    if facts.kind == "video":
        attributes["CLOSED-CAPTIONS"] = "NONE"
    yield "#EXT-X-STREAM-INF:" + listed(attributes)
    yield _playlist(leading)


def _supplemental(facts: TrackFacts) -> dict[str, str]:
    codecs = ",".join(facts.supplemental_codecs)
    return {"SUPPLEMENTAL-CODECS": quoted(codecs)} if codecs else {}


def _playlist(rendition: Rendition | Subtitles, name: str = PLAYLIST) -> str:
    return versioned(f"{rendition.folder}/{name}", rendition.idx.version, rendition.clip)
