"""What people are shown to choose a sound or subtitles by: "English", "Deutsch", "Français (forced)".

A track's own title; else its language, as it calls itself (CLDR, of langcodes' data); else what it is.
And what titles say beyond that: what a sound is for, and the words that tell two tracks apart.
"""

from __future__ import annotations

import re

from indexer.demux.language import autonym, codes, names

AUDIO, SUBTITLES = "Audio", "Subtitles"
_SAID = {
    "description": re.compile(
        r"\b(?:audio[ -]?descri\w+|descriptive|described|visually impaired)\b", re.IGNORECASE
    ),
    "commentary": re.compile(r"\bcommentar(?:y|ies)\b", re.IGNORECASE),
}
"""By role (ISO/IEC 23009-1 table 34), the words that tell of it in titles."""
_KNOWN = _SAID | {"description": re.compile(rf"{_SAID['description'].pattern}|\bAD\b", re.IGNORECASE)}
"""The same where the role is known: "AD" alone may mean anything."""
FORCED = re.compile(r"\bforced\b", re.IGNORECASE)
HEARING_IMPAIRED = re.compile(r"\b(?:SDH|CC|hearing[ -]impaired|hard of hearing)\b", re.IGNORECASE)
"""Words of titles that tell what subtitles are for."""
_CODING = re.compile(
    r"\b(?:mono|stereo|surround(?: sound)?|\d\.\d(?:\.\d)?(?:ch)?|\d+ ?(?:ch|channels?|kbps|kb/s|kbit/s|k?hz)"
    r"|(?:he-?)?aac(?:-?(?:lc|he))?|e?-?ac-?3|dolby|digital|plus|atmos|ddp?(?:\d\.\d)?|truehd"
    r"|dts(?:-?hd)?(?:[ .-]?(?:ma|master audio))?|opus|flac|alac|mp[23]|l?pcm)\b",
    re.ASCII | re.IGNORECASE,
)
"""Words of titles that say how a sound is coded, as "Surround 5.1"; any other may tell what is heard."""


def label_of_sound(title: str, language: str) -> str:
    return title or autonym(language) or AUDIO


def roles_of_sound(stated: tuple[str, ...], title: str) -> tuple[str, ...]:
    """What a sound is for: what the archive states of it, and what its title says."""
    said = (role for role, words in _SAID.items() if words.search(title))
    return tuple(dict.fromkeys((*stated, *said)))


def label_of_text(title: str, language: str, *, forced: bool, hearing_impaired: bool) -> str:
    marks = " (forced)" * forced + " (SDH)" * hearing_impaired
    return title or (autonym(language) or SUBTITLES) + marks


def said_of_sound(title: str, language: str, roles: tuple[str, ...]) -> str:
    """What a title tells apart, but for language, coding and what the sound is known to be for: "director" of
    "English Director Commentary (5.1)".
    """
    said = _nameless(title, language)
    for role in roles:
        if role in _KNOWN:
            said = _KNOWN[role].sub(" ", said)
    return _words(_CODING.sub(" ", said))


def said_of_text(title: str, language: str, *, forced: bool, hearing_impaired: bool) -> str:
    """The same, but for language and what the text is known to be for: "" of "English (SDH)"."""
    said = _nameless(title, language)
    if forced:
        said = FORCED.sub(" ", said)
    if hearing_impaired:
        said = HEARING_IMPAIRED.sub(" ", said)
    return _words(said)


def _nameless(title: str, language: str) -> str:
    """`title`, case-folded, without the names of its language and their codes."""
    known = "|".join(map(re.escape, (*names(language), *codes(language)))) if title else ""
    return re.sub(rf"(?<!\w)(?:{known})(?!\w)", " ", title.casefold()) if known else title.casefold()


def _words(said: str) -> str:
    return " ".join(re.findall(r"\w+", said))
