"""The checker of playlists finds what is wrong with one."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.oracle import hls
from tests.oracle.hls_rules import average_bps, peak_bps, together

MASTER = """#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-SESSION-DATA:DATA-ID="com.apple.hls.title",VALUE="A film"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aac",NAME="en",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="e"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aac",NAME="de",LANGUAGE="de",DEFAULT=NO,AUTOSELECT=YES,CHANNELS="2",URI="d"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="joc",NAME="en",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="16/JOC",URI="j"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="joc",NAME="de",LANGUAGE="de",DEFAULT=NO,AUTOSELECT=YES,CHANNELS="2",URI="d"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="t",NAME="de",LANGUAGE="de",DEFAULT=NO,AUTOSELECT=YES,FORCED=YES,URI="s"
#EXT-X-STREAM-INF:BANDWIDTH=2,AVERAGE-BANDWIDTH=1,CODECS="avc1.64000a,mp4a.40.2",RESOLUTION=64x48,FRAME-RATE=25.000,VIDEO-RANGE=SDR,AUDIO="aac",SUBTITLES="t",CLOSED-CAPTIONS=NONE
v?v=1
#EXT-X-STREAM-INF:BANDWIDTH=3,CODECS="hvc1.2,ec-3",SUPPLEMENTAL-CODECS="dvh1.08/db1p",RESOLUTION=64x48,AUDIO="joc",CLOSED-CAPTIONS=NONE
w
#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,CODECS="avc1.64000a",RESOLUTION=64x48,URI="i"
"""
_, DUB_OF_JOC = (f"{line}\n" for line in MASTER.splitlines() if 'URI="d"' in line)
MEDIA = """#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:6
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:00:00.000Z
#EXT-X-DATERANGE:ID="1",START-DATE="1970-01-01T00:00:00.000Z",DURATION=1.5,X-ANY="x"
#EXT-X-MAP:URI="init.mp4"
#EXTINF:6.000000,
seg_0001.m4s
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="init_2.mp4"
#EXTINF:6.499999,
seg_0002.m4s?v=1
#EXT-X-ENDLIST
"""


@pytest.mark.parametrize("document", [MASTER, MEDIA, MASTER.replace(DUB_OF_JOC, "")])
def test_nothing_is_wrong_with_good_ones(document: str) -> None:
    assert hls.problems(document.encode()) == []


@pytest.mark.parametrize(
    ("document", "old", "new", "problem"),
    [
        (MASTER, "#EXTM3U\n", "", "does not begin with #EXTM3U"),
        (MASTER, "v?v=1", "v?v=1 ", "has white space"),
        (MASTER, "A film", "A\x85film", "holds a control character"),
        (MASTER, 'VALUE="A film"', 'VALUE="A film",URI="x"', "has not one of VALUE and URI"),
        (MASTER, "#EXT-X-INDEPENDENT-SEGMENTS\n", "#EXT-X-TARGETDURATION:6\n", "does not belong here"),
        (MASTER, "#EXT-X-VERSION:7\n", "#EXT-X-VERSION:7\n#EXT-X-VERSION:7\n", "is there 2 times"),
        (MASTER, "BANDWIDTH=2,", "", "lacks BANDWIDTH"),
        (MASTER, "BANDWIDTH=2,", "BANDWIDTH=2.5,", "BANDWIDTH=2.5 is no integer"),
        (MASTER, "BANDWIDTH=2,", "BANDWIDTH=2,BANDWIDTH=2,", "has BANDWIDTH twice"),
        (MASTER, "BANDWIDTH=2,", "BANDWIDTH=2, ", "is no attribute list"),
        (MASTER, "BANDWIDTH=2,", "BANDWIDTH=0,", "AVERAGE-BANDWIDTH is more than BANDWIDTH"),
        (MASTER, "BANDWIDTH=2,", 'BANDWIDTH=2,VIDEO="x",', "has VIDEO"),
        (MASTER, "25.000", "25", "FRAME-RATE has not three decimals"),
        (MASTER, "RESOLUTION=64x48,FRAME", "FRAME", "RESOLUTION and a codec of video do not go together"),
        (MASTER, "avc1.64000a,mp4a.40.2", "mp4a.40.2,mp4a.40.2", "names a codec twice"),
        (MASTER, ',SUBTITLES="t"', ',SUBTITLES="u"', "has no SUBTITLES group u"),
        (MASTER, ',SUBTITLES="t"', "", "nothing uses ('SUBTITLES', 't')"),
        (MASTER, 'LANGUAGE="de",DEFAULT=NO', 'LANGUAGE="de",DEFAULT=YES', "has several DEFAULT members"),
        (MASTER, 'NAME="de",LANGUAGE="de",DEFAULT=NO', 'NAME="en",DEFAULT=NO', "NAME en is there 2 times"),
        (MASTER, 'LANGUAGE="en"', 'LANGUAGE="fr"', "en is not the same in aac and joc of AUDIO"),
        (MASTER.replace("ec-3", "mp4a.40.2"), DUB_OF_JOC, "", "group joc of AUDIO lacks de of aac"),
        (MASTER, "avc1.64000a,mp4a.40.2", "avc1.64000a,mp4a.40.2,ac-3", "has sounds of several kinds"),
        (MASTER, "DEFAULT=YES,AUTOSELECT=YES", "DEFAULT=YES", "is DEFAULT, not AUTOSELECT"),
        (MASTER, 'NAME="de",LANGUAGE="de"', 'NAME="de",LANGUAGE="en"', "is AUTOSELECT 2 times"),
        (MASTER, ',CHANNELS="2",URI="e"', ',URI="e"', "does not tell its CHANNELS"),
        (MASTER, 'FORCED=YES,URI="s"', "FORCED=YES", "has no URI"),
        (MASTER, ",CLOSED-CAPTIONS=NONE\nw", "\nw", "CLOSED-CAPTIONS=NONE is in some variants only"),
        (MASTER, "v?v=1\n", "", "follows EXT-X-STREAM-INF"),
        (MEDIA, "#EXTINF:6.499999", "#EXTINF:6.5", "is longer than the target duration 6"),
        (MEDIA, "#EXT-X-TARGETDURATION:6\n", "", "lacks EXT-X-TARGETDURATION"),
        (MEDIA, "#EXTINF:6.000000,\n", "", "seg_0001.m4s follows EXT-X-MAP"),
        (MEDIA, "#EXT-X-DISCONTINUITY\n", "", "init_2.mp4 comes without EXT-X-DISCONTINUITY"),
        (MEDIA, '#EXT-X-MAP:URI="init.mp4"\n', "", "seg_0001.m4s has no EXT-X-MAP"),
        (MEDIA, "#EXT-X-ENDLIST\n", "", "is no VOD playlist"),
        (MEDIA, "VERSION:7", "VERSION:5", "EXT-X-VERSION is below 6"),
        (MEDIA, "#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:00:00.000Z\n", "", "without EXT-X-PROGRAM-DATE-TIME"),
        (MEDIA, 'START-DATE="1970-01-01T00:00:00.000Z",', "", "lacks START-DATE"),
        (MEDIA, 'START-DATE="1970-', 'START-DATE="70-', "is no date"),
    ],
)
def test_finds_what_is_wrong(document: str, old: str, new: str, problem: str) -> None:
    assert old in document
    found = hls.problems(document.replace(old, new, 1).encode())
    assert any(problem in line for line in found), found


@pytest.mark.parametrize(
    ("line", "other", "problems"),
    [
        ("#EXTM3U", "#EXTM3U", []),
        ("#EXT-X-PROGRAM-DATE-TIME:1970", "#EXT-X-PROGRAM-DATE-TIME:2000", ["DATE-TIME is 1970-"]),
        ("#EXT-X-PROGRAM-DATE-TIME:", "#EXT-X-OTHER:", ["DATE-TIME is 1970-"]),
        ('ID="1"', 'ID="2"', ["DATERANGE are not the same"]),
        ("#EXT-X-DATERANGE", "#EXT-X-OTHER", []),
        ("TARGETDURATION:6", "TARGETDURATION:7", ["TARGETDURATION is 6 or 7"]),
        ("TARGETDURATION:6", "TARGETDURATION:7\n#EXT-X-I-FRAMES-ONLY", []),
    ],
)
def test_finds_what_is_wrong_with_several(line: str, other: str, problems: list[str]) -> None:
    several = [hls.read(each.encode()) for each in (MEDIA, MEDIA.replace(line, other))]
    found = list(together(several))
    assert len(found) == len(problems)
    assert all(problem in line for problem, line in zip(problems, found, strict=True)), found


def test_subtitles_may_have_a_target_duration_of_their_own() -> None:
    texts = MEDIA.replace("TARGETDURATION:6", "TARGETDURATION:9").replace(".m4s", ".vtt")
    assert list(together([hls.read(MEDIA.encode()), hls.read(texts.encode())])) == []


def test_peaks() -> None:
    lasting_s = [Fraction(each) for each in (6, 6, 2, 2, 6)]
    sizes = [600, 300, 500, 700, 0]
    # A segment of 2 s is shorter than half a target; with its neighbours it counts.
    assert peak_bps(sizes, lasting_s) == Fraction(8 * 1200, 4)
    assert average_bps(sizes, lasting_s) == Fraction(8 * 2100, 22)
    assert peak_bps([5], [Fraction(1, 10)]) == 400
