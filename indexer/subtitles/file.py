"""A file of subtitles ─▶ a `Text`, or a refusal in the terms of `indexer.errors`.

pysubs2 reads SubRip and SubStation; what its regular expressions would take long over is cut before.
Encodings: a byte order mark decides; else UTF-16 by its zero bytes, UTF-8 where it is valid, Windows-1252.
"""

from __future__ import annotations

import codecs
import re
import warnings
from collections.abc import Iterator

from pysubs2 import SSAFile, SSAStyle
from pysubs2.exceptions import Pysubs2Error

from app.timed_text import BOLD, ITALIC, UNDERLINE
from indexer.errors import LimitExceeded, Malformed, Unsupported
from indexer.limits import MAX_CUES, MAX_SUBTITLE_FILE_BYTES
from indexer.source import Source
from indexer.subtitles.beside import CODINGS, extension_of, meaning_of, spelled
from indexer.subtitles.cue import Cue, Text, shown
from indexer.subtitles.markup import aligned, clean, payload_of
from indexer.subtitles.substation import BELOW, DEFAULT_HEIGHT, place_of_key, read_subrip, read_substation
from indexer.subtitles.vtt_file import ARROW, read_vtt

REMEDY = "write it anew, as .srt or .vtt in UTF-8"

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_EMPTY_LINES = re.compile(r"\n(?:[ \t]*\n){2,}")
_ENDLESS_HEADING = re.compile(r"^.{0,3}\[.{200,}$", re.MULTILINE)
_LOADED = {".srt": ("srt", ARROW), ".ass": ("ass", "Dialogue:"), ".ssa": ("ssa", "Dialogue:")}
"""pysubs2's name of a coding, and what each cue has one of."""

_UNSTYLED = SSAStyle()

ReadCue = tuple[int, int, str, str]  # start and end in ms, settings, payload


def check_size(source: Source) -> None:
    """Raises `LimitExceeded`."""
    if source.size_bytes > MAX_SUBTITLE_FILE_BYTES:
        rule = f"has {source.size_bytes} bytes; {MAX_SUBTITLE_FILE_BYTES} are read"
        raise LimitExceeded(rule, remedy=REMEDY)


def read_file(source: Source, archive_stem: str, duration_ms: int) -> Text:
    """`archive_stem`: the archive's name without extension. The size is checked. Raises `SourceError`."""
    name = spelled(source.path)
    extension, meaning = extension_of(name), meaning_of(name, archive_stem)
    text = clean(decoded(source.pread(0, source.size_bytes)))
    cues = shown((Cue(*read) for read in _cues(text, extension) if read[3]), duration_ms)
    if not cues:
        raise Unsupported("nothing of it is shown", remedy=REMEDY)
    return Text(
        CODINGS[extension], cues, meaning.language, meaning.title,
        forced=meaning.forced, hearing_impaired=meaning.hearing_impaired, file=name,
    )  # fmt: skip


def decoded(content: bytes) -> str:
    """Never fails: what no encoding explains is taken for Windows-1252, with replacement characters."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    zeros_at = [content[first:1000:2].count(0) for first in (0, 1)]
    if any(zeros_at):
        return content.decode("utf-16-be" if zeros_at[0] > zeros_at[1] else "utf-16-le", "replace")
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _cues(text: str, extension: str) -> Iterator[ReadCue]:
    short, sign = _LOADED.get(extension, ("vtt", ARROW))
    if text.count(sign) > MAX_CUES:
        raise LimitExceeded(f"has more than {MAX_CUES} cues", remedy=REMEDY)
    if short == "vtt":
        return read_vtt(text)
    subtitles = _loaded(_ENDLESS_HEADING.sub("", _EMPTY_LINES.sub("\n\n", text)), short)
    return _subrip(subtitles) if short == "srt" else _substation(subtitles)


def _loaded(text: str, short: str) -> SSAFile:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of values that pysubs2 replaces by defaults
            return SSAFile.from_string(text, short, keep_html_tags=True)
    except (Pysubs2Error, ValueError, TypeError, IndexError, OverflowError) as error:
        raise Malformed("cannot be read as what its extension says", remedy=REMEDY) from error


def _subrip(subtitles: SSAFile) -> Iterator[ReadCue]:
    for event in subtitles.events:
        runs, line = read_subrip(event.text)
        place = line.place(BELOW, DEFAULT_HEIGHT)
        yield event.start, event.end, aligned(*place), payload_of(runs)


def _substation(subtitles: SSAFile) -> Iterator[ReadCue]:
    """In the order of the file, whatever their layers. libass stacks lines of one layer so, too, the first
    nearest to the edge; a layer says what covers what, and cues of WebVTT never cover each other.
    """
    height = _height(subtitles)
    faces = {name: _face(style) for name, style in subtitles.styles.items()}
    for event in subtitles.events:
        if not event.is_comment:
            style = subtitles.styles.get(event.style, _UNSTYLED)
            runs, line = read_substation(event.text, _face(style), faces)
            place = line.place(place_of_key(int(style.alignment)), height)
            yield event.start, event.end, aligned(*place), payload_of(runs)


def _height(subtitles: SSAFile) -> int:
    """That of the screen which positions are on."""
    stated = subtitles.info.get("PlayResY", "").strip()
    return int(stated[:6]) if stated.isascii() and stated.isdecimal() and int(stated[:6]) else DEFAULT_HEIGHT


def _face(style: SSAStyle) -> int:
    return style.bold * BOLD | style.italic * ITALIC | style.underline * UNDERLINE
