"""Files of subtitles: every coding and encoding, what is refused, and what a hostile one costs."""

from __future__ import annotations

import time
from pathlib import Path

import pysubs2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.errors import LimitExceeded, SourceError
from indexer.limits import MAX_CUES
from indexer.source import Source
from indexer.subtitles.cue import Cue, Text
from indexer.subtitles.file import decoded, read_file
from tests.indexer.subtitles.read_vtt import plain

HOUR_MS = 3_600_000
SRT = """1
00:00:01,000 --> 00:00:02,500
<i>Grüße</i> & Küsse

2
00:00:03,000 --> 00:00:04,000
{\\an8}oben
"""
ASS = """[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, \
Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, \
MarginR, MarginV, Encoding
Style: Default,Arial,20,&H00FFFFFF,&H00,&H00,&H00,0,0,0,0,100,100,0,0,1,2,2,2,10,10,10,1
Style: Sign,Arial,20,&H00FFFFFF,&H00,&H00,&H00,-1,0,0,0,100,100,0,0,1,2,2,8,10,10,10,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,Hello, {\\i1}you{\\i0}\\Nthere
Dialogue: 0,0:00:03.00,0:00:04.00,Sign,,0,0,0,,EXIT
Dialogue: 1,0:00:03.00,0:00:04.00,Sign,,0,0,0,,EXIT
Comment: 0,0:00:05.00,0:00:06.00,Default,,0,0,0,,not said
Dialogue: 0,0:00:07.00,0:00:08.00,Nowhere,,0,0,0,,{\\p1}m 0 0 l 9 9{\\p0}
"""


def read(folder: Path, name: str, content: str | bytes, duration_ms: int = HOUR_MS) -> Text:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with Source(path) as source:
        return read_file(source, "film", duration_ms)


def test_subrip(tmp_path: Path) -> None:
    assert read(tmp_path, "film.deu.forced.srt", SRT) == Text(
        "SubRip",
        (Cue(1000, 2500, "", "<i>Grüße</i> &amp; Küsse"), Cue(3000, 4000, "line:0", "oben")),
        language="de", forced=True, file="film.deu.forced.srt",
    )  # fmt: skip


def test_substation(tmp_path: Path) -> None:
    text = read(tmp_path, "film.en.sdh.ASS", ASS)
    assert text.cues == (
        Cue(1000, 2000, "", "Hello, <i>you</i>\nthere"),
        Cue(3000, 4000, "line:0", "<b>EXIT</b>"),
    )
    assert (text.codec_name, text.language, text.hearing_impaired) == ("SubStation Alpha 4+", "en", True)


def test_positions_are_on_the_screen_that_the_script_states(tmp_path: Path) -> None:
    """Where it states none they are on one of 384 by 288."""
    line = r"Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,{\pos(320,200)}here" + "\n"
    stated = {
        height: ASS.replace("4.00+\n", f"4.00+\nPlayResY: {height}\n", 1) for height in ("480", "0", "x")
    }
    for height, script in stated.items():
        cues = read(tmp_path, "film.ass", script + line).cues
        settings = next(cue.settings for cue in cues if cue.payload == "here")
        assert settings == ("line:0" if height == "480" else "")
    assert read(tmp_path, "film.srt", SRT.replace("an8", "pos(192,20)")).cues[1].settings == "line:0"


TOGETHER = {
    "srt": "1\n00:00:01,000 --> 00:00:02,000\n{}\n\n",
    "vtt": "00:01.000 --> 00:02.000\n{}\n\n",
    "ass": "Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,{}\n",
    "ssa": "Dialogue: Marked=0,0:00:01.00,0:00:02.00,Default,,0,0,0,,{}\n",
}
HEADS = {"vtt": "WEBVTT\n\n", "ass": ASS.partition("Dialogue")[0], "ssa": pysubs2.SSAFile().to_string("ssa")}


@pytest.mark.parametrize("extension", TOGETHER)
def test_cues_of_one_time_keep_the_order_of_the_file(tmp_path: Path, extension: str) -> None:
    lines = ["- Where is he?", "- Gone.", "- Where is he?", "- Ah."]
    content = HEADS.get(extension, "") + "".join(map(TOGETHER[extension].format, lines))
    cues = read(tmp_path, f"film.{extension}", content).cues
    assert [(cue.start_ms, cue.payload) for cue in cues] == [
        (1000, "- Where is he?"),
        (1000, "- Gone."),
        (1000, "- Ah."),
    ]


def test_layers_do_not_change_the_order(tmp_path: Path) -> None:
    lines = "".join(
        f"Dialogue: {layer},0:00:01.00,0:00:02.00,Default,,0,0,0,,of {layer}\n" for layer in (9, 0, 5)
    )
    cues = read(tmp_path, "film.ass", HEADS["ass"] + lines).cues
    assert [cue.payload for cue in cues] == ["of 9", "of 0", "of 5"]


def test_old_substation(tmp_path: Path) -> None:
    old = pysubs2.SSAFile()
    old.append(pysubs2.SSAEvent(start=1000, end=2000, text=r"{\b1}old"))
    assert read(tmp_path, "film.ssa", old.to_string("ssa")).cues == (Cue(1000, 2000, "", "<b>old</b>"),)


