"""Names of languages as those who speak them write them, for whoever chooses a sound or subtitles."""

from __future__ import annotations

import pytest

from indexer.labels import label_of_sound, label_of_text, roles_of_sound, said_of_sound, said_of_text


@pytest.mark.parametrize(
    ("language", "label"),
    [
        ("en", "English"),
        ("de", "Deutsch"),
        ("fr", "Français"),
        ("pt-BR", "Português (Brasil)"),
        ("zh-Hant", "中文（繁體）"),
        ("ka", "ქართული"),
        ("und", "Audio"),
        ("qaa", "qaa"),
    ],
)
def test_a_sound_without_a_title_is_called_by_its_language(language: str, label: str) -> None:
    assert label_of_sound("", language) == label
    assert label_of_sound("Commentary", language) == "Commentary"


@pytest.mark.parametrize(
    ("title", "language", "forced", "hearing_impaired", "label"),
    [
        ("", "en", False, False, "English"),
        ("", "en", True, False, "English (forced)"),
        ("", "de", False, True, "Deutsch (SDH)"),
        ("", "und", True, True, "Subtitles (forced) (SDH)"),
        ("English SDH", "en", False, True, "English SDH"),
    ],
)
def test_subtitles_say_what_they_are_for(
    title: str, language: str, forced: bool, hearing_impaired: bool, label: str
) -> None:
    assert label_of_text(title, language, forced=forced, hearing_impaired=hearing_impaired) == label


@pytest.mark.parametrize(
    ("stated", "title", "roles"),
    [
        ((), "", ()),
        ((), "Stereo", ()),
        (("dub",), "Undescribed", ("dub",)),
        ((), "English Audio Description", ("description",)),
        (("main",), "Descriptive, for the visually impaired", ("main", "description")),
        (("description",), "Audio-described", ("description",)),
        ((), "Director's Commentary", ("commentary",)),
    ],
)
def test_what_titles_say_of_a_sound(stated: tuple[str, ...], title: str, roles: tuple[str, ...]) -> None:
    assert roles_of_sound(stated, title) == roles


@pytest.mark.parametrize(
    "title",
    [
        "", "Stereo", "stereo 2.0", "Surround 5.1", "5.1", "7.1 (Atmos)", "6ch", "Dolby Digital Plus",
        "DD+ 5.1", "DDP5.1", "AC-3", "E-AC-3 640 kbps", "EAC3", "AAC-LC", "HE-AAC 64kb/s", "DTS-HD", "TrueHD",
        "FLAC 48 kHz", "DTS-HD MA 7.1", "DTS-HD Master Audio", "Surround Sound 5.1",
    ],
)  # fmt: skip
def test_titles_that_tell_of_the_coding_say_nothing(title: str) -> None:
    assert said_of_sound(title, "und", ()) == ""


@pytest.mark.parametrize(
    ("title", "language"),
    [
        ("English", "en"), ("English [5.1]", "en"), ("english, Stereo", "en-GB"), ("Français", "fr"),
        ("French (AC-3)", "fr"), ("Português (Brasil)", "pt-BR"), ("Portuguese", "pt-BR"), ("日本語", "ja"),
        ("ENG 2.0", "en"), ("[en]", "en"), ("GER 5.1", "de"), ("deu", "de"),
        ("pt-BR", "pt-BR"), ("por", "pt-BR"),
    ],
)  # fmt: skip
def test_nor_do_those_that_name_the_language(title: str, language: str) -> None:
    assert said_of_sound(title, language, ()) == ""


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("Kommentar", "kommentar"), ("Regie 2.0", "regie"), ("Take 2", "take 2"), ("解説", "解説"),
        ("Stereoskop", "stereoskop"), ("1984", "1984"), ("German", "german"), ("Englishman", "englishman"),
        ("English Commentary (5.1)", "commentary"), ("English (AD)", "ad"),
        ("ger", "ger"), ("Big Ma", "big ma"),
    ],
)  # fmt: skip
def test_titles_that_tell_more(title: str, said: str) -> None:
    assert said_of_sound(title, "en", ()) == said


@pytest.mark.parametrize(
    ("title", "role", "said"),
    [
        ("English (AD)", "description", ""), ("English Audio Description", "description", ""),
        ("Commentary 2", "commentary", "2"), ("Director's commentary", "commentary", "director s"),
        ("Commentary", "description", "commentary"), ("English", "dub", ""),
    ],
)  # fmt: skip
def test_what_a_sound_is_known_to_be_for_says_nothing(title: str, role: str, said: str) -> None:
    assert said_of_sound(title, "en", (role,)) == said


def test_subtitles_that_tell_what_they_are_known_to_be_for_say_nothing() -> None:
    assert said_of_text("English (SDH)", "en", forced=False, hearing_impaired=True) == ""
    assert said_of_text("Forced", "en", forced=True, hearing_impaired=False) == ""
    assert said_of_text("Signs (forced)", "en", forced=True, hearing_impaired=False) == "signs"
    assert said_of_text("SDH 5.1", "en", forced=False, hearing_impaired=False) == "sdh 5 1"
