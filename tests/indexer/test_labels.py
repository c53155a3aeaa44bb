"""Names of languages as those who speak them write them, for whoever chooses a sound or subtitles."""

from __future__ import annotations

import sys

import pytest

from indexer.labels import label_of_sound, label_of_text, roles_of_sound


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


def test_without_the_names_of_languages_their_tags_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "language_data.names", None)
    monkeypatch.setitem(sys.modules, "language_data", None)
    assert label_of_sound("", "nds") == "nds"


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
