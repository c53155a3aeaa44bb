"""The storyboard as players get it: cues that cover the presentation, sheets, by both deliveries."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import av
import pytest

from app.idx.view import open_idx
from app.storyboard import plan_sheet, plan_storyboard
from indexer.archives import find_archives
from indexer.pipeline import Options, index_archive
from tests.app.conftest import Client
from tests.app.running_origin import Origin
from tests.player.clips import SECONDS, write_clip

IMMUTABLE = "public, max-age=31536000, immutable"


@pytest.fixture
def version(media_dir: Path, index_dir: Path) -> str:
    """Of an indexed clip, `film`, with a storyboard."""
    write_clip(media_dir / "film.mp4", sounds=())
    (archive,) = find_archives([str(media_dir)], str(media_dir), str(index_dir))
    index_archive(archive, Options(storyboard=True))
    return open_idx(str(index_dir / "film.idx")).version


def test_a_cue_names_a_tile(client: Client, version: str) -> None:
    reply = client.get(f"/v/film/storyboard.vtt?v={version}")
    assert (reply.status_int, reply.content_type) == (200, "text/vtt")
    assert reply.headers["Cache-Control"] == IMMUTABLE
    assert client.get("/v/film/info.json").json["storyboard"] == f"storyboard.vtt?v={version}"
    cues = [
        f"00:00:0{second}.000 --> 00:00:0{second + 1}.000\n"
        f"storyboard_001.jpg?v={version}#xywh={160 * second},0,160,90\n"
        for second in range(SECONDS)
    ]
    assert reply.text == "WEBVTT\n\n" + "\n".join(cues)


def test_times_count_from_where_playback_begins(version: str, index_dir: Path) -> None:
    idx = open_idx(str(index_dir / "film.idx"))
    assert idx.iframes
    later, times = ([at + 5000 for at in ticks] for ticks in (idx.segment_time, idx.iframes.time))
    late = replace(idx, segment_time=later, iframes=replace(idx.iframes, time=times))
    assert plan_storyboard(late, 0, idx.identity) == plan_storyboard(idx, 0, idx.identity)


def test_a_sheet_is_a_picture(client: Client, version: str) -> None:
    reply = client.get(f"/v/film/storyboard_001.jpg?v={version}")
    assert (reply.status_int, reply.content_type) == (200, "image/jpeg")
    assert reply.headers["Cache-Control"] == IMMUTABLE
    with av.open(BytesIO(reply.body), "r", format="jpeg_pipe") as container:
        (picture,) = list(container.decode(video=0))
    assert (picture.width, picture.height) == (1600, 90)
    part = client.get(f"/v/film/storyboard_001.jpg?v={version}", headers={"Range": "bytes=10-19"})
    assert (part.status_int, part.body) == (206, reply.body[10:20])


@pytest.mark.parametrize(
    "name",
    ["storyboard_000.jpg", "storyboard_002.jpg", "storyboard_1.jpg", "storyboard_0001.jpg",
     "video/storyboard.vtt", "video/storyboard_001.jpg"],
)  # fmt: skip
def test_there_is_no_other(client: Client, version: str, name: str) -> None:
    assert client.get(f"/v/film/{name}").status_int == 404


def test_without_one_the_answer_says_how(
    client: Client, version: str, media_dir: Path, index_dir: Path
) -> None:
    (archive,) = find_archives([str(media_dir)], str(media_dir), str(index_dir))
    index_archive(archive, Options(storyboard=False))
    reply = client.get("/v/film/storyboard.vtt")
    assert reply.status_int == 404
    assert "vodsplice-index --storyboard" in reply.text
    assert client.get("/v/film/info.json").json["storyboard"] == ""


@pytest.mark.parametrize("harm", ["unlink", "write"])
def test_sheets_that_are_not_as_recorded_are_not_served(
    client: Client, version: str, index_dir: Path, harm: str
) -> None:
    sheets = index_dir / "film.idx.storyboard"
    sheets.unlink() if harm == "unlink" else sheets.write_bytes(bytes(sheets.stat().st_size))
    reply = client.get(f"/v/film/storyboard_001.jpg?v={version}")
    assert (reply.status_int, reply.headers["Cache-Control"]) == (409, "no-store")
    assert client.get(f"/v/film/init.mp4?v={version}").status_int == 200


def test_a_plan_is_of_its_own_file(version: str, index_dir: Path) -> None:
    idx = open_idx(str(index_dir / "film.idx"))
    plan = plan_sheet(idx, 0, 0, idx.identity)
    assert plan.pieces[0].file.path == str(index_dir / "film.idx.storyboard")  # type: ignore[union-attr]
    with pytest.raises(IndexError):
        plan_sheet(idx, 0, 1, idx.identity)


def test_every_delivery_sends_the_sheet_and_not_another_in_its_place(delivered: Origin) -> None:
    """A plan that nginx has kept is not good for other sheets of the same name."""
    write_clip(delivered.media_dir / "film.mp4", sounds=())
    (archive,) = find_archives([str(delivered.media_dir)], str(delivered.media_dir), str(delivered.index_dir))
    index_archive(archive, Options(storyboard=True))
    version = open_idx(str(delivered.index_dir / "film.idx")).version
    sheets = delivered.index_dir / "film.idx.storyboard"
    url, content = f"/v/film/storyboard_001.jpg?v={version}", sheets.read_bytes()
    for _ in range(2):
        reply = delivered.get(url)
        assert (reply.status, reply.body, reply.headers["content-type"]) == (200, content, "image/jpeg")
    assert delivered.get(url, Range="bytes=100-").body == content[100:]
    sheets.write_bytes(bytes(len(content)))
    changed = delivered.get(url)
    assert (changed.status, changed.headers["cache-control"]) == (409, "no-store")
