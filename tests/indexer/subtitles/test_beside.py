"""Which files go with which archive, and what their names say."""

from __future__ import annotations

import pytest

from indexer.subtitles.beside import Meaning, beside, meaning_of

NAMES = ["film.srt", "film.eng.srt", "film.de.forced.ass", "film.eng.mp4", "film.eng.fra.vtt", "filmed.srt"]


def test_the_longest_name_has_a_file() -> None:
    names = [*NAMES, ".film.srt", "film.txt", "FILM.srt", "film.VTT"]
    assert beside(names, {"film", "film.eng", "other"}) == {
        "film": ["film.VTT", "film.de.forced.ass", "film.srt"],
        "film.eng": ["film.eng.fra.vtt", "film.eng.srt"],
        "other": [],
    }


def test_without_the_longer_archive_the_shorter_has_them() -> None:
    assert beside(NAMES, {"film"})["film"] == [
        "film.de.forced.ass", "film.eng.fra.vtt", "film.eng.srt", "film.srt",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("film.srt", Meaning("und", "", False, False)),
        ("film.eng.srt", Meaning("en", "", False, False)),
        ("film.ger.srt", Meaning("de", "", False, False)),
        ("film.pt-BR.vtt", Meaning("pt-BR", "", False, False)),
        ("film.pt_BR.vtt", Meaning("pt-BR", "", False, False)),
        ("film.zh-Hant.ass", Meaning("zh-Hant", "", False, False)),
        ("film.deu.forced.ass", Meaning("de", "", True, False)),
        ("film.forced.deu.ass", Meaning("de", "", True, False)),
        ("film.en.sdh.srt", Meaning("en", "", False, True)),
        ("film.en.CC.srt", Meaning("en", "", False, True)),
        ("film.en.hi.srt", Meaning("en", "", False, True)),
        ("film.hi.srt", Meaning("hi", "", False, False)),
        ("film.hi.hi.srt", Meaning("hi", "", False, True)),
        ("film.en.default.srt", Meaning("en", "", False, False)),
        ("film.en.Director's cut.srt", Meaning("en", "Director's cut", False, False)),
        ("film.Klingonisch.srt", Meaning("und", "Klingonisch", False, False)),
        ("film.en.fr.srt", Meaning("en", "fr", False, False)),
        ("film.en.2.srt", Meaning("en", "2", False, False)),
        ("film..srt", Meaning("und", "", False, False)),
    ],
)
def test_what_a_name_says(name: str, meaning: Meaning) -> None:
    assert meaning_of(name, "film") == meaning


def test_what_stands_in_the_archives_name_says_nothing() -> None:
    assert meaning_of("a.forced.eng.srt", "a.forced") == Meaning("en", "", False, False)
