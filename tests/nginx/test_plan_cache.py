"""What reaches gunicorn and what does not, and that a kept plan is acted on only while it is true."""

from __future__ import annotations

import os
import re
import signal
import stat
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from app.idx.view import open_idx
from app.manifest.urls import iframe_name, init_name, planned_together, segment_name, sheet_name
from app.resources import IN_PARTS
from tests.app.made_archive import MadeArchive, make_archive, write_index
from tests.media.made_title import index_all, picture, put_rendition, sound
from tests.nginx.kept_plans import FRESH, HIT, MISS, NAMES, asked_of_gunicorn, segment_url
from tests.nginx.running_stack import StackOrigin, running_stack

pytestmark = pytest.mark.nginx


def test_the_second_one_is_a_hit(spliced: StackOrigin, film: MadeArchive) -> None:
    targets = (segment_url(film), f"/v/{film.id}/init.mp4", f"/v/{film.id}/playlist.m3u8")
    for asked, target in enumerate(targets, start=1):
        first, second = spliced.get(target), spliced.get(target)
        assert (first.headers["cache-status"], second.headers["cache-status"]) == (MISS, HIT)
        assert first.body == second.body
        assert asked_of_gunicorn(spliced, film, asked) == asked


def test_neighbours_are_planned_together(spliced: StackOrigin) -> None:
    """Those whose numbers differ in the last digit; a plan is of one segment all the same."""
    film = make_archive(spliced.media_dir, spliced.index_dir, next(NAMES), segments=12)
    assert spliced.get(segment_url(film, 12)).headers["cache-status"] == MISS
    assert spliced.get(segment_url(film, 10)).headers["cache-status"] == HIT
    assert spliced.get(segment_url(film, 3)).headers["cache-status"] == MISS
    for number in range(1, 10):
        reply = spliced.get(segment_url(film, number))
        assert reply.headers["cache-status"] == HIT
        assert reply.headers["etag"].endswith(f'-muxed-{number - 1}"')
        assert reply.body.endswith(film.media[number - 1])
        part = spliced.get(segment_url(film, number), Range="bytes=-100")
        assert (part.status, part.body) == (206, film.media[number - 1][-100:])
    assert asked_of_gunicorn(spliced, film, 2) == 2
    for absent in (
        segment_url(film, 13),
        segment_url(film, 0),
        f"/v/{film.id}/seg_000-.m4s?v={film.version}",
    ):
        for method in ("GET", "HEAD"):
            reply = spliced.get(absent, method)
            assert (reply.status, reply.headers["cache-status"]) == (404, FRESH)


def test_all_that_is_planned_together_is_one_file() -> None:
    conf = (Path(__file__).parents[2] / "nginx" / "plan_cache.conf").read_text()
    together, ahead = re.findall(r'"~(.*)"  \$1-\$3;', conf)
    assert together == ahead
    segments = (segment_name(8), segment_name(9, "vtt"), segment_name(99_999), iframe_name(7))
    names = (*IN_PARTS, *segments, sheet_name(3), init_name(1))
    assert {name for name in names if planned_together(name)} == set(segments)
    for name in names:
        match = re.match(together, f"/v/film/{name}")
        assert bool(match) == bool(planned_together(name))
        for each in planned_together(name):
            other = re.match(together, f"/v/film/{each}")
            assert match
            assert other
            assert (other[1], other[3]) == (match[1], match[3])


def test_spellings_share_a_plan(spliced: StackOrigin, film: MadeArchive) -> None:
    version = film.version
    assert spliced.get(segment_url(film), "HEAD").headers["cache-status"] == MISS
    for target in (
        f"/v/{film.id}/seg_0001.m4s?v={version}&x=1",
        f"/v/{film.id}/seg_0001.m4s?x=%20&v={version}",
        f"/v/{film.id}/seg_0001.m4s?v={version}#part",
        f"/v/{film.id}/%73eg_0001.m4s?v={version}",
        f"/v//./{film.id}/seg_0001.m4s?v={version}",
        f"/v/x/../{film.id}/seg_0001.m4s?v={version}",
    ):
        reply = spliced.get(target)
        assert (reply.status, reply.headers["cache-status"]) == (200, HIT), target
    assert spliced.get(segment_url(film), Range="bytes=5-9").headers["cache-status"] == HIT
    assert asked_of_gunicorn(spliced, film, 1) == 1