def test_webvtt(tmp_path: Path) -> None:
    text = read(
        tmp_path, "film.vtt", "\ufeffWEBVTT\r\n\r\n00:01.000 --> 00:02.000 align:left\r\n<v Ann>Hi\r\n"
    )
    assert text.cues == (Cue(1000, 2000, "align:left", "<v Ann>Hi"),)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_encodings(tmp_path: Path, encoding: str) -> None:
    assert read(tmp_path, "film.srt", SRT.encode(encoding)).cues[0].payload == "<i>Grüße</i> &amp; Küsse"


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_line_ends(tmp_path: Path, newline: str) -> None:
    assert len(read(tmp_path, "film.srt", SRT.replace("\n", newline)).cues) == 2


@given(st.binary(max_size=60))
def test_anything_decodes(content: bytes) -> None:
    assert isinstance(decoded(content), str)


def test_cues_are_those_of_the_film(tmp_path: Path) -> None:
    late = "1\n00:00:09,000 --> 00:00:12,000\nto the end\n\n2\n00:00:10,000 --> 00:00:11,000\nafter it\n\n"
    backwards = "3\n00:00:02,000 --> 00:00:01,000\nbackwards\n"
    assert read(tmp_path, "film.srt", late + backwards, 10_000).cues == (Cue(9000, 12_000, "", "to the end"),)


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        ("film.srt", b"", "nothing of it is shown"),
        ("film.srt", b"\0\1\2\3" * 50, "nothing of it is shown"),
        ("film.vtt", SRT, "does not begin with WEBVTT"),
        ("film.ass", SRT, "nothing of it is shown"),
        ("film.ass", ASS.replace("0:00:01.00", "soon"), "cannot be read as what its extension says"),
        ("film.ass", ASS.replace(",20,", ",large,"), "cannot be read as what its extension says"),
        ("film.srt", SRT.replace("00:00:01,000", "later"), None),
    ],
)  # fmt: skip
def test_what_cannot_be_read(tmp_path: Path, name: str, content: str | bytes, rule: str | None) -> None:
    if rule is None:
        assert [cue.payload for cue in read(tmp_path, name, content).cues] == ["oben"]
        return
    with pytest.raises(SourceError) as caught:
        read(tmp_path, name, content)
    assert caught.value.rule == rule


CUE = "1\n00:00:01,000 --> 00:00:02,000\n"
HOSTILE = {
    "blank lines within a cue": ("srt", CUE + "a" + "\n" * 1_500_000 + "b"),
    "blank lines with spaces": ("srt", CUE + "a" + "\n \n" * 300_000 + "b"),
    "tags without end": ("srt", CUE + "<a" * 500_000),
    "numbers at the end": ("srt", CUE + "x" + "\n1" * 500_000 + "\nx"),
    "a heading without end": ("ass", "[" + "a" * 2_000_000),
    "headings without end": ("ass", ("\n[" + "a" * 199) * 5_000),
    "overrides": ("ass", ASS + "Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,," + r"{\i1}a" * 100_000),
    "styles": ("ass", ASS + "Style: x,y\n" * 150_000),
    "commas": ("ass", ASS + "Dialogue: " + "," * 1_500_000),
    "arrows": ("vtt", "WEBVTT\n\n" + "-->\n" * (MAX_CUES - 1)),
    "digits": ("vtt", "WEBVTT\n\n" + "1" * 1_500_000 + " --> " + "2" * 1000),
    "cues": ("srt", (CUE + "a\n\n") * 10_000),
    "lines of events": ("ass", ASS + "Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,a\n" * 10_000),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_files_cost_little(tmp_path: Path, kind: str) -> None:
    extension, content = HOSTILE[kind]
    began_s = time.process_time()
    try:
        read(tmp_path, f"film.{extension}", content)
    except SourceError as error:
        assert error.rule  # noqa: PT017 - either way is fine, at a small cost
    assert time.process_time() - began_s < 60


def test_so_many_cues_are_read(tmp_path: Path) -> None:
    with pytest.raises(LimitExceeded, match=f"more than {MAX_CUES} cues"):
        read(tmp_path, "film.srt", CUE * (MAX_CUES + 1))


WORDS = st.text(
    st.characters(
        codec="utf-8", exclude_categories=("Cc", "Zl", "Zp", "Zs"), exclude_characters="\\{}<>&\x85"
    ),
    min_size=1,
    max_size=8,
).filter(lambda word: not word.isdigit())


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 5000), st.integers(10, 900), WORDS), min_size=1, max_size=6),
    st.sampled_from(["srt", "ass", "vtt"]),
)
def test_what_pysubs2_writes_comes_back(
    tmp_path_factory: pytest.TempPathFactory, cues: list[tuple[int, int, str]], coding: str
) -> None:
    subtitles = pysubs2.SSAFile()
    for start, duration, words in cues:
        subtitles.append(
            pysubs2.SSAEvent(start=10 * start, end=10 * (start + duration), text=rf"{{\i1}}{words}")
        )
    found = read(tmp_path_factory.getbasetemp(), f"film.{coding}", subtitles.to_string(coding)).cues
    wanted = sorted({(10 * start, 10 * (start + duration), words) for start, duration, words in cues})
    assert sorted((cue.start_ms, cue.end_ms, plain(cue.payload)) for cue in found) == wanted
