"""What an MPD says of the tracks: adaptation sets, representations, segments (ISO/IEC 23009-1 §5.3.3–9).

Pictures that a player may change between on the way are one set; every sound and every text is one of its
own. Colour and channels are told in the code points of ISO/IEC 23091.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from itertools import groupby, pairwise
from xml.etree.ElementTree import Element, SubElement

from app.clip import Clip
from app.idx.header import DASH_ROLE_SCHEME, DASH_ROLES, TextFacts, TrackFacts
from app.manifest.presentation import Presentation, Rendition, Subtitles, unused
from app.manifest.sense import sense_of_sound
from app.manifest.urls import FIRST_SEGMENT, SEGMENT_TEMPLATE, SUBTITLES, init_name, versioned

MAX_UNSIGNED_INT = 2**32 - 1
MAX_FRAME_RATE_DENOMINATOR = 1001

_CICP = "urn:mpeg:mpegB:cicp:"
CICP_COLOUR = ("ColourPrimaries", "TransferCharacteristics", "MatrixCoefficients")
UNSPECIFIED = 2
CICP_LAYOUTS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 11, 8: 12}
"""Channels -> the usual layout of so many (ISO/IEC 23091-3 table 6)."""

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_tracks(period: Element, shown: Presentation, segments: range) -> None:
    labels: list[str] = []
    for number, members in enumerate(_adaptation_sets(shown, segments.start)):
        facts = members[0].facts
        adaptation = SubElement(period, "AdaptationSet", _of_set(number, members))
        if facts.label:
            labels.append(unused(facts.label, labels))
            SubElement(adaptation, "Label").text = xml_text(labels[-1])
        for role in _roles(facts, shown.of_kind(facts.kind)[0].facts):
            _describe(adaptation, "Role", DASH_ROLE_SCHEME, role)
        for member in members:
            _write_representation(adaptation, shown, member, segments)


def write_texts(period: Element, shown: Presentation, segments: range, part: Clip) -> None:
    """Of WebVTT a file each, of the `part` that the period is: times count from there.

    A `presentationTimeOffset` would tell the same of one file for all, but no player heeds it.
    """
    labels: list[str] = []
    for text in shown.texts:
        labels.append(unused(text.facts.label, labels))
        attributes = {"id": str(len(period)), "contentType": "text", "mimeType": "text/vtt"}
        if text.facts.codec:
            attributes |= {"mimeType": "application/mp4", "segmentAlignment": "true"}
        adaptation = SubElement(period, "AdaptationSet", attributes | _language(text.facts.language))
        SubElement(adaptation, "Label").text = xml_text(labels[-1])
        for role in _roles_of_text(text.facts):
            _describe(adaptation, "Role", DASH_ROLE_SCHEME, role)
        bandwidth = str(max(1, text.facts.peak_bps))
        representation = SubElement(adaptation, "Representation", id=text.folder, bandwidth=bandwidth)
        if text.facts.codec:
            representation.set("codecs", text.facts.codec)
            _write_template(representation, shown, text, init_name(0), segments)
            continue
        url = versioned(f"{text.folder}/{SUBTITLES}", text.idx.version, part.query)
        SubElement(representation, "BaseURL").text = url


def _roles_of_text(facts: TextFacts) -> list[str]:
    told = [role for role in facts.roles if role in DASH_ROLES]
    implied = "forced-subtitle" if facts.forced else "caption" if facts.hearing_impaired else "subtitle"
    return told or [implied]


def _language(language: str) -> dict[str, str]:
    return {"lang": language} if language != "und" else {}


def _adaptation_sets(shown: Presentation, segment: int) -> list[list[Rendition]]:
    """Pictures that a player may change between on the way are one set; every sound is one of its own."""
    sets: dict[tuple[str, ...], list[Rendition]] = {}
    for each in shown.of_kind("video"):
        facts = each.facts_of(segment)
        key = facts.codec.partition(".")[0], facts.video_range
        sets.setdefault(key, []).append(each)
    return [*sets.values(), *([each] for each in shown.of_kind("audio"))]


def _of_set(number: int, members: Sequence[Rendition]) -> dict[str, str]:
    facts = members[0].facts
    attributes = {"id": str(number), "contentType": facts.kind, "mimeType": f"{facts.kind}/mp4"}
    attributes |= _language(facts.language) | {"segmentAlignment": "true"}
    if all(each.view.independent for each in members):
        # A sync sample is a SAP of type 1 or 2 (ISO/IEC 14496-12 §8.6.2); of 1 where nothing is reordered.
        ordered = all(each.idx.tracks[each.view.tracks[0]].default_composition == 0 for each in members)
        attributes["startWithSAP"] = "1" if ordered else "2"
    return attributes


def _roles(facts: TrackFacts, first: TrackFacts) -> list[str]:
    """What the archive says the track is for; else that it is the main one of its kind, or another. Main are
    all pictures, which are of one title, and of sounds the `first` and what it is in another coding.
    """
    is_other_coding = (facts.codec, facts.hls_channels) != (first.codec, first.hls_channels)
    is_like = is_other_coding and sense_of_sound(facts) == sense_of_sound(first)
    implied = "main" if facts.kind == "video" or facts is first or is_like else "alternate"
    return [role for role in facts.roles if role in DASH_ROLES] or [implied]


def _write_representation(
    adaptation: Element, shown: Presentation, member: Rendition, segments: range
) -> None:
    facts = member.facts_of(segments.start)
    attributes = {
        "id": member.folder,
        "bandwidth": str(bandwidth_bps(member)),
        "codecs": facts.codec,
        **(_of_picture(facts) if facts.kind == "video" else _of_sound(facts)),
    }
    representation = SubElement(adaptation, "Representation", attributes)
    if facts.kind == "video":
        _describe_colour(representation, facts.colour)
    else:
        _describe_channels(representation, facts)
    _write_template(representation, shown, member, init_name(member.init_of(segments.start)), segments)


def _of_picture(facts: TrackFacts) -> dict[str, str]:
    attributes = {"width": str(facts.width), "height": str(facts.height), "sar": "1:1"}
    if facts.duration_ticks:
        rate = Fraction(facts.sample_count * facts.timescale, facts.duration_ticks)
        attributes["frameRate"] = str(rate.limit_denominator(MAX_FRAME_RATE_DENOMINATOR))
    if facts.supplemental_codec:
        codec, _, brand = facts.supplemental_codec.partition("/")
        attributes["scte214:supplementalCodecs"] = codec
        attributes["scte214:supplementalProfiles"] = brand
    return attributes


def _of_sound(facts: TrackFacts) -> dict[str, str]:
    return {"audioSamplingRate": str(facts.sample_rate_hz)} if facts.sample_rate_hz else {}


def _describe_colour(representation: Element, colour: Sequence[int]) -> None:
    """Not as EssentialProperty: players that do not know a value would play nothing instead of mapping it."""
    for name, value in zip(CICP_COLOUR, colour, strict=False):
        if value != UNSPECIFIED:
            _describe(representation, "SupplementalProperty", f"{_CICP}{name}", str(value))


def _describe_channels(representation: Element, facts: TrackFacts) -> None:
    if facts.channels in CICP_LAYOUTS:
        layout = str(CICP_LAYOUTS[facts.channels])
        _describe(representation, "AudioChannelConfiguration", f"{_CICP}ChannelConfiguration", layout)
    complexity, _, extension = facts.hls_channels.partition("/")
    if extension == "JOC":  # ETSI TS 103 420 annex D
        scheme = "tag:dolby.com,2018:dash:EC3_Extension"
        _describe(representation, "SupplementalProperty", f"{scheme}Type:2018", "JOC")
        _describe(representation, "SupplementalProperty", f"{scheme}ComplexityIndex:2018", complexity)


def _write_template(
    representation: Element, shown: Presentation, member: Rendition | Subtitles, init: str, segments: range
) -> None:
    idx, times = member.idx, shown.timeline(member.idx)[segments.start : segments.stop + 1]
    template = SubElement(representation, "SegmentTemplate", {
        "timescale": str(idx.header.timescale),
        "presentationTimeOffset": str(times[0]),
        "startNumber": str(FIRST_SEGMENT + segments.start),
        "initialization": versioned(f"{member.folder}/{init}", idx.version),
        "media": versioned(f"{member.folder}/{SEGMENT_TEMPLATE}", idx.version),
    })  # fmt: skip
    timeline = SubElement(template, "SegmentTimeline")
    start = {"t": str(times[0])}
    for lasting, alike in groupby(following - here for here, following in pairwise(times)):
        repeated = sum(1 for _ in alike) - 1
        SubElement(timeline, "S", start | {"d": str(lasting)} | ({"r": str(repeated)} if repeated else {}))
        start = {}


def bandwidth_bps(rendition: Rendition) -> int:
    return min(max(1, rendition.view.peak_bps), MAX_UNSIGNED_INT)


def _describe(parent: Element, name: str, scheme: str, value: str) -> None:
    SubElement(parent, name, schemeIdUri=scheme, value=value)


def xml_text(value: str) -> str:
    """`value` without what XML cannot hold (XML 1.0 §2.2)."""
    return _NOT_XML.sub(" ", value)