def test_a_question_mark_in_a_path_is_no_query(spliced: StackOrigin) -> None:
    """Else one archive could answer for another."""
    name = next(NAMES)
    plain = make_archive(spliced.media_dir, spliced.index_dir, name, seed=1)
    query = f"seg_0001.m4s?v={plain.version}"
    odd = make_archive(spliced.media_dir, spliced.index_dir, f"{name}/{query}/x", seed=2)
    assert spliced.get(f"/v/{name}/{query}").body.endswith(plain.media[0])
    encoded = query.replace("?", "%3f")
    assert spliced.get(f"/v/{name}/{encoded}").status == 404
    assert spliced.get(f"/v/{name}/{encoded}/x/seg_0001.m4s").body.endswith(odd.media[0])


def test_an_archive_whose_folder_has_become_a_file(spliced: StackOrigin) -> None:
    """It is not there, as gunicorn has it, whatever plans there are."""
    made = make_archive(spliced.media_dir, spliced.index_dir, "folder/film")
    assert spliced.get(segment_url(made)).status == 200
    folder = spliced.media_dir / "folder"
    folder.rename(spliced.media_dir / "moved")
    for put in (folder.touch, partial(folder.symlink_to, folder)):
        put()
        assert [spliced.get(segment_url(made)).status for _ in range(2)] == [404, 404]
        folder.unlink()


def test_nobody_fills_it_with_parts(spliced: StackOrigin, film: MadeArchive) -> None:
    for name in ("playlist.m3u8", "master.m3u8"):
        url = f"/v/{film.id}/{name}"
        replies = [spliced.get(f"{url}?start=7.5&v={film.version}") for _ in range(2)]
        assert [(reply.status, reply.headers["cache-status"]) for reply in replies] == [(200, FRESH)] * 2
        assert [spliced.get(url).headers["cache-status"] for _ in range(2)] == [MISS, HIT]
    for words in ("GET::", ":GET::/"):
        replies = [
            spliced.get(f"/v/{film.id}/playlist.m3u8?start=7.25", **{header: words})
            for header in ("If_Match", "If_Unmodified_Since")
            for _ in range(2)
        ]
        assert {reply.headers["cache-status"] for reply in replies} == {FRESH}
    assert spliced.get(segment_url(film)).status == 200
    assert spliced.get(f"{segment_url(film)}&start=1").headers["cache-status"] == HIT
    for spelling in (f"/v/{film.id}", f"/v//./{film.id}", f"/v/x/%2e./{film.id}"):
        parted = spliced.get(f"{spelling}/playlist.m3u8?start=7.5").body
        assert b"seg_0001" not in parted
        assert b"seg_0002" in parted
    parted = spliced.get(f"/v/{film.id}/playlist.m3u8?end=5").body
    assert b"seg_0001" in parted
    assert b"seg_0002" not in parted


def test_all_that_can_be_had_in_part_is_told_apart() -> None:
    conf = Path(__file__).parents[2] / "nginx" / "plan_cache.conf"
    (in_parts,) = re.findall(r'"~(.*)"  \$plan_version\$plan_start', conf.read_text())
    names = (*IN_PARTS, "seg_0001.m4s")
    assert {name for name in names if re.search(in_parts, f"/v/film/{name}")} == IN_PARTS


def test_errors_are_not_kept(spliced: StackOrigin, film: MadeArchive) -> None:
    for target in (f"/v/{film.id}/seg_0099.m4s", f"/v/{film.id}/seg_0001.m4s?v=0123456789"):
        assert {spliced.get(target).headers["cache-status"] for _ in range(3)} == {MISS}


def test_a_replaced_archive_is_planned_anew(spliced: StackOrigin, film: MadeArchive) -> None:
    unversioned = f"/v/{film.id}/seg_0001.m4s"
    before = spliced.get(unversioned)
    assert spliced.get(unversioned).headers["cache-status"] == HIT
    replacement = film.path.with_suffix(".new")
    replacement.write_bytes(bytes(reversed(film.path.read_bytes())))
    os.replace(replacement, film.path)
    assert spliced.get(unversioned).status == 409
    write_index(film.index, film.path, 3, 3, 10_000, 100)
    after = spliced.get(unversioned)
    assert (after.status, after.headers["cache-status"]) == (200, FRESH)
    assert (after.headers["etag"], after.body) != (before.headers["etag"], before.body)
    assert spliced.get(unversioned).headers["cache-status"] == HIT


