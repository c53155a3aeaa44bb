"""Lists of renditions that nobody would write by hand."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from indexer.title_list import Candidate, Refused, read_list

ROWS = [
    f'[[rendition]]\narchive = "{name}"\n'
    for name in ("a.mp4", "b.mp4", "../c.mp4", "d/e.mp4", r"\u0000", r"\U0001F600.mp4", "")
]
WORDS = ["[[rendition]]\n", "[rendition]\n", "rendition", "archive", "title", "inf", "1979-05-27T25:99:99Z"]
SIGNS = [*"[]{}.,=\"'\\\n\r\0#1é ", '"""', r"\ud800", "1e9"]


@given(st.lists(st.sampled_from([*ROWS, *WORDS, *SIGNS]), max_size=40))
def test_any_text_is_a_list_or_none_or_refused(pieces: list[str]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "film.toml")
        path.write_text("".join(pieces), newline="")
        told: Candidate | Refused | None
        try:
            told = read_list(str(path), "film", folder)
        except Refused as error:
            told = error
    if isinstance(told, Candidate):
        assert len(told.members) > 1
    else:
        assert len(str(told)) < 400
