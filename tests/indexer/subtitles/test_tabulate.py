"""Cues ─▶ the columns of an index: how many the segments of all texts may hold together."""

from __future__ import annotations

import pytest

from indexer.segmentation import Segmentation
from indexer.subtitles import tabulate
from indexer.subtitles.cue import Cue, Text

TWO_SEGMENTS = Segmentation(1000, [0, 1000, 2000], [[0, 1, 2]], [0, 0])


def test_texts_share_what_segments_may_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second would bring it to five: three of the first are in one segment, its own is in both."""
    monkeypatch.setattr(tabulate, "MAX_CUE_APPEARANCES", 4)
    three = Text("SubRip", tuple(Cue(at, at + 100, "", "words") for at in (0, 200, 400)), file="three.srt")
    both = Text("SubRip", (Cue(500, 1500, "", "words"),), file="both.srt")
    one = Text("SubRip", (Cue(0, 100, "", "words"),), file="one.srt")
    found = tabulate.tabulate_texts([three, both, one], TWO_SEGMENTS)
    assert [facts.file for facts in found.texts] == ["three.srt", "one.srt"]
    assert found.notes == ("both.srt passed over: brings the cues of all segments together beyond 4",)


def test_texts_share_what_segments_there_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two segments each: the second text has no part left, the third brings cues enough for its own."""
    monkeypatch.setattr(tabulate, "MAX_BARE_PARTS", 1)
    monkeypatch.setattr(tabulate, "PARTS_A_CUE", 1)
    cue = Cue(0, 100, "", "words")
    texts = [Text("SubRip", (cue,) * count, file=f"{count}.srt") for count in (1, 2, 0, 4)]
    found = tabulate.tabulate_texts(texts, TWO_SEGMENTS)
    assert [facts.file for facts in found.texts] == ["1.srt", "2.srt", "4.srt"]
    assert found.notes == ("0.srt passed over: brings the texts to 3 cues for 2 segments of each",)
