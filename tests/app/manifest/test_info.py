"""The facts of an archive for the page: what it says of a known movie."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from app.idx.header import ChapterFacts
from app.idx.view import Idx
from app.manifest.info import plan_info
from indexer.subtitles.cue import Cue, Text
from tests.indexer.built import ARCHIVE, NO_FILE, built
from tests.media.made_movie import AVC_ENTRY, WIDE_AVC_ENTRY, Chunk, MadeTrack, make_movie


def index() -> Idx:
    video = MadeTrack([100] * 10, [1000] * 10, sync=[number % 5 == 0 for number in range(10)])
    audios = [
        MadeTrack([10] * 20, [500] * 20, "soun", language="deu", title="Größe “0”"),
        MadeTrack([10] * 20, [500] * 20, "soun"),
    ]
    chunks = [Chunk(0, 10), Chunk(1, 20), Chunk(2, 20)]
    texts = [Text("SubRip", (Cue(0, 1000, "", "Ja"),), "de", forced=True, file="film.deu.forced.srt")]
    idx = built(make_movie([video, *audios], chunks, title="Ein <Film>"), texts=texts)
    return replace(idx, header=replace(idx.header, chapters=(ChapterFacts(1500, "Zwei"),), notes=("a note",)))


def info(idx: Idx, view: int = 0) -> dict[str, Any]:
    (text,) = plan_info(idx, view, ARCHIVE).pieces
    assert isinstance(text, bytes)
    found: dict[str, Any] = json.loads(text)
    return found


def test_what_is_known() -> None:
    idx = index()
    found = info(idx)
    view = idx.view(0)
    assert (found["version"], found["title"], found["file"]) == (idx.version, "Ein <Film>", "made.mp4")
    assert (found["duration_s"], found["average_bps"], found["peak_bps"]) == (
        10.0, view.average_bps, view.peak_bps,
    )  # fmt: skip
    assert found["segments"] == {"start_s": [0.0, 5.0, 10.0], "bytes": list(idx.view_bytes[0])}
    assert found["chapters"] == [{"start_s": 1.5, "title": "Zwei"}]
    assert found["notes"] == ["a note"]


def test_what_is_known_of_the_tracks() -> None:
    video, german, other = info(index())["tracks"]
    assert (video["width"], video["height"], video["frame_rate"]) == (64, 48, 1.0)
    assert (german["language"], german["title"], german["sample_rate_hz"]) == ("deu", "Größe “0”", 48_000)
    assert [track["in_playlist"] for track in (video, german, other)] == [True, True, False]


def test_every_codec_of_pictures_that_change() -> None:
    sync = [number % 5 == 0 for number in range(10)]
    track = MadeTrack([100] * 10, [1000] * 10, sync=sync, entries=(WIDE_AVC_ENTRY, AVC_ENTRY))
    idx = built(make_movie([track], [Chunk(0, 5), Chunk(0, 5, description=1)]))
    assert [each["codecs"] for each in info(idx)["tracks"]] == [["avc1.64000b", "avc1.64000a"]]


def test_what_is_known_of_the_texts() -> None:
    idx = index()
    assert info(idx)["texts"] == [
        {
            "codec_name": "SubRip", "file": "film.deu.forced.srt", "language": "de", "title": "",
            "label": "Deutsch (forced)",
            "forced": True, "hearing_impaired": False, "cue_count": 1,
            "url": f"text-deu/subtitles.vtt?v={idx.version}",
        }
    ]  # fmt: skip


def test_the_answer_around_it() -> None:
    plan = plan_info(index(), 0, ARCHIVE)
    assert (plan.content_type, plan.cache_control) == ("application/json", "public, max-age=300")
    assert plan.guards == (NO_FILE, ARCHIVE)