def test_conditions_are_not_decided_on_what_is_gone(spliced: StackOrigin, film: MadeArchive) -> None:
    tag = spliced.get(segment_url(film)).headers["etag"]
    assert spliced.get(segment_url(film), If_None_Match=tag).status == 304
    film.path.unlink()
    assert spliced.get(segment_url(film), If_None_Match=tag).status == 404
    assert spliced.get(segment_url(film), "HEAD").status == 404


def test_a_changed_index_ends_its_plans(spliced: StackOrigin, film: MadeArchive) -> None:
    """The archive is as it was, but what the plan was made from is not."""
    url = segment_url(film)
    assert spliced.get(url).status == 200
    content = bytearray(film.index.read_bytes())
    content[len(content) // 2] ^= 1
    film.index.write_bytes(content)
    assert spliced.get(url).status == 409
    film.index.unlink()
    assert spliced.get(url).status == 404


def test_an_archive_that_comes_takes_its_address(tmp_path: Path) -> None:
    """From a track of the archive above, and from a title, though nothing of theirs has changed."""
    media_dir, index_dir = tmp_path / "media", tmp_path / "index"
    put_rendition(media_dir / "film.mp4", picture(2000), sound("eng"))
    for name in ("1080p", "720p"):
        put_rendition(media_dir / f"title/{name}.mp4", picture(1000))
    index_all(media_dir, index_dir)
    with running_stack(media_dir, index_dir, tmp_path / "log", "--workers", "1") as origin:
        for address in ("/v/film/video/playlist.m3u8", "/v/title/master.m3u8"):
            before = [origin.get(address) for _ in range(2)]
            assert [each.headers["cache-status"] for each in before] == [MISS, HIT]
        os.link(index_dir / "title.title", tmp_path / "title.title")
        put_rendition(media_dir / "film/video.mp4", picture(77))
        put_rendition(media_dir / "title.mp4", picture(77))
        index_all(media_dir, index_dir)
        os.rename(tmp_path / "title.title", index_dir / "title.title")
        for archive_id, name in (("film/video", "playlist.m3u8"), ("title", "master.m3u8")):
            version = open_idx(str(index_dir / f"{archive_id}.idx")).version
            assert f"?v={version}" in origin.get(f"/v/{archive_id}/{name}").body.decode()


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_an_archive_that_is_no_file(
    spliced: StackOrigin, film: MadeArchive, make: Callable[[Path], None]
) -> None:
    """Nobody waits for the other end of a pipe, either."""
    assert spliced.get(segment_url(film)).status == 200
    film.path.unlink()
    make(film.path)
    reply = spliced.get(segment_url(film))
    assert (reply.status, reply.headers["cache-control"]) == (404, "no-store")


def test_what_cannot_be_opened_is_told(spliced: StackOrigin, film: MadeArchive) -> None:
    """A socket, which root cannot open either."""
    assert spliced.get(segment_url(film)).status == 200
    film.path.unlink()
    os.mknod(film.path, stat.S_IFSOCK | 0o644)
    reply = spliced.get(segment_url(film))
    assert (reply.status, reply.headers["cache-control"]) == (503, "no-store")
    assert str(film.path) not in reply.body.decode()
    line = f"splice: request {reply.headers['x-request-id']}: cannot open {film.path}: No such device"
    assert line in spliced.log.read_text()


def test_without_gunicorn_hot_segments_keep_playing(tmp_path: Path) -> None:
    media_dir, index_dir = tmp_path / "media", tmp_path / "index"
    media_dir.mkdir()
    film = make_archive(media_dir, index_dir, segments=10)
    with running_stack(media_dir, index_dir, tmp_path / "log", "--workers", "1") as origin:
        hot, cold = segment_url(film, 1), segment_url(film, 10)
        assert origin.get(hot).headers["cache-status"] == MISS
        os.killpg(origin.process.pid, signal.SIGKILL)
        origin.process.wait()
        again = origin.get(hot)
        assert again.headers["cache-status"] == HIT
        assert again.body.endswith(film.media[0])
        assert origin.get(f"/v/{film.id}/playlist.m3u8").status == 503
        refused = origin.get(cold)
        assert (refused.status, refused.headers["cache-control"]) == (503, "no-store")
        assert int(refused.headers["retry-after"]) > 0
        assert "run/gunicorn.sock failed" in origin.log.read_text()
        assert refused.headers["content-type"] == "text/plain; charset=utf-8"
        film.path.unlink()
        assert origin.get(hot).status == 503
