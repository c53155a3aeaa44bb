"""Chapters from a text track and from `chpl`."""

from __future__ import annotations

import struct

import pytest

from indexer.limits import MAX_CHAPTERS
from indexer.track import Chapter
from tests.indexer.demux.demuxed import demuxed
from tests.indexer.demux.made_mp4 import (
    DATA,
    THREE_SAMPLES,
    box,
    elst,
    full_box,
    mdhd,
    movie,
    sample_entry,
    stco,
    stsc,
    stsz,
    stsz_constant,
    stts,
    tkhd,
    trak,
    u8,
    u16,
    u32,
)

TEXTS = u16(3) + b"One" + u16(5) + "Zwölf".encode()[:5] + u16(0)


def chapter_track(
    *extra: bytes, handler: str = "text", enabled: bool = False, offset: int = DATA, entry: str = "avc1"
) -> bytes:
    tables = stts((1, 1500), (2, 500)), stsc((1, 3, 1)), stsz(5, 7, 2), stco(offset)
    headers = [tkhd(2, enabled=enabled), mdhd(1000)]
    entries = [sample_entry(entry)]
    return trak(tables, track_id=2, handler=handler, entries=entries, headers=headers, extra=extra)


MAIN = trak(extra=[box("tref", box("chap", u32(2)))])


def chpl(*entries: tuple[int, bytes], version: int = 1) -> bytes:
    rows = [struct.pack(">QB", start, len(title)) + title for start, title in entries]
    return box("udta", full_box("chpl", bytes(4) if version else b"", u8(len(rows)), *rows, version=version))


NERO = chpl((0, b"Start"), (15_000_000, b"Later"))


def test_a_text_track_that_another_refers_to() -> None:
    found = demuxed(movie(MAIN, chapter_track(), data=TEXTS + bytes(99)))
    assert found.chapters == (Chapter(0.0, "One"), Chapter(1.5, "Zwöl"), Chapter(2.0, ""))
    assert [track.track_id for track in found.tracks] == [1]


def test_its_edits_move_chapters() -> None:
    edits = box("edts", elst((600, -1, 1 << 16), (600, 500, 1 << 16)))
    found = demuxed(movie(MAIN, chapter_track(edits), data=TEXTS + bytes(99)))
    assert [chapter.start_s for chapter in found.chapters] == [0.5, 2.0, 2.5]


def test_a_text_track_that_none_refers_to_is_a_track() -> None:
    found = demuxed(movie(trak(), chapter_track(), data=TEXTS + bytes(99)))
    assert found.chapters == ()
    assert [track.handler for track in found.tracks] == ["vide", "text"]


def test_pictures_of_chapters_are_no_second_video() -> None:
    disabled = chapter_track(handler="vide")
    of_a_podcast = chapter_track(handler="vide", entry="jpeg", enabled=True)
    for pictures in (disabled, of_a_podcast):
        assert [track.track_id for track in demuxed(movie(MAIN, pictures)).tracks] == [1]


def test_a_video_that_plays_is_not_taken_for_pictures() -> None:
    video = chapter_track(handler="vide", enabled=True)
    assert [track.track_id for track in demuxed(movie(MAIN, video)).tracks] == [1, 2]


@pytest.mark.parametrize("version", [0, 1])
def test_nero_chapters(version: int) -> None:
    found = demuxed(movie(trak(), chpl((0, b"Start"), (15_000_000, b"Later"), version=version)))
    assert found.chapters == (Chapter(0.0, "Start"), Chapter(1.5, "Later"))


def test_the_track_before_nero() -> None:
    assert len(demuxed(movie(MAIN, chapter_track(), NERO, data=TEXTS + bytes(99))).chapters) == 3


@pytest.mark.parametrize("udta", [
    box("udta"), box("udta", box("chpl")), box("udta", full_box("chpl", u8(9), version=0)), NERO[:-9],
    box("udta", u32(4) + b"chpl"),
])  # fmt: skip
def test_broken_nero_chapters_do_no_harm(udta: bytes) -> None:
    udta = u32(len(udta)) + udta[4:]
    assert len(demuxed(movie(trak(), udta)).chapters) <= 1


def test_a_broken_chapter_track_does_no_harm() -> None:
    found = demuxed(movie(MAIN, chapter_track(offset=2**30), NERO))
    assert [chapter.title for chapter in found.chapters] == ["Start", "Later"]
    assert "passed over" in found.notes[0]


def test_more_chapters_than_are_kept() -> None:
    count = MAX_CHAPTERS + 5
    tables = stts((count, 1)), stsc((1, count, 1)), stsz_constant(2, count), stco(DATA)
    track = trak(tables, track_id=2, handler="text", headers=[tkhd(2, enabled=False)])
    found = demuxed(movie(MAIN, track, data=bytes(2 * count)))
    assert len(found.chapters) == MAX_CHAPTERS
    assert found.notes == (f"has {count} chapters; the first {MAX_CHAPTERS} are kept",)


def test_a_text_sample_that_is_shorter_than_it_says() -> None:
    tables = (*THREE_SAMPLES[:2], stsz(1, 3, 2), stco(DATA))
    track = trak(tables, track_id=2, handler="sbtl", headers=[tkhd(2, enabled=False)])
    found = demuxed(movie(MAIN, track, data=b"\1" + u16(200) + b"x" + u16(9) + bytes(50)))
    assert [chapter.title for chapter in found.chapters] == ["", "x", ""]
