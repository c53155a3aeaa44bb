"""The checker of MPDs finds what is wrong with one."""

from __future__ import annotations

import re

import pytest

from tests.oracle import mpd

GOOD = """<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011"
    type="static" mediaPresentationDuration="PT1M1.5S" minBufferTime="PT4S" maxSegmentDuration="PT31.5S">
  <Period id="1" start="PT0S">
    <AdaptationSet id="1" contentType="audio" mimeType="audio/mp4" lang="de-CH" segmentAlignment="true">
      <Label>laut</Label>
      <Role schemeIdUri="urn:mpeg:dash:role:2011" value="main"/>
      <Representation id="a" bandwidth="128000" codecs="mp4a.40.2">
        <SegmentTemplate timescale="10" presentationTimeOffset="50" initialization="$RepresentationID$.mp4"
            media="$RepresentationID$-$$-$Number%03d$.m4s">
          <SegmentTimeline><S t="50" d="150" r="1"/><S d="315"/></SegmentTimeline>
        </SegmentTemplate>
      </Representation>
    </AdaptationSet>
    <AdaptationSet id="2" contentType="text" mimeType="text/vtt" lang="de">
      <Representation id="t" bandwidth="256"><BaseURL>a.vtt</BaseURL></Representation>
    </AdaptationSet>
  </Period>
</MPD>"""


def test_reads_templates_and_whole_files() -> None:
    assert mpd.problems(GOOD.encode()) == []
    sound, text = mpd.read(GOOD.encode(), "http://a/b/c.mpd")
    assert (sound.init, float(sound.offset_s), text.whole) == ("http://a/b/a.mp4", 5, "http://a/b/a.vtt")
    assert [(each.url, float(each.start_s), float(each.lasting_s)) for each in sound.media] == [
        ("http://a/b/a-$-001.m4s", 0, 15), ("http://a/b/a-$-002.m4s", 15, 15),
        ("http://a/b/a-$-003.m4s", 30, 31.5),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("last", "is_valid"), [(31_500, True), (31_300, True), (31_299, False), (31_701, False)]
)
def test_other_ticks_may_end_two_of_the_coarsest_apart(last: int, is_valid: bool) -> None:
    sound, _ = re.findall("<AdaptationSet.*?</AdaptationSet>", GOOD, re.DOTALL)
    other = sound.replace('id="1"', 'id="3"').replace('id="a"', 'id="b"').replace('e="10"', 'e="1000"')
    other = other.replace('Offset="50"', 'Offset="5000"').replace('t="50" d="150"', 't="5000" d="15000"')
    other = other.replace('d="315"', f'd="{last}"')
    found = mpd.problems(GOOD.replace(sound, sound + other).encode())
    assert found == [] if is_valid else any("b ends at" in line for line in found)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (' minBufferTime="PT4S"', "", "/MPD: lacks minBufferTime"),
        ('bandwidth="128000"', 'bandwidth="-1"', "bandwidth is '-1', no unsignedInt"),
        ('bandwidth="128000"', 'bandwidth="4294967296"', "no unsignedInt"),
        ('lang="de-CH"', 'lang="de_CH"', "lang is 'de_CH', no language"),
        ('start="PT0S"', 'start="0"', "no duration"),
        ('codecs="mp4a.40.2"', 'codecs="mp4a.40.2" codec="x"', "Representation: has codec"),
        ("<Label>laut</Label>", "", None),
        ("<Label>laut</Label>", "<Labl>laut</Labl>", "instead of"),
        ("<Label>laut</Label>", "laut", "holds text"),
        ('<Role schemeIdUri="urn:mpeg:dash:role:2011" value="main"/>', "<Role/>", "lacks schemeIdUri"),
        ("<BaseURL>a.vtt</BaseURL>", "<BaseURL>a.vtt</BaseURL><Label>x</Label>", "instead of"),
        ('<AdaptationSet id="2"', '<AdaptationSet id="1"', "ids of AdaptationSet"),
        ('<Representation id="t"', '<Representation id="a"', "ids of Representation"),
        ('<S t="50"', '<S t="51"', "a-$-001.m4s starts at 1/10 s, not 0"),
        ('<S d="315"/>', '<S t="351" d="314"/>', "a-$-003.m4s starts at 301/10 s, not 30"),
        ('<S d="315"/>', '<S d="314"/>', "a ends at 307/5 s, its Period at 123/2"),
        ('<S d="315"/>', '<S d="310"/><S d="5"/><S d="0"/>', "a-$-005.m4s lasts 0 s"),
        ('maxSegmentDuration="PT31.5S"', 'maxSegmentDuration="PT31S"', "a-$-003.m4s lasts 63/2 s"),
    ],
)
def test_finds_what_is_wrong(old: str, new: str, problem: str | None) -> None:
    assert old in GOOD
    found = mpd.problems(GOOD.replace(old, new).encode())
    assert found == [] if problem is None else any(problem in line for line in found), found
