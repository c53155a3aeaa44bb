"""A strict checker of the form of an MPD (ISO/IEC 23009-1:2022 annex B), and what a client makes of one.

The tables below have the schema's elements and attributes as far as a static presentation of templates and
whole files needs them. What is outside of them is a problem; so is an element out of order, too often or
missing, and a value that is not of its type. `read` expands templates and timelines; times are exact seconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from urllib.parse import urljoin
from xml.etree.ElementTree import Element, fromstring

MPD = "{urn:mpeg:dash:schema:mpd:2011}"
SCTE214 = "{urn:scte:dash:scte214-extensions}"

UNSIGNED_INT = "unsignedInt"
UNSIGNED_LONG = "unsignedLong"
TYPES = {
    UNSIGNED_INT: r"\d{1,10}",
    UNSIGNED_LONG: r"\d{1,20}",
    "string": r"[^\0-\x08\x0b\x0c\x0e-\x1f]*",
    "token": r"[^\s]+",
    "anyURI": r"[!#$%&'()*+,./0-9:;=?@A-Z\[\]_a-z~-]+",
    "duration": r"PT(\d+H)?(\d+M)?\d+(\.\d+)?S",
    "language": r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*",
    "ratio": r"[1-9]\d*:[1-9]\d*",
    "frameRate": r"[1-9]\d*(/[1-9]\d*)?",
    "sap": r"[0-6]",
    "boolean": r"true|false",
    "content": r"text|image|audio|video|application|font",
    "codecs": r"[\w.+-]+(,[\w.+-]+)*",
    "static": r"static",
    "mime": r"(video|audio|application|text)/[\w.+-]+",
}
BOUNDS = {UNSIGNED_INT: 2**32, UNSIGNED_LONG: 2**64}

_COMMON = {
    "profiles": "string", "width": UNSIGNED_INT, "height": UNSIGNED_INT, "sar": "ratio",
    "frameRate": "frameRate", "audioSamplingRate": UNSIGNED_INT, "mimeType": "mime", "codecs": "codecs",
    "startWithSAP": "sap", "maxPlayoutRate": UNSIGNED_INT, "codingDependency": "boolean",
    f"{SCTE214}supplementalCodecs": "codecs", f"{SCTE214}supplementalProfiles": "token",
}  # fmt: skip
_COMMON_CHILDREN = "AudioChannelConfiguration* EssentialProperty* SupplementalProperty* Label*"
_DESCRIPTOR = ({"schemeIdUri!": "anyURI", "value": "string", "id": "string"}, "")
ELEMENTS: dict[str, tuple[dict[str, str], str]] = {
    "MPD": (
        {
            "id": "string", "profiles!": "string", "type!": "static", "minBufferTime!": "duration",
            "mediaPresentationDuration!": "duration", "maxSegmentDuration": "duration",
        },
        "ProgramInformation* BaseURL* Period+",
    ),
    "ProgramInformation": ({"lang": "language", "moreInformationURL": "anyURI"}, "Title? Source? Copyright?"),
    "Title": ({}, "text"),
    "Period": (
        {"id": "string", "start": "duration", "duration": "duration"}, "BaseURL* EventStream* AdaptationSet+",
    ),
    "AdaptationSet": (
        _COMMON | {
            "id": UNSIGNED_INT, "group": UNSIGNED_INT, "lang": "language", "contentType": "content",
            "par": "ratio", "minBandwidth": UNSIGNED_INT, "maxBandwidth": UNSIGNED_INT,
            "maxWidth": UNSIGNED_INT, "maxHeight": UNSIGNED_INT, "segmentAlignment": "boolean",
        },
        f"{_COMMON_CHILDREN} Accessibility* Role* BaseURL* SegmentTemplate? Representation+",
    ),
    "Representation": (
        _COMMON | {"id!": "token", "bandwidth!": UNSIGNED_INT},
        f"{_COMMON_CHILDREN} BaseURL* SegmentTemplate?",
    ),
    "SegmentTemplate": (
        {
            "timescale": UNSIGNED_INT, "presentationTimeOffset": UNSIGNED_LONG, "duration": UNSIGNED_INT,
            "startNumber": UNSIGNED_INT, "media": "anyURI", "initialization": "anyURI",
        },
        "SegmentTimeline?",
    ),
    "SegmentTimeline": ({}, "S*"),
    "S": ({"t": UNSIGNED_LONG, "d!": UNSIGNED_LONG, "r": UNSIGNED_INT}, ""),
    "BaseURL": ({}, "text"),
    "Label": ({"id": UNSIGNED_INT, "lang": "language"}, "text"),
    "EventStream": (
        {"schemeIdUri!": "anyURI", "value": "string", "timescale": UNSIGNED_INT,
         "presentationTimeOffset": UNSIGNED_LONG},
        "Event*",
    ),
    "Event": ({"presentationTime": UNSIGNED_LONG, "duration": UNSIGNED_LONG, "id": UNSIGNED_INT}, "text"),
    **dict.fromkeys(
        ("AudioChannelConfiguration", "EssentialProperty", "SupplementalProperty", "Accessibility", "Role"),
        _DESCRIPTOR,
    ),
}  # fmt: skip
"""Element -> its attributes and types ("!": required), and its children in order ("text": no children)."""


@dataclass(frozen=True, slots=True)
class Media:
    """A segment: where it is, when it begins in the presentation, and for how long it lasts."""

    url: str
    start_s: Fraction
    lasting_s: Fraction


@dataclass(frozen=True, slots=True)
class Representation:
    """Of one Period. `attributes` has those of its adaptation set too; `media` is empty for a whole file."""

    period_start_s: Fraction
    attributes: dict[str, str]
    descriptors: tuple[tuple[str, str, str], ...]  # element, schemeIdUri, value
    whole: str  # URL of a whole file, or ""
    init: str
    offset_s: Fraction  # of media times against the Period's
    tick_s: Fraction
    media: tuple[Media, ...]


def problems(document: bytes, *, is_clip: bool = False) -> list[str]:
    """A line for everything in which the document does not follow the standard.

    The last segments of a clip may end after it.
    """
    root = fromstring(document)
    found = [] if root.tag == f"{MPD}MPD" else [f"the root is {root.tag}"]
    found += _form(root)
    ids = [each.get("id") for each in root.iter(f"{MPD}Period")]
    if len(ids) != len(set(ids)):
        found.append(f"ids of Periods {ids} are not unique")
    for period in root.iter(f"{MPD}Period"):
        for kind in ("AdaptationSet", "Representation"):
            ids = [each.get("id") for each in period.iter(f"{MPD}{kind}")]
            if len(ids) != len(set(ids)):
                found.append(f"ids of {kind} {ids} are not unique")
    return found or list(_times(document, is_clip=is_clip))


def read(document: bytes, url: str = "") -> list[Representation]:
    """Every Representation of every Period, Period by Period."""
    root = fromstring(document)
    return [
        _representation(_duration_s(period.get("start", "PT0S")), adaptation, element, url)
        for period in root.iter(f"{MPD}Period")
        for adaptation in period.iter(f"{MPD}AdaptationSet")
        for element in adaptation.iter(f"{MPD}Representation")
    ]


def _form(element: Element, path: str = "") -> Iterator[str]:
    name = element.tag.removeprefix(MPD)
    path = f"{path}/{name}"
    if name not in ELEMENTS:
        yield f"{path}: is no element that belongs here"
        return
    attributes, children = ELEMENTS[name]
    yield from (f"{path}: {line}" for line in _attribute_problems(element, attributes))
    if (element.text or "").strip() and children != "text":
        yield f"{path}: holds text"
    names = "".join(f"{child.tag.removeprefix(MPD)} " for child in element)
    model = "".join(f"(?:{each[:-1]} ){each[-1]}" for each in children.split() if each != "text")
    if not re.fullmatch(model, names):
        yield f"{path}: has {names or 'nothing'}instead of {children or 'nothing'}"
    for child in element:
        yield from _form(child, path)


def _attribute_problems(element: Element, types: dict[str, str]) -> Iterator[str]:
    allowed = {name.removesuffix("!"): kind for name, kind in types.items()}
    missing = {name[:-1] for name in types if name.endswith("!")} - set(element.keys())
    yield from (f"lacks {name}" for name in sorted(missing))
    for name, value in element.items():
        kind = allowed.get(name)
        if kind is None:
            yield f"has {name}"
        elif not re.fullmatch(TYPES[kind], value) or (kind in BOUNDS and int(value) >= BOUNDS[kind]):
            yield f"{name} is {value!r}, no {kind}"


def _times(document: bytes, *, is_clip: bool) -> Iterator[str]:
    """Segments follow one another, Periods too, and the last ends the presentation, to the microsecond; that
    itself may be said in ten of them, rounded up. Where timescales differ, so may both ends of what lasts the
    same, by a tick of the coarsest each.
    """
    whole_s = _duration_s(fromstring(document).get("mediaPresentationDuration", "PT0S"))
    longest_s = _duration_s(fromstring(document).get("maxSegmentDuration", "PT0S"))
    templated = [each for each in read(document) if each.media]
    starts_s = sorted({each.period_start_s for each in templated})
    ends_s = dict(zip(starts_s, [*starts_s[1:], whole_s], strict=True))
    ticks_s = {each.tick_s for each in templated}
    apart_s = 2 * max(ticks_s) if len(ticks_s) > 1 else Fraction(1, 1_000_000)
    for each in templated:
        at_s = each.period_start_s
        for media in each.media:
            if media.start_s != at_s:
                yield f"{media.url} starts at {media.start_s} s, not {at_s}"
            if not 0 < media.lasting_s <= longest_s + apart_s:
                yield f"{media.url} lasts {media.lasting_s} s"
            at_s = media.start_s + media.lasting_s
        left_s = ends_s[each.period_start_s] - at_s
        is_last = each.period_start_s == starts_s[-1]
        if is_clip and is_last and -each.media[-1].lasting_s < left_s < 0:
            continue
        if not -apart_s <= left_s <= max(apart_s, Fraction(10 if is_last else 1, 1_000_000)):
            yield f"{each.attributes['id']} ends at {at_s} s, its Period at {ends_s[each.period_start_s]}"


def _representation(start_s: Fraction, adaptation: Element, element: Element, url: str) -> Representation:
    attributes = {name: value for each in (adaptation, element) for name, value in each.items()}
    descriptors = tuple(
        (child.tag.removeprefix(MPD), child.get("schemeIdUri", ""), child.get("value", ""))
        for each in (adaptation, element) for child in each if child.get("schemeIdUri")
    )  # fmt: skip
    base = element.findtext(f"{MPD}BaseURL", "")
    template = element.find(f"{MPD}SegmentTemplate")
    if template is None:
        nothing = Fraction(0)
        return Representation(start_s, attributes, descriptors, urljoin(url, base), "", nothing, nothing, ())
    init = _fill(template.attrib["initialization"], attributes, 0)
    media = tuple(_media(start_s, template, attributes, url))
    tick_s = Fraction(1, int(template.get("timescale", 1)))
    offset_s = int(template.get("presentationTimeOffset", 0)) * tick_s
    return Representation(start_s, attributes, descriptors, "", urljoin(url, init), offset_s, tick_s, media)


def _media(start_s: Fraction, template: Element, attributes: dict[str, str], url: str) -> Iterator[Media]:
    timescale, number = int(template.get("timescale", 1)), int(template.get("startNumber", 1))
    offset, at = int(template.get("presentationTimeOffset", 0)), 0
    for entry in template.iter(f"{MPD}S"):
        at = int(entry.get("t", at))
        for _ in range(int(entry.get("r", 0)) + 1):
            name = _fill(template.attrib["media"], attributes, number)
            start = start_s + Fraction(at - offset, timescale)
            yield Media(urljoin(url, name), start, Fraction(int(entry.attrib["d"]), timescale))
            at, number = at + int(entry.attrib["d"]), number + 1


def _fill(template: str, attributes: dict[str, str], number: int) -> str:
    """Identifiers of a template, and `$$` (§5.3.9.4.4)."""

    def filled(match: re.Match[str]) -> str:
        name, width = match[1], match[2]
        values = {"": "$", "RepresentationID": attributes["id"], "Bandwidth": attributes["bandwidth"]}
        return f"{number:0{width or 1}d}" if name == "Number" else values[name]

    return re.sub(r"\$(\w*)(?:%0(\d+)d)?\$", filled, template)


def _duration_s(text: str) -> Fraction:
    match = re.fullmatch(r"PT(?:(\d+)H)?(?:(\d+)M)?(\d+(?:\.\d+)?)S", text)
    assert match, text
    return int(match[1] or 0) * 3600 + int(match[2] or 0) * 60 + Fraction(match[3])
