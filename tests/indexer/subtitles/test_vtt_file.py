"""WebVTT files: cues with their settings; webvtt-py reads the same words at the same times."""

from __future__ import annotations

import pytest

from indexer.errors import Malformed
from indexer.subtitles.vtt_file import read_vtt
from tests.indexer.subtitles.read_vtt import plain, read

FILE = """WEBVTT - a title
Kind: captions

STYLE
::cue { color: red }

REGION
id:fred

NOTE
a comment

00:01.000 --> 00:02.500 align:left line:10%
<i>First</i> line
second line

named
01:00:00.000 --> 100:00:00.001
<v Ann>Long

00:03.000 --> 00:04.000

00:05.000 -> 00:06.000
no arrow

00:07.000 --> 00:08.000 region:fred
last"""


def test_cues_and_their_settings() -> None:
    assert list(read_vtt(FILE)) == [
        (1000, 2500, "align:left line:10%", "<i>First</i> line\nsecond line"),
        (3_600_000, 360_000_001, "", "<v Ann>Long"),
        (7000, 8000, "", "last"),
    ]


def test_a_stranger_reads_the_same() -> None:
    ours = [(start, end, plain(payload)) for start, end, _, payload in read_vtt(FILE)]
    assert ours == [each for each in read(FILE) if each[2]]


@pytest.mark.parametrize("head", ["WEBVTT", "WEBVTT\n", "WEBVTT \n", "WEBVTT\tx\n"])
def test_no_cues_are_no_error(head: str) -> None:
    assert list(read_vtt(head)) == []


@pytest.mark.parametrize("text", ["", "WEBVTTX\n", " WEBVTT\n", "1\n00:01.000 --> 00:02.000\nx"])
def test_other_files_are_malformed(text: str) -> None:
    with pytest.raises(Malformed, match="does not begin with WEBVTT"):
        list(read_vtt(text))


def test_times_without_a_line_between_are_cues_of_their_own() -> None:
    text = "WEBVTT\n\n00:01.000 --> 00:02.000\none\n00:03.000 --> 00:04.000\ntwo"
    assert [(start, payload) for start, _, _, payload in read_vtt(text)] == [(1000, "one"), (3000, "two")]
