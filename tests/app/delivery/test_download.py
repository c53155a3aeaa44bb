"""Whole files and parts of archives as a client gets them, whatever moves the bytes."""

from __future__ import annotations

import re
from hashlib import sha256
from itertools import count
from pathlib import Path

import pytest

from app.clip import Clip
from app.download.plan import Heads, plan_download
from app.idx.view import Idx, open_idx
from app.plan import FileIdentity
from indexer.archives import find_archives
from indexer.pipeline import Options, index_archive
from tests.app.download.test_movie import written
from tests.app.running_origin import Origin
from tests.golden.archives import film
from tests.media.mp4_file import write_mp4

NAMES = (f"parted-{number} caf\u00e9" for number in count())
Put = tuple[str, Idx, Path]


@pytest.fixture
def put(delivered: Origin) -> Put:
    """12 s in two segments: its URL, its index, and the file itself. No other case has it."""
    name = next(NAMES)
    path = write_mp4(delivered.media_dir / f"{name}.mp4", film())
    (archive,) = find_archives([str(path)], str(delivered.media_dir), str(delivered.index_dir))
    assert index_archive(archive, Options()).status == "indexed"
    return f"/v/{name}".replace(" ", "%20").replace("\u00e9", "%C3%A9"), open_idx(archive.index_path), path


@pytest.mark.parametrize("clip", [Clip(), Clip(2500, 7125)])
def test_a_file_that_can_be_resumed(clip: Clip, delivered: Origin, put: Put, tmp_path: Path) -> None:
    url, idx, path = put
    plan = plan_download(Heads(), idx, FileIdentity.of(str(path), path.stat()), clip)
    expected = written(plan, tmp_path / "file").read_bytes()
    target = f"{url}/download.mp4?v={idx.version}&{clip.query}"
    whole = delivered.get(target)
    assert (whole.status, whole.headers["content-type"]) == (200, "video/mp4")
    assert sha256(whole.body).digest() == sha256(expected).digest()
    assert whole.headers["cache-control"] == "public, max-age=31536000, immutable"
    tag = whole.headers["etag"]
    for start in (0, 100, len(expected) // 2, len(expected) - 1):
        rest = delivered.get(target, Range=f"bytes={start}-", If_Range=tag)
        assert (rest.status, rest.body) == (206, expected[start:])
    assert delivered.get(target, Range="bytes=5-9", If_Range='"other"').body == expected
    assert delivered.get(target, If_None_Match=tag).status == 304
    assert delivered.get(target, Range=f"bytes={len(expected)}-").status == 416
    assert delivered.get(target, "HEAD").headers["content-length"] == str(len(expected))


def test_a_name_to_save_it_by(delivered: Origin, put: Put) -> None:
    url, idx, path = put
    header = delivered.get(f"{url}/download.mp4?end=5").headers["content-disposition"]
    plain, quoted = f"{path.stem[:-1]}_ 0-5.mp4", f"{path.stem[:-1]}%C3%A9%200-5.mp4".replace(" ", "%20")
    assert header == f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quoted}"
    assert "content-disposition" not in delivered.get(f"{url}/init.mp4").headers
    assert "content-disposition" not in delivered.get(f"{url}/download.mp4?start=99").headers
    assert idx.version in delivered.get(f"{url}/download.mp4").headers["etag"]


def segments(text: str) -> list[str]:
    return re.findall(r"(?m)^seg_\d+\.m4s", text)


def test_parts_of_a_playlist(delivered: Origin, put: Put) -> None:
    url, idx, _ = put
    for query, names, start in (
        ("", ["seg_0001.m4s", "seg_0002.m4s"], None),
        ("start=7", ["seg_0002.m4s"], "1.000000"),
        ("end=5.5", ["seg_0001.m4s"], None),
        ("v=VERSION&start=1.5&end=5", ["seg_0001.m4s"], "1.500000"),
        ("end=5&start=1.25&v=VERSION", ["seg_0001.m4s"], "1.250000"),
        ("start=6&x=1", ["seg_0002.m4s"], None),
    ):
        target = f"{url}/video/playlist.m3u8?{query}".replace("VERSION", idx.version)
        first, again = (delivered.get(target).body.decode() for _ in range(2))
        assert first == again
        assert segments(first) == names, query
        found = re.findall(r"#EXT-X-START:TIME-OFFSET=([\d.]+),PRECISE=YES", first)
        assert found == ([start] if start else [])


def test_a_master_passes_the_clip_on(delivered: Origin, put: Put) -> None:
    url, idx, _ = put
    text = delivered.get(f"{url}/master.m3u8?end=09.50&start=7").body.decode()
    named = re.findall(r'(?m)^[^#\n]+\.m3u8\S*|URI="([^"]+)"', text)
    assert all(each.endswith(f"?v={idx.version}&start=7&end=9.5") for each in named if each)
    (video,) = re.findall(r"(?m)^video/\S+", text)
    assert segments(delivered.get(f"{url}/{video}").body.decode()) == ["seg_0002.m4s"]


@pytest.mark.parametrize(
    "query", ["start=abc", "start=1&start=2", "end=0", "start=5&end=5", "start=13", "end="]
)
@pytest.mark.parametrize(
    "name", ["master.m3u8", "manifest.mpd", "playlist.m3u8", "audio/playlist.m3u8", "download.mp4"]
)
def test_what_is_no_part(query: str, name: str, delivered: Origin, put: Put) -> None:
    reply = delivered.get(f"{put[0]}/{name}?{query}")
    assert (reply.status, reply.headers["cache-control"]) == (400, "no-store")
    assert reply.body.startswith((b"start and end are ", b"The clip "))


def test_segments_are_not_had_in_part(delivered: Origin, put: Put) -> None:
    url, idx, _ = put
    whole = delivered.get(f"{url}/seg_0001.m4s?v={idx.version}")
    assert delivered.get(f"{url}/seg_0001.m4s?v={idx.version}&start=abc").body == whole.body
