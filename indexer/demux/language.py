"""Languages of a track, as BCP 47 tags (RFC 5646): from `mdhd` (§8.4.2.3), QuickTime's numbers, and `elng`;
and back to three letters, or to a name (CLDR, of langcodes' data).

"und" where the archive does not say, or says nothing that is a language.
"""

from __future__ import annotations

from functools import lru_cache

UNDETERMINED = "und"

MAX_TAG_BYTES = 35
"""What a reader of language tags must be ready for (RFC 5646 §4.4.1); longer ones are no language."""

_NAMELESS = "Unknown language"
"""What langcodes calls a language of which it knows no name."""

_FEW = 256
"""Languages that are remembered: the archives of a folder have the same."""

_PACKED_LEAST = 0x400
"""Smaller codes are QuickTime's Macintosh language numbers, larger ones three letters of ISO 639-2/T."""

_FROM_0 = (
    "en fr de it nl sv es da pt no he ja ar fi el is mt tr hr zh-Hant ur hi th ko lt pl hu et lv se fo fa ru "
    "zh-Hans nl-BE ga sq ro cs sk sl yi sr mk bg uk be uz kk az-Cyrl az-Arab hy ka ro ky tg tk mn mn-Cyrl ps "
    "ku ks sd bo ne sa mr bn as gu pa or ml kn ta te si my km lo vi id fil ms ms-Arab am ti om so sw rw rn "
    "ny mg eo"
)
_FROM_128 = "cy eu ca la qu gn ay tt ug dz jv su gl af br iu gd gv ga to el kl az-Latn"
"""QuickTime File Format, "Language code values"; Flemish and Azerbaijani by region or script."""
_MACINTOSH = dict(enumerate(_FROM_0.split())) | dict(enumerate(_FROM_128.split(), start=128))


def from_mdhd(code: int, *, quicktime: bool) -> str:
    """QuickTime's numbers count in a QuickTime file only: an MP4 writer's 0 is not meant as English."""
    if code >= _PACKED_LEAST:
        return from_tag("".join(chr((code >> shift & 31) + 0x60) for shift in (10, 5, 0)))
    return _MACINTOSH.get(code, UNDETERMINED) if quicktime else UNDETERMINED


@lru_cache(_FEW)
def from_tag(tag: str) -> str:
    """The canonical form of a language tag or of an ISO 639-2 code: `ger`, `deu` and `de-Latn` are `de`."""
    if tag == UNDETERMINED:
        return UNDETERMINED
    from langcodes import standardize_tag, tag_is_valid  # noqa: PLC0415 - its tables take 20 ms to load
    from langcodes.tag_parser import LanguageTagError  # noqa: PLC0415

    try:
        return standardize_tag(tag) if tag_is_valid(tag) else UNDETERMINED
    except LanguageTagError:
        return UNDETERMINED


@lru_cache(_FEW)
def three_letters(tag: str) -> str:
    """The ISO 639-2/T code of a BCP 47 tag's language, as most archives spell it; "" where there is none."""
    if tag == UNDETERMINED:
        return UNDETERMINED
    from langcodes import Language  # noqa: PLC0415
    from langcodes.tag_parser import LanguageTagError  # noqa: PLC0415

    try:
        return Language.get(tag).to_alpha3()
    except (LookupError, LanguageTagError):
        return ""


@lru_cache(_FEW)
def codes(tag: str) -> tuple[str, ...]:
    """What a BCP 47 tag's language is abbreviated to, the longest first, case-folded: the tag, its language
    and both codes of ISO 639-2, as `deu`, `ger` and `de`.
    """
    if not (terminology := three_letters(tag)) or tag == UNDETERMINED:
        return ()
    from langcodes import Language  # noqa: PLC0415

    language = Language.get(tag)
    found = {tag, language.language or tag, terminology, language.to_alpha3(variant="B")}
    return tuple(sorted({each.casefold() for each in found}, key=lambda code: (-len(code), code)))


@lru_cache(_FEW)
def autonym(tag: str) -> str:
    """What a language calls itself; the tag where it has no name, "" where there is no language."""
    if tag == UNDETERMINED:
        return ""
    from langcodes import Language  # noqa: PLC0415

    name = Language.get(tag).autonym()
    if name.startswith(_NAMELESS):
        return tag
    return name[0].title() + name[1:]  # not upper(): Georgian has no capital for the start of a word


@lru_cache(_FEW)
def names(tag: str) -> tuple[str, ...]:
    """What a language is called by itself and in English, with its country or script and without, the longest
    first, case-folded.
    """
    if tag == UNDETERMINED:
        return ()
    from langcodes import Language  # noqa: PLC0415

    tagged = Language.get(tag)
    languages = tagged, Language.make(tagged.language)
    found = {name for each in languages for name in (each.autonym(), each.display_name())}
    known = {name.casefold() for name in found if not name.startswith(_NAMELESS)}
    return tuple(sorted(known, key=lambda name: (-len(name), name)))
