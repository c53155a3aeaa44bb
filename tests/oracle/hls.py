"""A strict checker of playlists: RFC 8216 and draft-pantos-hls-rfc8216bis, for VOD in fragmented MP4.

Written from the clauses, not from our writer: a tag or attribute outside of these tables, a value that is not
of its type, and a rule broken (`tests.oracle.hls_rules`) are problems, a line each. It is stricter in two
points: a URI follows its EXTINF or EXT-X-STREAM-INF at once, and a group of sounds has one codec, in whatever
profiles. So it is laxer in what such a group may lack.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from tests.oracle import hls_rules
from tests.oracle.hls_line import Line

TYPES = {
    "integer": r"\d{1,20}",
    "float": r"\d+(\.\d+)?",
    "string": r'"[^"\r\n]*"',
    "nonempty": r'"[^"\r\n]+"',
    "resolution": r"[1-9]\d*x[1-9]\d*",
    "yes or no": r"YES|NO",
    "media type": r"AUDIO|VIDEO|SUBTITLES|CLOSED-CAPTIONS",
    "range": r"SDR|HLG|PQ",
    "none or string": r'NONE|"[^"\r\n]+"',
    "date": r'"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)"',
    "language": r'"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*"',
    "channels": r'"\d+(/[A-Z0-9,-]*)*"',
    "codecs": r'"[\w.+-]+(,[\w.+-]+)*"',
    "supplemental": r'"[\w.+-]+(/[\w.+-]+)*(,[\w.+-]+(/[\w.+-]+)*)*"',
}
_STREAM = {
    "BANDWIDTH!": "integer", "AVERAGE-BANDWIDTH": "integer", "SCORE": "float", "CODECS": "codecs",
    "SUPPLEMENTAL-CODECS": "supplemental", "RESOLUTION": "resolution", "VIDEO-RANGE": "range",
}  # fmt: skip
ATTRIBUTES = {
    "EXT-X-MEDIA": {
        "TYPE!": "media type", "GROUP-ID!": "nonempty", "NAME!": "nonempty", "LANGUAGE": "language",
        "DEFAULT": "yes or no", "AUTOSELECT": "yes or no", "FORCED": "yes or no", "CHANNELS": "channels",
        "CHARACTERISTICS": "nonempty", "URI": "nonempty",
    },
    "EXT-X-STREAM-INF": _STREAM | {
        "FRAME-RATE": "float", "AUDIO": "nonempty", "SUBTITLES": "nonempty",
        "CLOSED-CAPTIONS": "none or string",
    },
    "EXT-X-I-FRAME-STREAM-INF": _STREAM | {"URI!": "nonempty"},
    "EXT-X-SESSION-DATA": {
        "DATA-ID!": "nonempty", "VALUE": "string", "URI": "nonempty", "LANGUAGE": "language",
    },
    "EXT-X-MAP": {"URI!": "nonempty"},
    "EXT-X-START": {"TIME-OFFSET!": "float", "PRECISE": "yes or no"},
    "EXT-X-DATERANGE": {
        "ID!": "nonempty", "CLASS": "nonempty", "START-DATE": "date", "END-DATE": "date", "DURATION": "float",
    },
}  # fmt: skip
"""Tag -> its attributes and their types ("!": required). Those of clients (X-…) may have any."""
OF_MULTIVARIANT = {"EXT-X-MEDIA", "EXT-X-STREAM-INF", "EXT-X-I-FRAME-STREAM-INF", "EXT-X-SESSION-DATA"}
OF_EITHER = {"EXTM3U", "EXT-X-VERSION", "EXT-X-INDEPENDENT-SEGMENTS", "EXT-X-START"}
OF_MEDIA = {
    "EXT-X-TARGETDURATION", "EXT-X-PLAYLIST-TYPE", "EXT-X-ENDLIST", "EXT-X-I-FRAMES-ONLY", "EXTINF",
    "EXT-X-DISCONTINUITY", "EXT-X-MAP", "EXT-X-DATERANGE", "EXT-X-PROGRAM-DATE-TIME",
}  # fmt: skip
ONCE = (OF_EITHER | OF_MEDIA) - {
    "EXTINF", "EXT-X-DISCONTINUITY", "EXT-X-MAP", "EXT-X-DATERANGE", "EXT-X-PROGRAM-DATE-TIME",
}  # fmt: skip


def read(document: bytes) -> list[Line]:
    """The lines of a playlist but for comments and empty ones."""
    lines = []
    for line in document.decode("utf-8").split("\n"):
        if line.startswith("#EXT"):
            tag, _, value = line[1:].partition(":")
            attributes = dict(_attributes(value)) if tag in ATTRIBUTES else {}
            lines.append(Line(tag, value, attributes))
        elif line and not line.startswith("#"):
            lines.append(Line("", line))
    return lines


def problems(document: bytes) -> list[str]:
    """A line for everything in which the playlist does not follow the standard."""
    found = [*_bytes(document)]
    if found:
        return found
    lines = read(document)
    is_multivariant = any(line.tag in OF_MULTIVARIANT for line in lines)
    found += _tags(lines, OF_EITHER | (OF_MULTIVARIANT if is_multivariant else OF_MEDIA))
    for line in lines:
        if line.tag in ATTRIBUTES:
            found += _typed(line)
    return found or list(hls_rules.multivariant(lines) if is_multivariant else hls_rules.media(lines))


def _bytes(document: bytes) -> Iterator[str]:
    """§4.1."""
    try:
        text = document.decode("utf-8")
    except UnicodeDecodeError:
        yield "is not UTF-8"
        return
    if not text.startswith("#EXTM3U\n"):
        yield "does not begin with #EXTM3U"
    if not text.endswith("\n"):
        yield "ends within a line"
    if re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", text):
        yield "holds a control character"
    yield from (f"has white space in {line!r}" for line in text.split("\n") if line != line.strip())


def _attributes(value: str) -> list[tuple[str, str]]:
    return re.findall(r'([A-Z0-9-]+)=("[^"]*"|[^",\s]+)(?:,|$)', value)


def _tags(lines: Sequence[Line], allowed: set[str]) -> Iterator[str]:
    counts = Counter(line.tag for line in lines)
    yield from (f"{tag} does not belong here" for tag in sorted(counts.keys() - allowed - {""}))
    yield from (f"{tag} is there {counts[tag]} times" for tag in sorted(ONCE) if counts[tag] > 1)
    for previous, line in pairwise(lines):
        if (previous.tag in ("EXTINF", "EXT-X-STREAM-INF")) != (line.tag == ""):
            yield f"{line.tag or line.value} follows {previous.tag or previous.value}"


def _typed(line: Line) -> Iterator[str]:
    types = {name.rstrip("!"): kind for name, kind in ATTRIBUTES[line.tag].items()}
    named = [name for name, _ in _attributes(line.value)]
    if ",".join(f"{name}={value}" for name, value in _attributes(line.value)) != line.value:
        yield f"{line.tag}:{line.value} is no attribute list"
    yield from (f"{line.tag} has {name} twice" for name, count in Counter(named).items() if count > 1)
    required = {name[:-1] for name in ATTRIBUTES[line.tag] if name.endswith("!")}
    yield from (f"{line.tag} lacks {name}" for name in sorted(required - set(named)))
    for name, value in line.attributes.items():
        if name not in types:
            if not (name.startswith("X-") and line.tag == "EXT-X-DATERANGE"):
                yield f"{line.tag} has {name}"
        elif not re.fullmatch(TYPES[types[name]], value):
            yield f"{line.tag}: {name}={value} is no {types[name]}"
