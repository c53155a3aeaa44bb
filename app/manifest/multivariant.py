"""The multivariant playlist (RFC 8216 §4.3.4, RFC 8216bis §4.4.6): one variant a group of audio.

Audio tracks of one codec and channel count form a group (`app.manifest.sound_groups`), so that a player takes
the group it can decode; each group is joined with every video in a variant of its own. What has no video has
its audio alone.
Texts form one group, which every variant names.
Rates are bits a second, measured segment by segment at index time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from app.clip import WHOLE, Clip
from app.idx.header import TrackFacts
from app.manifest.attributes import listed, quoted
from app.manifest.hls import CONTENT_TYPE, VERSION
from app.manifest.presentation import Presentation, Rendition, Subtitles, unused
from app.manifest.sense import Sense, first_of_each
from app.manifest.session import session_tags
from app.manifest.sound_groups import Groups, sound_groups
from app.manifest.urls import IFRAMES, PLAYLIST, versioned
from app.plan import Plan

TEXTS_GROUP = "subtitles"
DESCRIBES_VIDEO = "public.accessibility.describes-video"
FOR_HEARING_IMPAIRED = (
    "public.accessibility.transcribes-spoken-dialog,public.accessibility.describes-music-and-sound"
)
"""CHARACTERISTICS of sound that tells what is seen, and of texts that tell sounds (RFC 8216bis §4.4.6.1)."""


def plan_multivariant(shown: Presentation, clip: Clip = WHOLE) -> Plan:
    """The playlist; what it names is of the same clip. Raises `Malformed` for a clip of nothing."""
    content = write_multivariant(shown.clipped(clip))
    return shown.plan(CONTENT_TYPE, content)


def write_multivariant(shown: Presentation) -> bytes:
    """The playlist, UTF-8."""
    return "\n".join((*_lines(shown), "")).encode()


def _lines(shown: Presentation) -> Iterator[str]:
    videos, groups = shown.of_kind("video"), sound_groups(shown.of_kind("audio"))
    yield "#EXTM3U"
    yield f"#EXT-X-VERSION:{VERSION}"
    if all(each.view.independent for each in shown.renditions):
        yield "#EXT-X-INDEPENDENT-SEGMENTS"
    yield from session_tags(shown)
    yield from _sounds(groups)
    yield from _subtitles(shown.webvtt)
    for video in videos:
        for group, members in groups.items():
            yield from _variant(video, [*members.values()], group, shown.webvtt)
        if not groups:
            yield from _variant(video, [], "", shown.webvtt)
        yield from _iframes(video)
    if not videos:
        for group, members in groups.items():
            sounds = [*members.values()]
            yield from _variant(sounds[0], sounds, group, shown.webvtt)


def _sounds(groups: Groups) -> Iterator[str]:
    """The EXT-X-MEDIA of all groups. A member of several is the same in each but for its coding, which
    §4.4.6.1.1 demands, so its name is that of all: "Stereo / Surround".
    """
    names: list[str] = []
    choices: dict[Sense, dict[str, str]] = {}
    for sense, first in first_of_each(groups.values()).items():
        labels = (members[sense].facts.label for members in groups.values() if sense in members)
        names.append(unused(" / ".join(dict.fromkeys(labels)), names))
        choices[sense] = {
            "NAME": quoted(names[-1]),
            **_language(first.facts.language),
            "DEFAULT": "NO" if choices else "YES",
            "AUTOSELECT": "YES",
            **({"CHARACTERISTICS": quoted(DESCRIBES_VIDEO)} if "description" in first.facts.roles else {}),
        }
    _tell_apart(choices.values())
    for group, members in groups.items():
        for sense, member in members.items():
            coding = {"CHANNELS": quoted(member.facts.hls_channels), "URI": quoted(_playlist(member))}
            yield _media("AUDIO", group, choices[sense] | coding)


def _subtitles(texts: Sequence[Subtitles]) -> Iterator[str]:
    names: list[str] = []
    choices: list[dict[str, str]] = []
    for text in texts:
        names.append(unused(text.facts.label, names))
        choices.append({
            "NAME": quoted(names[-1]),
            **_language(text.facts.language),
            "DEFAULT": "NO",
            "AUTOSELECT": "YES",
            **({"FORCED": "YES"} if text.facts.forced else {}),
            **({"CHARACTERISTICS": quoted(FOR_HEARING_IMPAIRED)} if text.facts.hearing_impaired else {}),
            "URI": quoted(_playlist(text)),
        })
    _tell_apart(choices)
    yield from (_media("SUBTITLES", TEXTS_GROUP, each) for each in choices)


def _tell_apart(choices: Iterable[dict[str, str]]) -> None:
    """What players may choose by themselves differs in language or purpose (§4.4.6.1.1): of those alike, as a
    film and a commentary on it, that is the first.
    """
    seen = set()
    for attributes in choices:
        alike = tuple(map(attributes.get, ("LANGUAGE", "FORCED", "CHARACTERISTICS")))
        if alike in seen:
            attributes["AUTOSELECT"] = "NO"
        seen.add(alike)


def _media(kind: str, group: str, attributes: dict[str, str]) -> str:
    return "#EXT-X-MEDIA:" + listed({"TYPE": kind, "GROUP-ID": quoted(group)} | attributes)


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
    return versioned(f"{rendition.folder}/{name}", rendition.idx.version, rendition.query)
